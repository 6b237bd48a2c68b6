<?php

declare(strict_types=1);

namespace Zhifuyun\Laravel;

use Illuminate\Contracts\Cache\Repository;
use Zhifuyun\Exception\WebhookVerificationException;
use Zhifuyun\ReplayGuard;
use Zhifuyun\Reservation;

/**
 * Remembers handled webhooks in a cache of Laravel. The store must be shared by all workers and its `add` atomic:
 * Redis, Memcached, a database, or files on one machine.
 */
final class CacheReplayGuard implements ReplayGuard
{
    private const DONE = 'done';

    /**
     * @param int $ttl seconds that a handled webhook is remembered: twice the tolerance plus the sender's retries at least
     * @param int $lease seconds until a worker that died is given up; below what the sender's retries take (36 s), or
     *     its last attempt would find the door closed
     */
    public function __construct(
        private readonly Repository $cache,
        private readonly int $ttl = 3600,
        private readonly int $lease = 30,
    ) {
    }

    public function reserve(string $key): Reservation
    {
        $entry = 'zhifuyun:webhook:' . hash('sha256', $key);
        $lease = bin2hex(random_bytes(16));
        if (!$this->cache->add($entry, $lease, $this->lease)) {
            $done = $this->cache->get($entry) === self::DONE;
            throw $done
                ? new WebhookVerificationException('this webhook was already handled', webhookReason: 'replayed')
                : new WebhookVerificationException('this webhook is being handled at this moment', webhookReason: 'in_flight');
        }
        return new CacheReservation(
            fn () => $this->cache->put($entry, self::DONE, $this->ttl),
            fn () => $this->cache->get($entry) === $lease && $this->cache->forget($entry),
        );
    }
}
