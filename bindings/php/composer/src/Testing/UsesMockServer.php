<?php

declare(strict_types=1);

namespace Zhifuyun\Testing;

use PHPUnit\Framework\Attributes\After;
use PHPUnit\Framework\Attributes\AfterClass;
use Zhifuyun\Client;

/** For a PHPUnit test case: one mock server for all its tests, and a world of its own for each of them. */
trait UsesMockServer
{
    private static ?MockServer $mockServer = null;
    private ?World $mockWorld = null;

    /** The server, started when it is first asked for. */
    protected static function mockServer(): MockServer
    {
        return self::$mockServer ??= new MockServer();
    }

    /**
     * The world of this test. With a state, a new one.
     *
     * @param ?array<string, mixed> $state
     */
    protected function mockWorld(?array $state = null): World
    {
        if ($state !== null) {
            $this->removeMockWorld();
        }
        return $this->mockWorld ??= self::mockServer()->world($state ?? []);
    }

    /** A client of the world of this test. */
    protected function mockClient(mixed ...$options): Client
    {
        return $this->mockWorld()->client(...$options);
    }

    /**
     * @after
     * @internal
     */
    #[After]
    protected function removeMockWorld(): void
    {
        $this->mockWorld?->remove();
        $this->mockWorld = null;
    }

    /**
     * @afterClass
     * @internal
     */
    #[AfterClass]
    public static function stopMockServer(): void
    {
        self::$mockServer = null;
    }
}
