<?php

declare(strict_types=1);

namespace Zhifuyun\Laravel;

use Illuminate\Contracts\Container\Container;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Routing\Router;
use Illuminate\Support\ServiceProvider;
use Zhifuyun\Client;
use Zhifuyun\ReplayGuard;
use Zhifuyun\Webhook;
use Zhifuyun\Webhooks;

/**
 * The client in the container, and `Route::zhifuyunWebhook($path, fn (Webhooks $hooks) => $hooks->on(...))`.
 *
 * The settings are in `config/zhifuyun.php`; `artisan vendor:publish --tag=zhifuyun-config` makes a copy to change.
 */
final class ZhifuyunServiceProvider extends ServiceProvider
{
    private const CONFIG = __DIR__ . '/../../config/zhifuyun.php';

    public function register(): void
    {
        $this->mergeConfigFrom(self::CONFIG, 'zhifuyun');
        $this->app->singleton(Client::class, static function (Container $app): Client {
            $config = $app->make('config')->get('zhifuyun');
            $plan = is_numeric($config['plan']) ? (int) $config['plan'] : $config['plan'];
            return new Client($config['client_id'], $config['client_secret'], $config['base_url'], ...[
                'plan' => $plan,
                ...$config['options'],
            ]);
        });
        $this->app->singleton(Webhook::class, static function (Container $app): Webhook {
            $secrets = $app->make('config')->get('zhifuyun.webhook_secret');
            return new Webhook(preg_split('/[\s,]+/', (string) $secrets, -1, PREG_SPLIT_NO_EMPTY));
        });
        $this->app->singleton(ReplayGuard::class, static function (Container $app): ReplayGuard {
            $store = $app->make('config')->get('zhifuyun.cache_store');
            return new CacheReplayGuard($app->make('cache')->store($store));
        });
    }

    public function boot(): void
    {
        if ($this->app->runningInConsole()) {
            $this->publishes([self::CONFIG => $this->app->configPath('zhifuyun.php')], 'zhifuyun-config');
        }
        // Laravel binds it to the router. The group "web" would check a CSRF token that no sender has.
        Router::macro('zhifuyunWebhook', function (string $path, callable $configure) {
            $action = static function (Request $request, Webhook $webhook, ReplayGuard $guard) use ($configure): Response {
                $hooks = new Webhooks($webhook, $guard);
                $configure($hooks);
                return new Response('', $hooks->handle($request->headers->all(), $request->getContent()));
            };
            /** @var Router $this */
            return $this->post($path, $action)->withoutMiddleware('web');
        });
    }
}
