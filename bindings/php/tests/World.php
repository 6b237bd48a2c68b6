<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use Zhifuyun\Client;
use Zhifuyun\Testing\MockServer;

/** A world of the mock server, which all tests share. */
final class World
{
    private static ?MockServer $server = null;
    private readonly object $world;

    /** @param array<string, mixed> $state */
    public function __construct(array $state = [])
    {
        self::$server ??= new MockServer();
        $this->world = self::ask('POST', self::$server->url . '/_mock/worlds', $state + ['limits' => ['plan' => 1_000_000]]);
    }

    /** A client of this world. */
    public function client(mixed ...$options): Client
    {
        $given = ['clientId' => $this->world->client_id, 'clientSecret' => $this->world->client_secret,
            'baseUrl' => $this->world->url];
        return new Client(...($options + $given));
    }

    /** @return array<string, string> */
    public function environment(): array
    {
        return ['ZHIFUYUN_CLIENT_ID' => $this->world->client_id, 'ZHIFUYUN_BASE_URL' => $this->world->url,
            'ZHIFUYUN_CLIENT_SECRET' => $this->world->client_secret];
    }

    /** @param array<string, mixed> $rule */
    public function fault(array $rule): void
    {
        self::ask('POST', $this->world->control_url . '/faults', $rule);
    }

    /** @param array<string, mixed> $where */
    public function count(array $where): int
    {
        $fits = static fn (array $entry): bool => array_intersect_assoc($where, $entry) === $where;
        return count(array_filter($this->journal(http_build_query($where)), $fits));
    }

    /** @return list<array<string, mixed>> */
    public function journal(string $query = ''): array
    {
        $entries = self::ask('GET', $this->world->control_url . "/journal?$query")->entries;
        return array_map(static fn (object $entry): array => (array) $entry, $entries);
    }

    /** What a client takes as its test clock. */
    public function clock(): string
    {
        return $this->world->control_url . '/clock/advance';
    }

    /** @return list<array<string, string>> */
    public static function conversations(int $count): array
    {
        return array_map(static fn (int $n): array => ['id' => "conv_$n", 'user_id' => 'u', 'channel' => 'web',
            'status' => 'active', 'created_at' => '2024-01-01T10:00:00Z'], range(1, $count));
    }

    /** @return list<array<string, string>> */
    public static function tickets(int $count): array
    {
        return array_map(static fn (int $n): array => ['id' => "ticket_$n", 'title' => $n % 2 ? '' : 'x',
            'description' => 'd', 'status' => 'open', 'created_at' => '2024-01-01T10:00:00Z'], range(1, $count));
    }

    private static function ask(string $method, string $url, mixed $body = null): mixed
    {
        $http = ['method' => $method, 'header' => 'content-type: application/json', 'protocol_version' => 1.1];
        $http += $body === null ? [] : ['content' => json_encode($body, JSON_THROW_ON_ERROR)];
        return json_decode((string) file_get_contents($url, context: stream_context_create(['http' => $http])));
    }
}
