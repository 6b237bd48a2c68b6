<?php

declare(strict_types=1);

namespace Shop\Tests;

use PHPUnit\Framework\TestCase;
use Zhifuyun\Testing\UsesMockServer;

// A test of one's own program: a world of its own for each test, on a mock server that the trait starts.
final class ShopTest extends TestCase
{
    use UsesMockServer; // Finds zhifuyun-mock-server in PATH or ZHIFUYUN_MOCK_SERVER.

    public function testOneFailureIsSurvived(): void
    {
        $world = $this->mockWorld(['tickets' => [['id' => 't1', 'title' => 'x', 'status' => 'open']]]);
        $world->fault(['match' => ['path' => '/v1/tickets'], 'when' => ['first' => 1], 'action' => ['status' => 503]]);
        self::assertSame(1, $this->mockClient(testClock: $world->clock())->tickets->list()->total);
    }
}
