<?php

declare(strict_types=1);

// Tickets by month, as bars.

use Zhifuyun\Client;
use Zhifuyun\GroupBy;
use Zhifuyun\StatisticsType;

$statistics = Client::fromEnv()->statistics->get(
    type: StatisticsType::Ticket,
    startDate: new DateTimeImmutable('2024-01-01'),
    endDate: '2024-12-31',
    groupBy: GroupBy::Month,
);
$most = max(1, ...array_map(static fn ($trend): int => $trend->tickets ?? 0, $statistics->trends));
foreach ($statistics->trends as $trend) {
    $bar = str_repeat('█', (int) round(40 * ($trend->tickets ?? 0) / $most));
    printf("%s %-40s %d\n", $trend->date, $bar, $trend->tickets);
}
echo "$statistics->totalTickets tickets\n";
