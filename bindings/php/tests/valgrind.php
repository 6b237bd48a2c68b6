<?php

declare(strict_types=1);

// What runs under valgrind: objects with strings of 0 and 1 byte, exceptions, webhooks. No PHPUnit, whose own reads
// would be reported with ours.
require __DIR__ . '/bootstrap.php';

use Zhifuyun\Exception\ZhifuyunException;
use Zhifuyun\Tests\World;

$client = (new World(['tickets' => World::tickets(7), 'conversations' => World::conversations(7)]))->client();
$titles = '';
foreach ($client->tickets->iterate(limit: 2) as $ticket) {
    $titles .= $ticket->title . $ticket->description;
    $copy = clone $ticket;
    $copy == $ticket && json_encode($ticket) || throw new LogicException('not equal');
}
strlen($titles) === 10 || throw new LogicException($titles);
// A circle that holds records, some of which are held from outside too.
$circle = new ArrayObject();
$circle['self'] = $circle;
$circle['page'] = $client->tickets->list();
$circle['walk'] = (static fn (): Generator => yield from [$circle, ...$client->tickets->iterate(limit: 3)])();
$kept = $circle['page']->items[0];
$circle['walk']->next();
unset($circle);
gc_collect_cycles() > 0 || throw new LogicException('nothing was collected');
strlen($kept->id) > 0 && gc_collect_cycles() === 0 || throw new LogicException('not kept');
$client->conversations->getMany(['conv_1', 'conv_2', 'conv_3']);
$client->statistics->get(type: 'ticket', groupBy: 'day');
$client->tickets->update($client->tickets->create(title: '1', description: '2')->id, status: 'resolved');
foreach (['', 'x', '..'] as $id) {
    try {
        $client->conversations->get($id);
    } catch (ZhifuyunException $e) {
        strlen((string) $e) > 0 || throw new LogicException('no text');
    }
}
$webhook = new Zhifuyun\Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
$body = '{"event":"x","data":{"ticket_id":"1","title":""},"a":{"1":"","x":["","y"]}}';
$event = $webhook->verify($webhook->sign($body, id: 'm'), $body);
serialize($event) !== '' || throw new LogicException('nothing');
$client->close();
