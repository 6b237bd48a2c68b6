<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use Illuminate\Cache\ArrayStore;
use Illuminate\Cache\Repository;
use Illuminate\Container\Container;
use Illuminate\Events\Dispatcher;
use Illuminate\Http\Request;
use Illuminate\Routing\Router;
use Illuminate\Support\Facades\Facade;
use Illuminate\Support\Facades\Route;
use Nyholm\Psr7\Factory\Psr17Factory;
use PHPUnit\Framework\TestCase;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Http\Server\RequestHandlerInterface;
use Zhifuyun\Client;
use Zhifuyun\Event;
use Zhifuyun\Exception\WebhookVerificationException;
use Zhifuyun\Laravel\CacheReplayGuard;
use Zhifuyun\Laravel\ZhifuyunServiceProvider;
use Zhifuyun\MemoryReplayGuard;
use Zhifuyun\Psr15\WebhookMiddleware;
use Zhifuyun\Symfony\WebhookResponder;
use Zhifuyun\Webhook;
use Zhifuyun\Webhooks;

/** The adapters, with the frameworks themselves. */
final class FrameworksTest extends TestCase
{
    private const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    private const BODY = '{"event":"ticket.created","data":{"ticket_id":"t1"}}';

    /** @var list<string> */
    private array $seen = [];

    public static function setUpBeforeClass(): void
    {
        require_once __DIR__ . '/frameworks/load.php';
    }

    protected function tearDown(): void
    {
        Facade::clearResolvedInstances();
        Container::setInstance(null);
    }

    private function configure(Webhooks $hooks): void
    {
        $hooks->on('ticket.created', function (Event $event): void {
            $this->seen[] = (string) $event->id;
            $event->id === 'fails' && count($this->seen) === 1 && throw new \LogicException('the first time');
        });
    }

    /** An application as Laravel boots one, with the group "web" that refuses every request. */
    private function laravel(array $config): Container
    {
        $app = new frameworks\Application($config);
        Container::setInstance($app);
        Facade::setFacadeApplication($app);
        $router = new Router(new Dispatcher($app), $app);
        $router->middlewareGroup('web', [frameworks\RefuseAll::class]);
        $app->instance('router', $router);
        $cache = new Repository(new ArrayStore());
        $app->instance('cache', new frameworks\Stores($cache));
        $provider = new ZhifuyunServiceProvider($app);
        $provider->register();
        $provider->boot();
        self::assertSame(['zhifuyun.php'], array_map('basename', array_values($provider::$publishGroups['zhifuyun-config'])));
        return $app;
    }

    private function post(Container $app, string $path, array $headers, string $body): int
    {
        $request = Request::create($path, 'POST', content: $body);
        $request->headers->add($headers);
        $app->instance('request', $request);
        $app->instance(Request::class, $request);
        return $app->make('router')->dispatch($request)->getStatusCode();
    }

    public function testLaravel(): void
    {
        $world = new World(['tickets' => World::tickets(3)]);
        $app = $this->laravel(['client_id' => $world->clientId, 'client_secret' => $world->clientSecret,
            'base_url' => $world->url, 'plan' => '1000000', 'options' => ['maxRetries' => 0],
            'webhook_secret' => 'whsec_' . base64_encode(str_repeat('o', 24)) . ', ' . self::SECRET]);
        self::assertSame(3, $app->make(Client::class)->tickets->list()->total);
        self::assertSame($app->make(Client::class), $app->make(Client::class));

        Route::middleware('web')->group(function (): void {
            Route::zhifuyunWebhook('/zhifuyun', fn (Webhooks $hooks) => $this->configure($hooks));
            Route::post('/other', static fn (): string => 'never');
        });
        $webhook = new Webhook(self::SECRET);
        self::assertSame(403, $this->post($app, '/other', [], ''), 'the group is there');
        $signed = $webhook->sign(self::BODY, id: 'once');
        self::assertSame([200, 200, 401], [
            $this->post($app, '/zhifuyun', $signed, self::BODY),
            $this->post($app, '/zhifuyun', $signed, self::BODY),
            $this->post($app, '/zhifuyun', $signed, '{"event":"other"}'),
        ]);
        self::assertSame(['once'], $this->seen, 'each request has its objects, the cache is shared');

        $this->seen = [];
        $signed = $webhook->sign(self::BODY, id: 'fails');
        try {
            $this->post($app, '/zhifuyun', $signed, self::BODY);
            self::fail();
        } catch (\LogicException) {
            self::assertSame(200, $this->post($app, '/zhifuyun', $signed, self::BODY));
            self::assertSame(['fails', 'fails'], $this->seen);
        }
    }

    public function testLaravelTellsWhatIsMissing(): void
    {
        $this->expectExceptionMessage('client_id');
        $this->laravel([])->make(Client::class);
    }

    public function testCacheReplayGuard(): void
    {
        $cache = new Repository(new ArrayStore());
        $guards = [new CacheReplayGuard($cache), new CacheReplayGuard($cache)];
        $why = static function (callable $reserve): ?string {
            try {
                $reserve();
                return null;
            } catch (WebhookVerificationException $e) {
                return $e->webhookReason;
            }
        };
        $held = $guards[0]->reserve('a');
        self::assertSame('in_flight', $why(static fn () => $guards[1]->reserve('a')));
        $held->release();
        $guards[1]->reserve('a')->commit();
        self::assertSame('replayed', $why(static fn () => $guards[0]->reserve('a')));
        $held->release();
        self::assertSame('replayed', $why(static fn () => $guards[0]->reserve('a')), 'who was overtaken undoes nothing');
    }

    public function testSymfony(): void
    {
        $webhook = new Webhook(self::SECRET);
        $hooks = new Webhooks($webhook, new MemoryReplayGuard());
        $this->configure($hooks);
        $request = \Symfony\Component\HttpFoundation\Request::create('/zhifuyun', 'POST', content: self::BODY);
        $request->headers->add($webhook->sign(self::BODY, id: 'once'));
        $responder = new WebhookResponder($hooks);
        self::assertSame(200, $responder->respond($request)->getStatusCode());
        self::assertSame(200, $responder->respond($request)->getStatusCode());
        self::assertSame(['once'], $this->seen);
        $request->headers->remove('webhook-signature');
        self::assertSame(400, $responder->respond($request)->getStatusCode());
    }

    public function testPsr15(): void
    {
        $webhook = new Webhook(self::SECRET);
        $hooks = new Webhooks($webhook, new MemoryReplayGuard());
        $this->configure($hooks);
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
        $middleware = new WebhookMiddleware($hooks, $factory, '/hooks/zhifuyun');
        $request = $factory->createServerRequest('POST', 'https://example.com/hooks/zhifuyun')
            ->withBody($factory->createStream(self::BODY));
        foreach ($webhook->sign(self::BODY, id: 'once') as $name => $value) {
            $request = $request->withHeader($name, $value);
        }
        self::assertSame(200, $middleware->process($request, $rest)->getStatusCode());
        self::assertSame(200, $middleware->process($request, $rest)->getStatusCode());
        self::assertSame(['once'], $this->seen);
        self::assertSame(400, $middleware->process($request->withoutHeader('webhook-id'), $rest)->getStatusCode());
        self::assertSame(404, $middleware->process($request->withMethod('GET'), $rest)->getStatusCode());
    }
}
