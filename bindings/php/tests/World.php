<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use Zhifuyun\Testing\MockServer;

/** A world on the server that all tests share. */
final class World extends \Zhifuyun\Testing\World
{
    private static ?MockServer $server = null;

    /** @param array<string, mixed> $state */
    public function __construct(array $state = [])
    {
        parent::__construct(self::$server ??= new MockServer(), $state);
    }

    /** @param array<string, mixed> $where */
    public function count(array $where): int
    {
        $fits = static fn (array $entry): bool => array_intersect_assoc($where, $entry) === $where;
        return count(array_filter($this->journal(http_build_query($where)), $fits));
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
}
