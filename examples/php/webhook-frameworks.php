<?php

declare(strict_types=1);

// Webhooks in frameworks, with the adapters of the package zhifuyun/sdk. The tests run this against Debian's packages of
// Symfony and Laravel; in a program, Composer loads the classes.

use Illuminate\Container\Container;
use Illuminate\Events\Dispatcher;
use Illuminate\Http\Request as LaravelRequest;
use Illuminate\Routing\Router;
use Illuminate\Support\Facades\Facade;
use Illuminate\Support\Facades\Route;
use Psr\Http\Message\ResponseFactoryInterface;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Zhifuyun\Event;
use Zhifuyun\Laravel\ZhifuyunServiceProvider;
use Zhifuyun\MemoryReplayGuard;
use Zhifuyun\Psr15\WebhookMiddleware;
use Zhifuyun\Symfony\WebhookResponder;
use Zhifuyun\Webhook;
use Zhifuyun\Webhooks;

foreach (['Symfony/Component/HttpFoundation', 'Illuminate/Events', 'Illuminate/Routing'] as $package) {
    $loader = "/usr/share/php/$package/autoload.php";
    !is_file($loader) || require_once $loader;
}
spl_autoload_register(static function (string $class): void {
    $file = dirname(__DIR__, 2) . '/bindings/php/composer/src/' . strtr(substr($class, 9), '\\', '/') . '.php';
    !str_starts_with($class, 'Zhifuyun\\') || !is_file($file) || require $file;
});

function symfony(Request $request): Response
{
    // ANCHOR: symfony
    // In a controller: #[Route('/zhifuyun', methods: ['POST'])]
    $hooks = (new Webhooks(Webhook::fromEnv(), new MemoryReplayGuard()))
        ->on('ticket.created', static fn (Event $event) => error_log($event->data->ticketId));

    return (new WebhookResponder($hooks))->respond($request);
    // ANCHOR_END: symfony
}

function psr15(ResponseFactoryInterface $responses): WebhookMiddleware
{
    // ANCHOR: psr15
    $hooks = (new Webhooks(Webhook::fromEnv(), new MemoryReplayGuard()))
        ->on('ticket.created', static fn (Event $event) => error_log($event->data->ticketId));

    // In Slim: $app->add(...); in Mezzio: $app->pipe(...).
    $middleware = new WebhookMiddleware($hooks, $responses, '/zhifuyun');
    // ANCHOR_END: psr15
    return $middleware;
}

function laravel(): void
{
    // ANCHOR: laravel
    // In routes/api.php; the service provider is found by itself.
    Route::zhifuyunWebhook('/zhifuyun', static function (Webhooks $hooks): void {
        $hooks->on('ticket.created', static fn (Event $event) => error_log($event->data->ticketId));
    });
    // ANCHOR_END: laravel
}

// From here on the test: both frameworks take a good webhook and refuse a changed one.

$body = '{"event":"ticket.created","data":{"ticket_id":"t1"}}';
$request = static function (string $body, array $signed): array {
    $server = ['CONTENT_TYPE' => 'application/json'];
    foreach ($signed as $name => $value) {
        $server['HTTP_' . strtoupper(strtr($name, '-', '_'))] = $value;
    }
    return ['/zhifuyun', 'POST', [], [], [], $server, $body];
};
$signed = Webhook::fromEnv()->sign($body, id: 'msg_frameworks');

$answers['Symfony'] = array_map(
    static fn (string $sent): int => symfony(Request::create(...$request($sent, $signed)))->getStatusCode(),
    [$body, '{}']
);

if (class_exists(Router::class)) {
    $app = new Container();
    $router = new Router(new Dispatcher($app), $app);
    $app->instance('router', $router);
    Facade::setFacadeApplication($app);
    $provider = new ZhifuyunServiceProvider($app);
    $provider->register();
    $provider->boot();
    laravel();
    $answers['Laravel'] = array_map(static function (string $sent) use ($app, $router, $request, $signed): int {
        $asked = LaravelRequest::create(...$request($sent, $signed));
        $app->instance(LaravelRequest::class, $asked);
        return $router->dispatch($asked)->getStatusCode();
    }, [$body, '{}']);
}

foreach ($answers as $framework => $statuses) {
    if ($statuses[0] !== 200 || intdiv($statuses[1], 100) !== 4) {
        throw new LogicException("$framework answered " . json_encode($statuses));
    }
}
echo implode(' and ', array_keys($answers)), " ran\n";
