<?php

declare(strict_types=1);

namespace Zhifuyun\Testing;

use Zhifuyun\Client;

/** For a PHPUnit test case: a mock server for all its tests. */
trait UsesMockServer
{
    private static ?MockServer $mockServer = null;

    /** The server, started when it is first asked for. */
    protected static function mockServer(): MockServer
    {
        return self::$mockServer ??= new MockServer();
    }

    /** A client of it. */
    protected static function mockClient(mixed ...$options): Client
    {
        $server = self::mockServer();
        $given = ['clientId' => $server->clientId, 'clientSecret' => $server->clientSecret, 'baseUrl' => $server->url];
        return new Client(...($options + $given));
    }

    /** @afterClass */
    public static function stopMockServer(): void
    {
        self::$mockServer = null;
    }
}
