<?php

declare(strict_types=1);

namespace Zhifuyun\Tests\frameworks;

use Illuminate\Contracts\Cache\Repository;

/** Laravel's cache manager, with one store. */
final class Stores
{
    public function __construct(private readonly Repository $store)
    {
    }

    public function store(?string $name = null): Repository
    {
        return $this->store;
    }
}
