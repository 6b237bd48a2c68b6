<?php

declare(strict_types=1);

// A conversation, a ticket, one page and a whole list.

use Zhifuyun\Channel;
use Zhifuyun\Client;
use Zhifuyun\Priority;
use Zhifuyun\TicketStatus;

$client = Client::fromEnv();
$conversation = $client->conversations->create(
    userId: 'user_42',
    channel: Channel::Web,
    initialMessage: '你好，今天有人值班吗',
);
echo "conversation $conversation->id began at {$conversation->createdAt?->format(DATE_ATOM)}\n";

$ticket = $client->tickets->create(
    title: '产品咨询',
    description: '想知道团队版怎么收费',
    priority: Priority::High,
);
$ticket = $client->tickets->update($ticket->id, status: TicketStatus::Resolved, comment: '已电话答复');
echo "ticket $ticket->id is $ticket->status\n";

$page = $client->conversations->list(limit: 50);
echo count($page->items), " of $page->total conversations on the first page\n";

$conversations = $client->conversations->iterate();
foreach ($conversations as $each) {
    if ($each->id === $conversation->id) {
        echo "found the new one\n";
    }
}
echo $conversations->report()->items, " conversations in all\n";
