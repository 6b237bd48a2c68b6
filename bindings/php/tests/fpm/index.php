<?php

declare(strict_types=1);

// One request of a small application: a page of conversations, with a client that outlives the request.
$client = Zhifuyun\Client::fromEnv();
$page = $client->conversations->list(limit: 20);
if (isset($_GET['exit'])) {
    foreach ($client->tickets->iterate(limit: 5) as $ticket) {
        exit('left');
    }
}
if (isset($_GET['fatal'])) {
    foreach ($client->tickets->iterate(limit: 5) as $ticket) {
        undefined_function();
    }
}
if (isset($_GET['slow'])) {
    // The time limit counts processor time, which a waiting call does not use: its signal is sent by hand.
    exec('(sleep 0.5; kill -PROF ' . getmypid() . ') >/dev/null 2>&1 &');
    $client->tickets->list(options: ['timeout' => 20.0]);
}
$pages = explode(' ', (string) file_get_contents('/proc/self/statm'));
echo json_encode([
    'pid' => getmypid(),
    'items' => count($page->items),
    'attempts' => $page->meta->attempts,
    'token' => $page->meta->timing->token,
    'rss' => (int) $pages[1] * 4096,
]);
