import type { Meta } from './models';

/** What a call returns: a promise of the data, which can also be awaited together with how the call went. */
export interface Call<T> extends Promise<T> {
  /** The data and how the call went. */
  withMeta(): Promise<{ data: T; meta: Meta }>;
}

async function withMeta<T extends { meta: Meta }>(this: Promise<T>): Promise<{ data: T; meta: Meta }> {
  const data = await this;
  return { data, meta: data.meta };
}

/** A native promise with one method more: `await` stays on its fast path, and stacks keep the caller's frames. */
export function asCall<T extends { meta: Meta }>(promise: Promise<T>): Call<T> {
  const call = promise as Call<T>;
  call.withMeta = withMeta as Call<T>['withMeta'];
  return call;
}
