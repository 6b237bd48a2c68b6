<?php

/**
 * What a php-fpm worker runs for a web request: a token and a page. Ours keeps token and connection from request
 * to request; with ext-curl both end with the request.
 */

declare(strict_types=1);

require __DIR__ . '/contenders.php';

$url = getenv('BENCH_URL');
if (getenv('BENCH_CONTENDER') === 'ours') {
    echo ours($url)['page']();
} else {
    // One handle: its connection serves both.
    $handle = curl_init();
    $get = curl($url, handle: $handle);
    $token = json_decode($get('/oauth/token', '{"client_id":"bench","client_secret":"bench"}'), true)['access_token'];
    echo peer(curl($url, $token, $handle), Conversation::of(...))['page']();
}
