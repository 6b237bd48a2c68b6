<?php

// What `make demo` runs: the main job against a mock server that is made to fail. Lines that begin with `@` are for
// `.ci/demo.py`, which answers each with a line.

use Zhifuyun\Client;
use Zhifuyun\Webhook;

function say(string $line): void
{
    echo $line, PHP_EOL;
}

function ask(string $line): void
{
    say($line);
    fgets(STDIN);
}

/** Takes one request and answers 200: its headers, and its body as it arrived. */
function receive($server): array
{
    $connection = stream_socket_accept($server, 10) ?: throw new RuntimeException('no webhook came');
    $headers = [];
    fgets($connection);
    while (($line = trim(fgets($connection))) !== '') {
        [$name, $value] = explode(':', $line, 2);
        $headers[strtolower($name)] = trim($value);
    }
    $body = stream_get_contents($connection, (int) $headers['content-length']);
    fwrite($connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    fclose($connection);
    return [$headers, $body];
}

$client = Client::fromEnv();
$client->authenticate();
say('token obtained');

$conversation = $client->conversations->create(
    userId: 'user_123',
    channel: 'web',
    initialMessage: '你好，今天有人值班吗',
);
say("conversation $conversation->id created");

$server = stream_socket_server('tcp://127.0.0.1:0');
ask('@webhook http://' . stream_socket_get_name($server, false) . '/');

$conversations = $client->conversations->iterate();
$items = 0;
$found = false;
foreach ($conversations as $item) {
    $items++;
    $found = $found || $item->id === $conversation->id;
    if ($items % 2_500 === 0) {
        say("$items conversations");
    }
    if ($items === 5_000) {
        ask('@expire');
    }
}
$requests = $conversations->report()->requests;
say("$items conversations in $requests requests, the new one among them: " . json_encode($found));

$ticket = $client->tickets->create(title: '产品咨询', description: '想知道团队版怎么收费', priority: 'medium');
$ticket = $client->tickets->update($ticket->id, status: 'resolved', comment: '已电话答复');
say("ticket $ticket->id is $ticket->status");

foreach ($client->statistics->get(type: 'ticket', groupBy: 'month')->trends as $month) {
    say("$month->date: $month->tickets tickets");
}

[$headers, $body] = receive($server);
$event = Webhook::fromEnv()->verify($headers, $body);
$verified = $event->data->ticketId === $ticket->id;
say("webhook $event->type verified: " . json_encode($verified));
say('@done ' . json_encode(['items' => $items, 'verified' => $verified && $found]));
