<?php

declare(strict_types=1);

namespace Zhifuyun\Tests\frameworks;

use Illuminate\Container\Container;

/** What a service provider asks of an application, without the rest of Laravel. */
final class Application extends Container
{
    /** @param array<string, mixed> $config what the user's config/zhifuyun.php says */
    public function __construct(array $config)
    {
        $this->instance('config', new Config(['zhifuyun' => $config]));
    }

    public function runningInConsole(): bool
    {
        return true;
    }

    public function configPath(string $path = ''): string
    {
        return "/app/config/$path";
    }
}
