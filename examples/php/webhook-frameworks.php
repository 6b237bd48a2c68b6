<?php

declare(strict_types=1);

// Webhooks in frameworks, with the adapters of the package zhifuyun/sdk. The tests run this against Debian's packages of
// the frameworks; in a program, Composer loads the classes.

use Illuminate\Cache\ArrayStore;
use Illuminate\Cache\Repository;
use Illuminate\Container\Container;
use Illuminate\Events\Dispatcher;
use Illuminate\Http\Request as LaravelRequest;
use Illuminate\Routing\Router;
use Illuminate\Support\Facades\Facade;
use Illuminate\Support\Facades\Route;
use Nyholm\Psr7\Factory\Psr17Factory;
use Psr\Http\Message\ResponseFactoryInterface;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Http\Server\RequestHandlerInterface;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Zhifuyun\Event;
use Zhifuyun\FileReplayGuard;
use Zhifuyun\Laravel\ZhifuyunServiceProvider;
use Zhifuyun\Psr15\WebhookMiddleware;
use Zhifuyun\Symfony\WebhookResponder;
use Zhifuyun\Tests\frameworks\Application;
use Zhifuyun\Tests\frameworks\Stores;
use Zhifuyun\Webhook;
use Zhifuyun\Webhooks;

require dirname(__DIR__, 2) . '/bindings/php/tests/bootstrap.php';
require dirname(__DIR__, 2) . '/bindings/php/tests/frameworks/load.php';

define('WEBHOOKS', sys_get_temp_dir() . '/zhifuyun-webhooks-' . getmypid());

function symfony(Request $request): Response
{
    // ANCHOR: symfony
    // In a controller: #[Route('/zhifuyun', methods: ['POST'])]
    $hooks = (new Webhooks(Webhook::fromEnv(), new FileReplayGuard(WEBHOOKS)))
        ->on('ticket.created', static fn (Event $event) => error_log($event->data->ticketId));

    return (new WebhookResponder($hooks))->respond($request);
    // ANCHOR_END: symfony
}

function psr15(ResponseFactoryInterface $responses): WebhookMiddleware
{
    // ANCHOR: psr15
    $hooks = (new Webhooks(Webhook::fromEnv(), new FileReplayGuard(WEBHOOKS)))
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

// From here on the test: each framework takes a good webhook and refuses a changed one.

$body = '{"event":"ticket.created","data":{"ticket_id":"t1"}}';
$request = static function (string $body, array $signed): array {
    $server = ['CONTENT_TYPE' => 'application/json'];
    foreach ($signed as $name => $value) {
        $server['HTTP_' . strtoupper(strtr($name, '-', '_'))] = $value;
    }
    return ['/zhifuyun', 'POST', [], [], [], $server, $body];
};
$signed = Webhook::fromEnv()->sign($body, id: 'msg_frameworks');

$sent = [$body, '{}'];

$answers['Symfony'] = array_map(
    static fn (string $body): int => symfony(Request::create(...$request($body, $signed)))->getStatusCode(),
    $sent
);

$factory = new Psr17Factory();
$rest = new class ($factory) implements RequestHandlerInterface {
    public function __construct(private readonly Psr17Factory $factory)
    {
    }

    public function handle(ServerRequestInterface $request): ResponseInterface
    {
        return $this->factory->createResponse(404);
    }
};
$answers['PSR-15'] = array_map(static function (string $body) use ($factory, $rest, $signed): int {
    $asked = $factory->createServerRequest('POST', '/zhifuyun')->withBody($factory->createStream($body));
    foreach ($signed as $name => $value) {
        $asked = $asked->withHeader($name, $value);
    }
    return psr15($factory)->process($asked, $rest)->getStatusCode();
}, $sent);

$app = new Application(['webhook_secret' => getenv('ZHIFUYUN_WEBHOOK_SECRET')]);
Container::setInstance($app);
Facade::setFacadeApplication($app);
$router = new Router(new Dispatcher($app), $app);
$app->instance('router', $router);
$app->instance('cache', new Stores(new Repository(new ArrayStore())));
$provider = new ZhifuyunServiceProvider($app);
$provider->register();
$provider->boot();
laravel();
$answers['Laravel'] = array_map(static function (string $body) use ($app, $router, $request, $signed): int {
    $asked = LaravelRequest::create(...$request($body, $signed));
    $app->instance(LaravelRequest::class, $asked);
    return $router->dispatch($asked)->getStatusCode();
}, $sent);

foreach ($answers as $framework => $statuses) {
    if ($statuses[0] !== 200 || intdiv($statuses[1], 100) !== 4) {
        throw new LogicException("$framework answered " . json_encode($statuses));
    }
}
array_map('unlink', glob(WEBHOOKS . '/*') ?: []);
rmdir(WEBHOOKS);
echo implode(', ', array_keys($answers)), " ran\n";
