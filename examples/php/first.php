<?php

use Zhifuyun\Client;

$client = Client::fromEnv();
foreach ($client->conversations->iterate(status: 'active') as $conversation) {
    echo $conversation->id, ' ', $conversation->createdAt?->format(DATE_ATOM), PHP_EOL;
}
$ticket = $client->tickets->create(title: '产品咨询', description: '想知道团队版怎么收费', priority: 'high');
$client->tickets->update($ticket->id, status: 'resolved', comment: '已电话答复');
echo 'resolved ', $ticket->id, PHP_EOL;
