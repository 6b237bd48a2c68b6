<?php

declare(strict_types=1);

namespace Zhifuyun\Contract;

/** What must be in the world's journal at the end of a scenario. */
final class Journal
{
    private const WIRE = ['total', 'token_requests', 'requests', 'counts', 'gaps', 'connections'];

    /**
     * Compares what arrived. The secret may only be in requests for a token.
     *
     * @param list<string> $secrets
     */
    public static function check(string $control, object $expected, array $secrets): void
    {
        Matching::keys('wire', $expected, self::WIRE);
        $entries = Control::ask('GET', "$control/journal")->entries;
        $calls = array_values(array_filter($entries, static fn (object $e): bool => $e->path !== '/oauth/token'));
        foreach ($secrets as $secret) {
            !str_contains((string) json_encode($calls), $secret) or throw new Failed('wire: a request carries the secret');
        }
        $seen = ['total' => count($calls), 'token_requests' => count($entries) - count($calls),
            'connections' => count(array_unique(array_column($entries, 'connection')))];
        foreach (array_intersect_key($seen, get_object_vars($expected)) as $name => $number) {
            Matching::compare("wire.$name", $expected->$name, $number);
        }
        isset($expected->requests) and Matching::compare('wire.requests', count($expected->requests), count($calls));
        foreach ($expected->requests ?? [] as $number => $wanted) {
            Matching::paths("wire.requests.$number", $wanted, $calls[$number]);
        }
        foreach ($expected->counts ?? [] as $group) {
            Matching::keys('wire.counts', $group, ['where', 'count']);
            $fitting = array_filter($entries, static fn (object $e): bool => Matching::fits($group->where, $e));
            Matching::compare('wire.counts ' . json_encode($group->where), $group->count, count($fitting));
        }
        $at = static fn (object $e): float => (float) (new \DateTimeImmutable($e->at))->format('U.u');
        foreach ($expected->gaps ?? [] as $number => $wanted) {
            $gap = isset($calls[$number + 1]) ? $at($calls[$number + 1]) - $at($calls[$number]) : null;
            Matching::compare("wire.gaps.$number", $wanted, $gap);
        }
    }
}
