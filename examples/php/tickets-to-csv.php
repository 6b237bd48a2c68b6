<?php

declare(strict_types=1);

// All tickets as CSV on standard output: php tickets-to-csv.php > tickets.csv

use Zhifuyun\Client;

const COLUMNS = ['id', 'title', 'status', 'priority', 'assigneeId', 'customerEmail', 'createdAt', 'updatedAt'];

// Spreadsheets take text that begins with these for a formula.
$safe = static fn (string $text): string => preg_match('/^[=+\-@\t\r]/', $text) ? "'$text" : $text;
$cell = static fn (DateTimeImmutable|string|null $value): string =>
    $value instanceof DateTimeImmutable ? $value->format(DATE_ATOM) : $safe($value ?? '');

$client = Client::fromEnv();
$tickets = $client->tickets->iterate(consistency: 'strict');
$out = fopen('php://output', 'w');
fputcsv($out, COLUMNS, escape: '');
foreach ($tickets as $ticket) {
    fputcsv($out, array_map(static fn (string $name): string => $cell($ticket->$name), COLUMNS), escape: '');
}
$report = $tickets->report();
fwrite(STDERR, "$report->items tickets in $report->requests requests\n");
