<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use PHPUnit\Framework\TestCase;
use Zhifuyun\Client;

/** Signals that arrive while a call waits for its answer. */
final class SignalsTest extends TestCase
{
    protected function setUp(): void
    {
        pcntl_async_signals(true);
    }

    protected function tearDown(): void
    {
        pcntl_signal(SIGALRM, SIG_DFL);
        pcntl_async_signals(false);
    }

    /** A client whose next list of tickets takes a while; the alarm rings meanwhile. */
    private function waiting(int $delay, callable $handler): Client
    {
        $world = new World(['tickets' => World::tickets(3), 'conversations' => World::conversations(2)]);
        $world->fault(['match' => ['path' => '/v1/tickets'], 'when' => ['first' => 1], 'action' => ['delay_ms' => $delay]]);
        $client = $world->client(timeout: 60.0);
        $client->authenticate();
        pcntl_signal(SIGALRM, $handler);
        pcntl_alarm(1);
        return $client;
    }

    public function testAHandlerThatReturnsLetsTheCallGoOn(): void
    {
        $seen = 0;
        $client = $this->waiting(2000, static function () use (&$seen): void {
            $seen++;
        });
        self::assertSame([3, 1], [$client->tickets->list()->total, $seen]);
    }

    public function testWhatAHandlerThrowsEndsTheCall(): void
    {
        $thrown = new \DomainException('enough');
        $client = $this->waiting(30_000, static fn () => throw $thrown);
        $began = microtime(true);
        try {
            $client->tickets->list();
            self::fail();
        } catch (\DomainException $e) {
            self::assertSame($thrown, $e);
            self::assertNull($e->getPrevious());
            self::assertLessThan(25.0, microtime(true) - $began);
        }
        self::assertSame(3, $client->tickets->list()->total, 'the client goes on');
    }

    /** The events of an interrupted call wait for their client's next one, and reach no other client. */
    public function testEventsOfAnInterruptedCall(): void
    {
        $seen = [[], []];
        $world = new World(['tickets' => World::tickets(3)]);
        $clients = [];
        foreach ([0, 1] as $n) {
            $clients[] = $world->client(timeout: 60.0, onEvent: static function (array $event) use (&$seen, $n): void {
                $seen[$n][] = $event['operation'] ?? '';
            });
        }
        $clients[0]->authenticate();
        $world->fault(['match' => ['path' => '/v1/tickets'], 'when' => ['first' => 1], 'action' => ['delay_ms' => 30_000]]);
        pcntl_signal(SIGALRM, static fn () => throw new \DomainException('enough'));
        pcntl_alarm(1);
        $seen = [[], []];
        try {
            $clients[0]->tickets->list();
            self::fail();
        } catch (\DomainException) {
            $clients[1]->conversations->list();
            $clients[0]->conversations->list();
        }
        self::assertSame(['conversations.list'], array_values(array_unique($seen[1])));
        self::assertSame(['tickets.list', 'conversations.list'], array_values(array_unique($seen[0])));
    }

    public function testAHandlerMayCall(): void
    {
        $other = 0;
        $client = $this->waiting(2000, static function () use (&$client, &$other): void {
            $other = $client->conversations->list()->total;
        });
        self::assertSame([3, 2], [$client->tickets->list()->total, $other]);
    }

    public function testAHandlerMayNotReenterTheIterationThatWaits(): void
    {
        $message = '';
        $client = $this->waiting(2000, static function () use (&$walk, &$message): void {
            try {
                $walk->valid();
            } catch (\Error $e) {
                $message = $e->getMessage();
            }
        });
        $walk = $client->tickets->iterate();
        self::assertCount(3, iterator_to_array($walk));
        self::assertSame('the iteration is already waiting for a page', $message);
    }

    /** An interrupted iteration asks for the same page again. */
    public function testAnIterationGoesOn(): void
    {
        $client = $this->waiting(30_000, static fn () => throw new \DomainException('enough'));
        $walk = $client->tickets->iterate(limit: 2);
        try {
            $walk->valid();
            self::fail();
        } catch (\DomainException) {
            self::assertCount(3, iterator_to_array($walk));
        }
    }
}
