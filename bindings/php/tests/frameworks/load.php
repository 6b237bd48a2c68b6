<?php

declare(strict_types=1);

// The frameworks as Debian packages bring them. PSR-15 has no package: two interfaces.
foreach (['Routing', 'Http', 'Events', 'Container', 'Cache', 'Support'] as $part) {
    require_once "Illuminate/$part/autoload.php";
}
require_once 'Symfony/Component/HttpFoundation/autoload.php';
require_once 'Dotenv/autoload.php';
require_once 'Nyholm/Psr7/autoload.php';
foreach (['RequestHandlerInterface', 'MiddlewareInterface'] as $name) {
    interface_exists("Psr\\Http\\Server\\$name") || require __DIR__ . "/psr15/$name.php";
}
