<?php

/**
 * One contender of the bench: `bench.php CONTENDER URL`. Reads jobs, a line of JSON each, and answers each with
 * {"load", "wall", "cpu", "ops", "check"} in seconds; "load" is what making the contender took.
 */

declare(strict_types=1);

require __DIR__ . '/contenders.php';

function cpu(): float
{
    $u = getrusage();
    return $u['ru_utime.tv_sec'] + $u['ru_stime.tv_sec'] + ($u['ru_utime.tv_usec'] + $u['ru_stime.tv_usec']) / 1e6;
}

function resident(): int
{
    preg_match('/VmRSS:\s+(\d+)/', file_get_contents('/proc/self/status'), $found);
    return (int) $found[1];
}

[, $name, $url] = $argv;
$load = hrtime(true);
$contender = contender($name, $url);
$load = (hrtime(true) - $load) / 1e9;
$held = [];
while (($line = fgets(STDIN)) !== false) {
    $job = json_decode($line, true);
    $count = $job['count'];
    $headers = array_column($job['headers'] ?? [], 1, 0);
    if ($name === 'ours-webhook') {
        $webhook = new Zhifuyun\Webhook($job['secret']);
        $contender['webhook'] = function () use ($webhook, $headers, $job): int {
            $event = $webhook->verify($headers, $job['body']);
            return strlen($event->type) + strlen($event->data->title);
        };
    } elseif ($name === 'hash_hmac') {
        $key = base64_decode(substr($job['secret'], 6));
        $contender['webhook'] = fn (): int => webhookByHand($headers, $job['body'], $key);
    }
    $work = $contender[$job['workload']];
    gc_collect_cycles();
    $before = resident();
    [$wall, $used, $check] = [hrtime(true), cpu(), 0];
    for ($i = 0; $i < $count; $i++) {
        $result = $work();
        if ($job['workload'] === 'hold') {
            $held[] = $result;
        } else {
            $check += $result;
        }
    }
    foreach ($held as $page) {
        $check += $contender['read']($page);
    }
    $wall = (hrtime(true) - $wall) / 1e9;
    $used = cpu() - $used;
    gc_collect_cycles();
    $grown = resident() - $before;
    $report = ['load' => $load, 'wall' => $wall, 'cpu' => $used, 'ops' => $count, 'check' => $check, 'grown_kib' => $grown];
    echo json_encode($report), "\n";
}
