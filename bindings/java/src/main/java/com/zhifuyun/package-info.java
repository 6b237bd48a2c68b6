/**
 * The Java client of the Zhifuyun API.
 *
 * <p>Start with {@link com.zhifuyun.ZhifuyunClient}, or with {@link
 * com.zhifuyun.ZhifuyunAsyncClient} for {@link java.util.concurrent.CompletableFuture}s, and with
 * {@link com.zhifuyun.Webhook} for what the server sends by itself. Every class is safe to share
 * between threads unless it says otherwise, and nothing is null unless it says so.
 */
@NullMarked
package com.zhifuyun;

import org.jspecify.annotations.NullMarked;
