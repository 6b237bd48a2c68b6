<?php

declare(strict_types=1);

$roots = ['Zhifuyun\\Tests\\' => __DIR__, 'Zhifuyun\\' => dirname(__DIR__) . '/composer/src'];
spl_autoload_register(static function (string $class) use ($roots): void {
    foreach ($roots as $prefix => $directory) {
        if (str_starts_with($class, $prefix)) {
            $file = "$directory/" . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
            if (is_file($file)) {
                require $file;
                return;
            }
        }
    }
});
