<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use PHPUnit\Framework\TestCase;
use Zhifuyun\Testing\MockServer;
use Zhifuyun\Testing\UsesMockServer;

/** What the package offers for the tests of others. */
final class MockServerTraitTest extends TestCase
{
    use UsesMockServer;

    /** @var list<string> */
    private static array $urls = [];

    /** @return iterable<list<int>> */
    public static function twice(): iterable
    {
        yield [1];
        yield [2];
    }

    /** @dataProvider twice */
    public function testEachTestHasAWorldOfItsOwn(int $time): void
    {
        $client = $this->mockClient();
        self::assertSame(0, $client->tickets->list()->total, 'nothing is left of the test before');
        $client->tickets->create(title: 't', description: 'd');
        self::assertSame(1, $this->mockClient()->tickets->list()->total);
        self::assertNotContains($this->mockWorld()->url, self::$urls);
        self::$urls[] = $this->mockWorld()->url;
        self::assertSame(1, count(array_unique(array_map(static fn (string $u): string => explode('/w/', $u)[0], self::$urls))));
    }

    /** Tests of others make more calls than the free plan allows. */
    public function testNothingLimitsIt(): void
    {
        $client = $this->mockClient(plan: 'off');
        for ($n = 0; $n < 120; $n++) {
            $client->tickets->list(limit: 1);
        }
        self::assertNotContains(429, array_column($this->mockWorld()->journal(), 'status'));
    }

    public function testAStateAndFaults(): void
    {
        $world = $this->mockWorld(['tickets' => World::tickets(2)]);
        $world->fault(['match' => ['path' => '/v1/tickets'], 'when' => ['first' => 1], 'action' => ['status' => 503]]);
        $page = $this->mockClient(testClock: $world->clock())->tickets->list();
        self::assertSame([2, 2], [$page->total, $page->meta->attempts]);
    }

    public function testAProgramThatIsMissing(): void
    {
        $this->expectExceptionMessage('/none/zhifuyun-mock-server');
        new MockServer('/none/zhifuyun-mock-server');
    }
}
