<?php

declare(strict_types=1);

// One request of a small application: a page of conversations, with a client that outlives the request.
if (isset($_GET['alive'])) {
    return;
}
if (isset($_GET['webhook'])) {
    spl_autoload_register(static function (string $class): void {
        require dirname(__DIR__, 2) . '/composer/src/' . str_replace(['Zhifuyun\\', '\\'], ['', '/'], $class) . '.php';
    });
    $guard = new Zhifuyun\FileReplayGuard((string) getenv('WEBHOOKS'));
    $hooks = (new Zhifuyun\Webhooks(Zhifuyun\Webhook::fromEnv(), $guard))
        ->on('ticket.created', static function (Zhifuyun\Event $event): void {
            echo 'handled ', $event->data->ticketId;
        });
    http_response_code($hooks->handle($_SERVER, (string) file_get_contents('php://input')));
    return;
}
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
if (isset($_GET['memory'])) {
    ini_set('memory_limit', '6M');
    for ($kept = [];;) {
        array_push($kept, ...iterator_to_array($client->tickets->iterate()));
    }
}
if (isset($_GET['time'])) {
    set_time_limit(1);
    while (true) {
        $client->tickets->list(limit: 100);
    }
}
if (isset($_GET['waiting'])) {
    // The time limit counts processor time, which a waiting call does not use: its signal is sent by hand.
    exec('(sleep 0.5; kill -PROF ' . getmypid() . ') >/dev/null 2>&1 &');
    $client->tickets->list(options: ['timeout' => 35.0]);
}
$pages = explode(' ', (string) file_get_contents('/proc/self/statm'));
echo json_encode([
    'pid' => getmypid(),
    'items' => count($page->items),
    'attempts' => $page->meta->attempts,
    'token' => $page->meta->timing->token,
    'rss' => (int) $pages[1] * 4096,
]);
