<?php

declare(strict_types=1);

// All tickets as CSV on standard output: php tickets-to-csv.php > tickets.csv

use Zhifuyun\Client;

$client = Client::fromEnv();
$tickets = $client->tickets->iterate(consistency: 'strict');
$out = fopen('php://output', 'w');
fputcsv($out, ['id', 'title', 'priority', 'created']);
foreach ($tickets as $ticket) {
    fputcsv($out, [$ticket->id, $ticket->title, $ticket->priority, $ticket->createdAt?->format(DATE_ATOM)]);
}
$report = $tickets->report();
fwrite(STDERR, "$report->items tickets in $report->requests requests\n");
