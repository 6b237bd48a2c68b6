<?php

declare(strict_types=1);

namespace Zhifuyun\Laravel;

use Zhifuyun\Reservation;

/** A webhook that is the caller's to handle. Losing it lets its lease run out. */
final class CacheReservation implements Reservation
{
    /** @internal */
    public function __construct(private readonly \Closure $commit, private readonly \Closure $release)
    {
    }

    public function commit(): void
    {
        ($this->commit)();
    }

    public function release(): void
    {
        ($this->release)();
    }
}
