<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use PHPUnit\Framework\TestCase;

/** What only a real php-fpm shows. */
final class FpmTest extends TestCase
{
    private const REQUESTS = 10_000;
    private const PER_WORKER = 200;

    /** 10,000 requests over 50 recycles: nothing fails, the token is asked for once per worker, memory is flat. */
    public function testWorkersLiveAndDie(): void
    {
        $world = new World(['conversations' => World::conversations(20)]);
        $fpm = new Fpm($world->environment(), 2, self::PER_WORKER);
        $workers = [];
        foreach ($this->load($fpm->url, self::REQUESTS) as $body) {
            $answer = json_decode($body, true);
            self::assertIsArray($answer, $body);
            self::assertSame(20, $answer['items']);
            $workers[$answer['pid']][] = $answer['rss'];
        }
        self::assertGreaterThanOrEqual(50, count($workers), 'recycled workers');
        $journal = $world->count(['path' => '/oauth/token']);
        self::assertLessThanOrEqual(count($workers) + 4, $journal, 'one token per worker, not per request');
        foreach ($workers as $pid => $sizes) {
            if (count($sizes) > 150) {
                $growth = $sizes[count($sizes) - 1] - $sizes[50];
                self::assertLessThan(512 * 1024, $growth, "worker $pid grew");
            }
        }
        self::assertStringNotContainsString('SIGSEGV', $fpm->log());
    }

    /** Leaving in the middle of an iteration, a fatal error and the time limit harm nobody. */
    public function testEndsInTheMiddle(): void
    {
        $world = new World(['conversations' => World::conversations(20), 'tickets' => World::tickets(30)]);
        $fpm = new Fpm($world->environment(), 1, 1000);
        for ($n = 0; $n < 20; $n++) {
            self::assertSame('left', file_get_contents("$fpm->url/?exit=1"));
            @file_get_contents("$fpm->url/?fatal=1");
            self::assertStringContainsString('500', $http_response_header[0]);
        }
        $world->fault(['match' => ['path' => '/v1/tickets'], 'action' => ['delay_ms' => 15_000]]);
        $began = microtime(true);
        @file_get_contents("$fpm->url/?slow=1");
        self::assertLessThan(5.0, microtime(true) - $began, 'max_execution_time ends the call');
        self::assertSame(20, json_decode((string) file_get_contents($fpm->url), true)['items']);
        self::assertStringNotContainsString('SIGSEGV', $fpm->log());
    }

    /** @return iterable<string> */
    private function load(string $url, int $requests): iterable
    {
        $multi = curl_multi_init();
        $start = static function () use ($multi, $url): void {
            $curl = curl_init($url);
            curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
            curl_multi_add_handle($multi, $curl);
        };
        $left = $requests;
        for (; $left > $requests - 4; $left--) {
            $start();
        }
        do {
            curl_multi_exec($multi, $running);
            while ($done = curl_multi_info_read($multi)) {
                yield (string) curl_multi_getcontent($done['handle']);
                curl_multi_remove_handle($multi, $done['handle']);
                if ($left-- > 0) {
                    $start();
                    $running = 1;
                }
            }
            curl_multi_select($multi, 0.1);
        } while ($running > 0);
    }
}
