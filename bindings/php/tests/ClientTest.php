<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use PHPUnit\Framework\TestCase;
use Zhifuyun\Client;
use Zhifuyun\Exception\ApiException;
use Zhifuyun\Exception\ClosedException;
use Zhifuyun\Exception\ConfigException;
use Zhifuyun\Exception\InvalidArgumentException;
use Zhifuyun\Exception\NotFoundException;
use Zhifuyun\Exception\ServerException;
use Zhifuyun\Exception\ZhifuyunException;
use Zhifuyun\Testing\MockServer;
use Zhifuyun\Ticket;
use Zhifuyun\TicketStatus;

/** What users of PHP expect of a client. */
final class ClientTest extends TestCase
{
    public function testResultsAreTypedAndReadonly(): void
    {
        $client = (new World(['tickets' => World::tickets(3)]))->client();
        $page = $client->tickets->list(status: TicketStatus::Open, limit: 2);
        self::assertCount(2, $page);
        self::assertSame([3, true], [$page->total, $page->hasNext]);
        foreach ($page as $ticket) {
            self::assertSame(TicketStatus::Open, TicketStatus::tryFrom($ticket->status));
            self::assertSame('2024-01-01T10:00:00.000', $ticket->createdAt->format('Y-m-d\TH:i:s.v'));
            self::assertEquals($ticket, unserialize(serialize($ticket)));
        }
        $shown = json_decode((string) json_encode($ticket), true);
        self::assertSame('2024-01-01T10:00:00Z', $shown['created_at']);
        self::assertEquals($ticket, eval('return ' . var_export($ticket, true) . ';'));
        self::assertSame($client->tickets, $client->tickets);
        foreach (
            [
                'Cannot modify readonly property Zhifuyun\\Ticket::$status' => static fn () => $ticket->status = 'x',
                'Cannot create dynamic property Zhifuyun\\Ticket::$other' => static fn () => $ticket->other = 1,
                'Cannot modify readonly property Zhifuyun\\Client::$tickets' => static fn () => $client->tickets = null,
                'Cannot create dynamic property Zhifuyun\\Client::$other' => static fn () => $client->other = 1,
            ] as $message => $write
        ) {
            try {
                $write();
                self::fail($message);
            } catch (\Error $e) {
                self::assertSame($message, $e->getMessage());
            }
        }
    }

    public function testDataCanBeMade(): void
    {
        $ticket = Ticket::__set_state(['id' => 't1', 'title' => 'x']);
        self::assertSame(['id' => 't1', 'title' => 'x'], json_decode((string) json_encode($ticket), true));
        $e = new NotFoundException('gone', previous: new \LogicException('why'));
        self::assertSame(['not_found', 'gone', 'gone', 0], [$e->kind, $e->getMessage(), $e->detail, $e->attempts]);
        self::assertSame('why', $e->getPrevious()?->getMessage());
        $this->expectException(\TypeError::class);
        Ticket::__set_state(['id' => 1]);
    }

    public function testTransientErrors(): void
    {
        $client = new Client(clientId: 'id', clientSecret: 'secret', baseUrl: 'http://127.0.0.1:9', maxRetries: 0);
        foreach (['t1' => true, '..' => false] as $id => $transient) {
            try {
                $client->conversations->get($id);
                self::fail();
            } catch (ZhifuyunException $e) {
                self::assertSame($transient, $e->isTransient, $e->kind);
            }
        }
        self::assertTrue((new ServerException('made'))->isTransient);
    }

    /** Or the collector would look at everything that was read, again and again. */
    public function testWhatIsReadLeavesNothingToTheCollector(): void
    {
        $page = (new World(['tickets' => World::tickets(50)]))->client()->tickets->list(limit: 50);
        self::assertCount(50, $page);
        $before = gc_status();
        foreach ($page->items as $ticket) {
            $read = [$ticket, $ticket->createdAt, $ticket->updatedAt];
            unset($read);
        }
        $after = gc_status();
        self::assertSame($before['runs'], $after['runs']);
        self::assertLessThan(10, $after['roots'] - $before['roots']);
    }

    public function testStringsOfNoneAndOneByte(): void
    {
        $client = (new World(['tickets' => World::tickets(4)]))->client();
        foreach ($client->tickets->iterate(limit: 2) as $ticket) {
            $title = $ticket->title;
            $title .= '!';
            self::assertContains($title, ['!', 'x!']);
            self::assertSame('d', $ticket->description);
        }
    }

    public function testGetMany(): void
    {
        $client = (new World(['conversations' => World::conversations(5)]))->client();
        $many = $client->conversations->getMany(['a' => 'conv_5', 'b' => 'conv_1']);
        self::assertSame(['a' => 'conv_5', 'b' => 'conv_1'], array_map(static fn ($c) => $c->id, $many));
        try {
            $client->conversations->getMany(['a' => 'conv_1', 'b' => 'conv_9']);
            self::fail();
        } catch (NotFoundException $e) {
            self::assertStringContainsString('conv_9', $e->getMessage());
            self::assertStringStartsWith('conv_9: ', $e->detail);
        }
        $this->expectExceptionObject(new InvalidArgumentException('ids[b]'));
        $client->conversations->getMany(['a' => 'conv_1', 'b' => '..']);
    }

    /** A cold client asks for one token, and the connections stay few. */
    public function testGetManyIsBounded(): void
    {
        $world = new World(['conversations' => World::conversations(60)]);
        $world->fault(['match' => ['path' => '/v1/conversations/*'], 'action' => ['delay_ms' => 30]]);
        $ids = array_column(World::conversations(60), 'id');
        self::assertCount(60, $world->client()->conversations->getMany($ids));
        self::assertSame(1, $world->count(['path' => '/oauth/token']));
        $connections = count(array_unique(array_column($world->journal(), 'connection')));
        self::assertGreaterThan(1, $connections);
        self::assertLessThanOrEqual(16, $connections);
    }

    /**
     * More ids than the plan allows in a minute: they wait for their turn, and none is refused. The server's limit is
     * higher by what can be in flight while the clock jumps, which it counts afterwards.
     */
    public function testGetManyKeepsThePlan(): void
    {
        $world = new World(['conversations' => World::conversations(300), 'limits' => ['plan' => 120]]);
        $ids = array_column(World::conversations(300), 'id');
        $client = $world->client(plan: 'free', testClock: $world->clock());
        self::assertSame($ids, array_column($client->conversations->getMany($ids), 'id'));
        self::assertSame([], array_diff(array_column($world->journal(), 'status'), [200]));
    }

    /** The first failure ends the others: no request is sent for nothing. */
    public function testGetManyEndsEarly(): void
    {
        $world = new World(['conversations' => World::conversations(1)]);
        $ids = array_map(static fn (int $n): string => "none_$n", range(1, 200));
        try {
            $world->client()->conversations->getMany($ids);
            self::fail();
        } catch (NotFoundException) {
            self::assertLessThan(100, count($world->journal()));
        }
    }

    public function testExceptionsTellWhere(): void
    {
        $client = (new World())->client();
        try {
            $client->conversations->get('none');
            self::fail();
        } catch (NotFoundException $e) {
            self::assertSame([__FILE__, __LINE__ - 3], [$e->getFile(), $e->getLine()]);
            self::assertSame(['not_found', 404, 'conversations.get'], [$e->kind, $e->httpStatus, $e->operation]);
            self::assertInstanceOf(ApiException::class, $e);
            self::assertInstanceOf(ZhifuyunException::class, $e);
            self::assertInstanceOf(\RuntimeException::class, $e);
            self::assertGreaterThan(0, $e->timing->total);
        }
    }

    public function testBadInputIsRefused(): void
    {
        $client = new Client(clientId: 'id', clientSecret: 'secret', baseUrl: 'http://127.0.0.1:9');
        foreach ([['limit' => 'many'], ['status' => "\xff"], ['options' => ['timeout' => -1]]] as $wrong) {
            try {
                $client->tickets->list(...$wrong);
                self::fail();
            } catch (InvalidArgumentException $e) {
                self::assertSame('invalid_argument', $e->kind);
            }
        }
        $this->expectException(ConfigException::class);
        new Client(clientId: 'id', clientSecret: 'secret', timeout: -1);
    }

    public function testSecretsStayInside(): void
    {
        $client = new Client(clientId: 'id', clientSecret: 'very-secret', baseUrl: 'http://127.0.0.1:9');
        ob_start();
        var_dump($client);
        $shown = ob_get_clean() . print_r($client, true) . var_export($client, true);
        self::assertStringNotContainsString('very-secret', $shown);
        $kept = ini_set('zend.exception_ignore_args', '0');
        try {
            new Client(clientId: 'id', clientSecret: 'very-secret', proxy: 'http://me:hidden@proxy:1', timeout: -1.0);
            self::fail();
        } catch (ConfigException $e) {
            $shown = $e . print_r($e->getTrace(), true);
            self::assertStringContainsString('SensitiveParameterValue', $shown);
            self::assertStringNotContainsString('very-secret', $shown);
            self::assertStringNotContainsString('hidden', $shown);
        } finally {
            ini_set('zend.exception_ignore_args', (string) $kept);
        }
        $sensitive = array_filter(
            (new \ReflectionMethod(Client::class, 'fromEnv'))->getParameters(),
            static fn (\ReflectionParameter $p): bool => $p->getAttributes() !== []
        );
        self::assertSame(['proxy'], array_values(array_map(static fn ($p): string => $p->getName(), $sensitive)));
    }

    public function testEnvironment(): void
    {
        $world = new World();
        try {
            Client::fromEnv();
            self::fail();
        } catch (ConfigException $e) {
            self::assertStringContainsString('ZHIFUYUN_CLIENT_ID', $e->getMessage());
        }
        // As libraries that read .env files leave them, without putenv.
        foreach ($world->environment() as $name => $value) {
            $name === 'ZHIFUYUN_BASE_URL' ? $_SERVER[$name] = $value : $_ENV[$name] = $value;
        }
        try {
            self::assertSame(0, Client::fromEnv()->tickets->list()->total);
        } finally {
            unset($_ENV['ZHIFUYUN_CLIENT_ID'], $_ENV['ZHIFUYUN_CLIENT_SECRET'], $_SERVER['ZHIFUYUN_BASE_URL']);
        }
    }

    public function testClosingOneLeavesTheOther(): void
    {
        $world = new World();
        [$one, $other] = [$world->client(), $world->client()];
        $one->close();
        self::assertSame(0, $other->tickets->list()->total);
        $this->expectException(ClosedException::class);
        $one->tickets->list();
    }

    /** Clients come and go, the connection stays: with TLS too, where it costs the most. */
    public function testConnectionsOutliveClients(): void
    {
        foreach ([[], ['--tls']] as $arguments) {
            $server = new MockServer(arguments: $arguments);
            $world = $server->world();
            for ($n = 0; $n < 5; $n++) {
                $client = $world->client();
                $client->tickets->list();
                $client->conversations->list();
                unset($client);
            }
            $journal = $world->journal();
            self::assertCount(11, $journal, 'one token, ten calls');
            self::assertCount(1, array_unique(array_column($journal, 'connection')));
        }
    }

    public function testEvents(): void
    {
        $events = [];
        $client = (new World())->client(onEvent: static function (array $event) use (&$events): void {
            $events[] = $event['event'];
        });
        $client->tickets->list();
        self::assertContains('request', $events);
        self::assertContains('response', $events);
    }

    /** What a callback throws goes up; what the call brought is not lost with it. */
    public function testCallbacksThatThrow(): void
    {
        $world = new World(['tickets' => World::tickets(30)]);
        $responses = 0;
        $client = $world->client(onEvent: static function (array $event) use (&$responses): void {
            $call = $event['event'] === 'response' && $event['operation'] !== 'authenticate';
            $call && ++$responses === 2 && throw new \DomainException('callback');
        });
        $walk = $client->tickets->iterate(limit: 10);
        $ids = [];
        for ($again = 0; $again < 2; $again++) {
            try {
                for (; $walk->valid(); $walk->next()) {
                    $ids[] = $walk->current()->id . $walk->current()->createdAt->format('Y');
                }
            } catch (\DomainException $e) {
                self::assertCount(10, $ids);
            }
        }
        self::assertCount(30, array_unique($ids));
        $responses = 1;
        try {
            $client->conversations->get('none');
            self::fail();
        } catch (\DomainException $e) {
            self::assertInstanceOf(NotFoundException::class, $e->getPrevious());
        }
    }

    /** An event that the callback throws at takes no other with it. */
    public function testEventsBehindOneThatThrew(): void
    {
        $events = [];
        $client = (new World())->client(onEvent: static function (array $event) use (&$events): void {
            $events[] = $event['event'] . ($event['operation'] ?? '');
            count($events) === 1 && throw new \DomainException('callback');
        });
        try {
            $client->authenticate();
            self::fail();
        } catch (\DomainException) {
            $client->tickets->list();
        }
        self::assertContains('responseauthenticate', $events);
        self::assertContains('responsetickets.list', $events);
    }

    /** A callback that comes back to the iteration that called it does not hang. */
    public function testCallbacksMayCall(): void
    {
        $client = (new World(['tickets' => World::tickets(5)]))->client(onEvent: static function () use (&$other): void {
            [$mine, $other] = [$other, null];
            $mine?->tickets->list();
        });
        $other = $client;
        self::assertSame(5, $client->tickets->list()->total);
        $client->close();
    }

    public function testForkedChildrenHaveTheirOwn(): void
    {
        $world = new World(['tickets' => World::tickets(3)]);
        $client = $world->client();
        $walk = $client->tickets->iterate(limit: 1);
        $walk->current();
        $children = [];
        for ($n = 0; $n < 4; $n++) {
            $children[] = $pid = pcntl_fork();
            if ($pid === 0) {
                $good = 0;
                for ($i = 0; $i < 20; $i++) {
                    $good += (int) ($client->tickets->list()->total === 3);
                }
                // Without PHPUnit's own end.
                posix_kill((int) getmypid(), $good === 20 ? SIGKILL : SIGABRT);
            }
        }
        self::assertSame(3, $client->tickets->list()->total);
        foreach ($children as $pid) {
            pcntl_waitpid($pid, $status);
            self::assertSame(SIGKILL, pcntl_wtermsig($status));
        }
        self::assertCount(3, iterator_to_array($walk), 'the parent goes on');
    }
}
