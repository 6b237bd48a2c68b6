//! The native half of the JAR com.zhifuyun:zhifuyun-sdk: the methods of `com.zhifuyun.Native`.
//!
//! Bytes in, bytes out, and ids instead of pointers. Java builds every object and every exception; nothing here
//! holds a reference into the virtual machine, and no thread of Rust is ever attached to it.

mod calls;
mod request;
mod webhooks;
mod wire;

use calls::Queue;
use jni::objects::{JByteArray, JClass};
use jni::sys::jlong;
use jni::{Env, EnvUnowned, jni_sig, jni_str};
use request::Request;
use std::sync::Arc;
use std::time::Duration;
use webhooks::WEBHOOKS;
use wire::Writer;
use zhifuyun_bridge::fate::Fate;
use zhifuyun_bridge::registry::Registry;
use zhifuyun_bridge::walk::{Driver, Walk};
use zhifuyun_bridge::zhifuyun::{Background, Error, Result};
use zhifuyun_bridge::{BridgeClient, guard};

/// A page is hundreds of small strings that come and go together. The system's allocator cuts them anew each time, and some
/// take a lock for each; with this one a page takes a tenth less of the processor.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

static CLIENTS: Registry<BridgeClient> = Registry::new();
static QUEUES: Registry<Queue> = Registry::new();
static WALKS: Registry<Walk> = Registry::new();

/// Runs a native method: its error becomes a reply, and so does a panic. Only the virtual machine itself can make
/// it throw, by having no memory left for the reply.
fn method<'l>(
    mut env: EnvUnowned<'l>,
    work: impl FnOnce(&mut Env<'l>) -> Result<Option<Vec<u8>>>,
) -> JByteArray<'l> {
    env.with_env(|env| match guard::catch(|| work(env)).transpose() {
        None => Ok(JByteArray::null()),
        Some(reply) => array(env, &wire::reply(reply)),
    })
    .resolve::<jni::errors::ThrowRuntimeExAndDefault>()
}

/// The reply as Java's. Where there is no memory for it, the error of the machine is thrown, which `jni` has hidden.
fn array<'l>(env: &mut Env<'l>, reply: &[u8]) -> jni::errors::Result<JByteArray<'l>> {
    env.byte_array_from_slice(reply).inspect_err(|_| {
        let _ = env.throw_new(jni_str!("java/lang/OutOfMemoryError"), jni_str!("Java heap space"));
    })
}

fn bytes(env: &Env<'_>, array: &JByteArray<'_>) -> Result<Vec<u8>> {
    env.convert_byte_array(array).map_err(|_| {
        Error::invalid_argument("arguments", "the virtual machine gives no access to the arguments")
    })
}

/// Registry ids are counted from 1; a negative number is none of them.
fn id(number: jlong) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn made(id: u64) -> Option<Vec<u8>> {
    let mut w = Writer::ok();
    w.id(id);
    Some(w.into_bytes())
}

/// Whether the thread that made the call was interrupted. Leaves the mark set, as Java's users expect.
fn interrupted(env: &mut Env<'_>, class: &JClass<'_>) -> bool {
    let answer = env.call_static_method(class, jni_str!("interrupted"), jni_sig!("()Z"), &[]);
    answer.and_then(|v| v.z()).unwrap_or_else(|_| {
        env.exception_clear();
        false
    })
}

/// Part of a request that may be left out.
fn optional<'a>(request: &mut Request<'a>) -> Result<Option<&'a str>> {
    request.next_text().map(|text| Some(text).filter(|t| !t.is_empty()))
}

macro_rules! native {
    ($($(#[$doc:meta])* fn $name:ident($env:ident, $class:ident $(, $arg:ident: $type:ty)*) $body:block)+) => { $(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        #[allow(non_snake_case)]
        pub extern "system" fn $name<'l>(
            env: EnvUnowned<'l>,
            $class: JClass<'l>,
            $($arg: $type),*
        ) -> JByteArray<'l> {
            let _ = &$class;
            method(env, |$env| $body)
        }
    )+ };
}

// SAFETY of `no_mangle`: the names begin with `Java_com_zhifuyun_`, which is ours.
native! {
    /// Makes a client from its options; no I/O.
    fn Java_com_zhifuyun_Native_open(env, _class, options: JByteArray<'l>) {
        guard::silence();
        let options = bytes(env, &options)?;
        let client = BridgeClient::new(Request::new(&options).next_text()?, Background::Thread)?;
        Ok(made(CLIENTS.insert(client)))
    }

    /// Closes a client and forgets it.
    fn Java_com_zhifuyun_Native_close(_env, _class, client: jlong) {
        if let Some(client) = CLIENTS.remove(id(client)) {
            client.close();
        }
        Ok(None)
    }

    /// Calls an operation on the calling thread.
    fn Java_com_zhifuyun_Native_call(env, class, client: jlong, request: JByteArray<'l>) {
        let client = CLIENTS.get(id(client))?;
        let request = bytes(env, &request)?;
        let mut parts = Request::new(&request);
        let (name, args, options) = (parts.next_text()?, parts.next_text()?, optional(&mut parts)?);
        let fate = Fate::default();
        match fate.watch(|| client.call(name, args, options, Some(&mut || interrupted(env, &class)))) {
            Ok(result) => result.map(|output| Some(wire::output(output))),
            Err(_) => Ok(Some(wire::interrupted(fate.maybe_applied()))),
        }
    }

    /// Starts an operation in the background.
    fn Java_com_zhifuyun_Native_submit(
        env, _class, client: jlong, queue: jlong, token: jlong, request: JByteArray<'l>
    ) {
        let (client, queue) = (CLIENTS.get(id(client))?, QUEUES.get(id(queue))?);
        let request = bytes(env, &request)?;
        let mut parts = Request::new(&request);
        let (name, args, options) = (parts.next_text()?, parts.next_text()?, optional(&mut parts)?);
        let work = client.call_async(name, args, options)?;
        calls::start(queue, token, work, Writer::output).map(made)
    }

    /// Ends a call of the background and says what may have become of it; null if it ended before.
    fn Java_com_zhifuyun_Native_cancel(_env, _class, call: jlong) {
        Ok(calls::cancel(id(call)).map(wire::interrupted))
    }

    /// Makes a queue for results of the background.
    fn Java_com_zhifuyun_Native_queue(_env, _class) {
        Ok(made(QUEUES.insert(Arc::new(Queue::default()))))
    }

    /// Says that Java had no memory to read a result.
    fn Java_com_zhifuyun_Native_lost(_env, _class, queue: jlong, token: jlong) {
        QUEUES.get(id(queue))?.lost(token);
        Ok(None)
    }

    /// Begins to walk a list, on the calling threads or in the background.
    fn Java_com_zhifuyun_Native_walk(env, _class, client: jlong, background: bool, request: JByteArray<'l>) {
        let client = CLIENTS.get(id(client))?;
        let request = bytes(env, &request)?;
        let mut parts = Request::new(&request);
        let (name, args) = (parts.next_text()?, parts.next_text()?);
        let (options, how) = (optional(&mut parts)?, optional(&mut parts)?);
        let driver = if background { Driver::Background } else { Driver::Caller };
        Ok(made(WALKS.insert(client.walk(driver, name, args, options, how)?)))
    }

    /// Waits on the calling thread until a page is there.
    fn Java_com_zhifuyun_Native_next(env, class, walk: jlong) {
        match WALKS.get(id(walk))?.next(Some(&mut || interrupted(env, &class))) {
            Ok(result) => result.map(|there| Some(wire::there(there))),
            Err(_) => Ok(Some(wire::interrupted(false))),
        }
    }

    /// Waits in the background until a page is there.
    fn Java_com_zhifuyun_Native_submitNext(_env, _class, walk: jlong, queue: jlong, token: jlong) {
        let (walk, queue) = (WALKS.get(id(walk))?, QUEUES.get(id(queue))?);
        calls::start(queue, token, walk.next_async(), Writer::there).map(made)
    }

    /// Takes the page that is there; null if somebody else took it.
    fn Java_com_zhifuyun_Native_take(_env, _class, walk: jlong) {
        Ok(WALKS.get(id(walk))?.take().map(wire::output))
    }

    /// What a walk saw.
    fn Java_com_zhifuyun_Native_report(_env, _class, walk: jlong) {
        Ok(Some(wire::json(&WALKS.get(id(walk))?.report_json())))
    }

    /// Forgets a walk.
    fn Java_com_zhifuyun_Native_leave(_env, _class, walk: jlong) {
        WALKS.remove(id(walk));
        Ok(None)
    }

    /// The quota.
    fn Java_com_zhifuyun_Native_quota(_env, _class, client: jlong) {
        Ok(Some(wire::json(&CLIENTS.get(id(client))?.quota()?)))
    }

    /// The events that gathered.
    fn Java_com_zhifuyun_Native_events(_env, _class, client: jlong) {
        let events = CLIENTS.get(id(client))?.drain_events();
        Ok(Some(wire::json(&format!("[{}]", events.join(",")))))
    }

    /// Makes a verifier of webhooks.
    fn Java_com_zhifuyun_Native_webhook(env, _class, settings: JByteArray<'l>) {
        let settings = bytes(env, &settings)?;
        let webhook = webhooks::build(Request::new(&settings).next_text()?)?;
        Ok(made(WEBHOOKS.insert(Arc::new(webhook))))
    }

    /// Forgets a verifier.
    fn Java_com_zhifuyun_Native_forget(_env, _class, webhook: jlong) {
        WEBHOOKS.remove(id(webhook));
        Ok(None)
    }

    /// Verifies a webhook; `now` is in epoch seconds, the smallest number means the clock.
    fn Java_com_zhifuyun_Native_verify(
        env, _class, webhook: jlong, headers: JByteArray<'l>, body: JByteArray<'l>, now: jlong
    ) {
        let (webhook, headers, body) = (WEBHOOKS.get(id(webhook))?, bytes(env, &headers)?, bytes(env, &body)?);
        let now = Some(now).filter(|n| *n != jlong::MIN);
        webhooks::verify(&webhook, &headers, &body, now).map(Some)
    }

    /// Signs a body; `at` is in epoch seconds.
    fn Java_com_zhifuyun_Native_sign(
        env, _class, webhook: jlong, message: JByteArray<'l>, at: jlong, body: JByteArray<'l>
    ) {
        let (webhook, message, body) = (WEBHOOKS.get(id(webhook))?, bytes(env, &message)?, bytes(env, &body)?);
        webhooks::sign(&webhook, Request::new(&message).next_text()?, at, &body).map(Some)
    }
}

/// Waits for the next result: its token and its reply; null if none came in time. It throws, as all methods, if the
/// virtual machine has no memory for the reply; then that call has failed, which is the next result or one of the next.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub extern "system" fn Java_com_zhifuyun_Native_poll<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    queue: jlong,
    millis: jlong,
) -> JByteArray<'l> {
    env.with_env(|env| {
        let next = QUEUES.get(id(queue)).map(|queue| (queue.wait(Duration::from_millis(id(millis))), queue));
        let Ok((Some((token, reply)), queue)) = next else { return Ok(JByteArray::null()) };
        array(env, &reply).inspect_err(|_| queue.lost(token))
    })
    .resolve::<jni::errors::ThrowRuntimeExAndDefault>()
}
