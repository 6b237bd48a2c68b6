<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use PHPUnit\Framework\TestCase;
use Zhifuyun\Client;
use Zhifuyun\Exception\ApiException;
use Zhifuyun\Exception\ClosedException;
use Zhifuyun\Exception\ConfigException;
use Zhifuyun\Exception\InterruptedException;
use Zhifuyun\Exception\InvalidArgumentException;
use Zhifuyun\Exception\NotFoundException;
use Zhifuyun\Exception\ZhifuyunException;
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
        $this->expectException(\Error::class);
        $ticket->status = 'closed';
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

    public function testIteration(): void
    {
        $client = (new World(['tickets' => World::tickets(25)]))->client();
        $tickets = $client->tickets->iterate(limit: 10);
        self::assertCount(25, iterator_to_array($tickets));
        self::assertCount(25, iterator_to_array($tickets), 'a second foreach begins anew');
        self::assertTrue($tickets->report()->complete);
        $pages = $client->tickets->iterate(limit: 10)->pages();
        self::assertSame([10, 10, 5], array_map('count', iterator_to_array($pages)));
        self::assertSame(25, $pages->report()->items);
    }

    public function testGetMany(): void
    {
        $client = (new World(['conversations' => World::conversations(5)]))->client();
        $many = $client->conversations->getMany(['a' => 'conv_5', 'b' => 'conv_1']);
        self::assertSame(['a' => 'conv_5', 'b' => 'conv_1'], array_map(static fn ($c) => $c->id, $many));
        $this->expectException(NotFoundException::class);
        $client->conversations->getMany(['conv_1', 'conv_9']);
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
        $attributes = (new \ReflectionMethod(Client::class, '__construct'))->getParameters()[1]->getAttributes();
        self::assertSame('SensitiveParameter', $attributes[0]->getName());
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

    public function testSignalsEndACall(): void
    {
        $world = new World();
        $world->fault(['match' => ['path' => '/v1/tickets'], 'action' => ['delay_ms' => 15_000]]);
        $client = $world->client();
        $client->authenticate();
        pcntl_async_signals(true);
        $seen = false;
        pcntl_signal(SIGALRM, static function () use (&$seen): void {
            $seen = true;
        });
        pcntl_alarm(1);
        $began = microtime(true);
        try {
            $client->tickets->list();
            self::fail();
        } catch (InterruptedException $e) {
            self::assertLessThan(5.0, microtime(true) - $began);
        } finally {
            pcntl_signal(SIGALRM, SIG_DFL);
            pcntl_async_signals(false);
        }
        self::assertTrue($seen);
    }
}
