<?php

declare(strict_types=1);

namespace Zhifuyun\Tests\frameworks;

use Illuminate\Support\Arr;

/** Laravel's configuration. */
final class Config
{
    /** @param array<string, mixed> $items */
    public function __construct(private array $items)
    {
    }

    public function get(string $key, mixed $default = null): mixed
    {
        return Arr::get($this->items, $key, $default);
    }

    public function set(string $key, mixed $value): void
    {
        Arr::set($this->items, $key, $value);
    }
}
