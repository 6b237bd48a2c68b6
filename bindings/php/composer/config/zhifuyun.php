<?php

declare(strict_types=1);

// Zhifuyun for Laravel. Settings come from here and not from the environment, so that `config:cache` works.
return [
    'client_id' => env('ZHIFUYUN_CLIENT_ID'),
    'client_secret' => env('ZHIFUYUN_CLIENT_SECRET'),
    'base_url' => env('ZHIFUYUN_BASE_URL'),

    // "free", "enterprise", "auto", "off", or a number of calls per minute.
    'plan' => env('ZHIFUYUN_PLAN'),

    // Further arguments of Zhifuyun\Client by name, such as 'timeout' => 20.0.
    'options' => [],

    // One, or several separated by commas while one is being replaced.
    'webhook_secret' => env('ZHIFUYUN_WEBHOOK_SECRET'),

    // The cache that remembers handled webhooks; null is the default one. All workers must share it.
    'cache_store' => env('ZHIFUYUN_CACHE_STORE'),
];
