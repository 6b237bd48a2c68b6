<?php

declare(strict_types=1);

namespace Zhifuyun\Laravel;

use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Support\Facades\Route;
use Illuminate\Support\ServiceProvider;
use Zhifuyun\Client;
use Zhifuyun\MemoryReplayGuard;
use Zhifuyun\Webhook;
use Zhifuyun\Webhooks;

/**
 * The client in the container, and `Route::zhifuyunWebhook($path, fn (Webhooks $hooks) => $hooks->on(...))`.
 *
 * The route has no middleware group, so neither sessions nor the CSRF check stand before it.
 */
final class ZhifuyunServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->app->singleton(Client::class, static fn (): Client => Client::fromEnv());
        $this->app->singleton(Webhook::class, static fn (): Webhook => Webhook::fromEnv());
        $this->app->singleton(MemoryReplayGuard::class);
    }

    public function boot(): void
    {
        // Not static: Laravel binds what a macro is made of.
        Route::macro('zhifuyunWebhook', fn (string $path, callable $configure) => Route::post(
            $path,
            static function (Request $request, Webhook $webhook, MemoryReplayGuard $guard) use ($configure): Response {
                $hooks = new Webhooks($webhook, $guard);
                $configure($hooks);
                return new Response('', $hooks->handle($request->headers->all(), $request->getContent()));
            }
        ));
    }
}
