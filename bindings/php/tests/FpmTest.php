<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use PHPUnit\Framework\TestCase;
use Zhifuyun\Webhook;

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
        foreach ($this->load($fpm, self::REQUESTS) as $body) {
            $answer = json_decode($body, true);
            self::assertIsArray($answer, $body);
            self::assertSame(20, $answer['items']);
            $workers[$answer['pid']][] = $answer['rss'];
        }
        self::assertGreaterThanOrEqual(50, count($workers), 'recycled workers');
        $journal = $world->journal();
        $tokens = count(array_filter($journal, static fn (array $e): bool => $e['path'] === '/oauth/token'));
        self::assertLessThanOrEqual(count($workers) + 4, $tokens, 'one token per worker, not per request');
        $connections = count(array_unique(array_column($journal, 'connection')));
        self::assertLessThanOrEqual(2 * count($workers) + 8, $connections, 'connections live as long as workers');
        foreach ($workers as $pid => $sizes) {
            if (count($sizes) > 150) {
                $growth = $sizes[count($sizes) - 1] - $sizes[50];
                self::assertLessThan(512 * 1024, $growth, "worker $pid grew");
            }
        }
        self::assertStringNotContainsString('SIGSEGV', $fpm->log());
    }

    /** Leaving in the middle of an iteration, a fatal error and the limits of PHP harm nobody. */
    public function testEndsInTheMiddle(): void
    {
        $world = new World(['conversations' => World::conversations(20), 'tickets' => World::tickets(300)]);
        $fpm = new Fpm($world->environment(), 1, 1000);
        $worker = json_decode($fpm->get('/')[0], true)['pid'];
        for ($n = 0; $n < 20; $n++) {
            self::assertSame(['left', 200], $fpm->get('/?exit=1'));
            self::assertSame(500, $fpm->get('/?fatal=1')[1]);
        }
        self::assertSame(500, $fpm->get('/?memory=1')[1], 'memory_limit');
        self::assertStringContainsString('Allowed memory size', $fpm->log());
        self::assertSame(500, $fpm->get('/?time=1')[1], 'set_time_limit, with calls that use the processor');
        self::assertStringContainsString('Maximum execution time', $fpm->log());
        $world->fault(['match' => ['path' => '/v1/tickets'], 'action' => ['delay_ms' => 40_000]]);
        $began = microtime(true);
        self::assertSame(500, $fpm->get('/?waiting=1')[1], 'the time limit, while a call waits');
        self::assertLessThan(20.0, microtime(true) - $began);
        $answer = json_decode($fpm->get('/')[0], true);
        self::assertSame([20, $worker], [$answer['items'], $answer['pid']], 'it is still the same worker');
        self::assertStringNotContainsString('SIGSEGV', $fpm->log());
    }

    /**
     * What was decoded when the memory limit struck is freed: pages of 1 MB. Engines that put the error off until
     * the call has returned leak nothing anyway.
     */
    public function testTheMemoryLimitLeaksNothing(): void
    {
        $tickets = World::tickets(20);
        foreach ($tickets as &$ticket) {
            $ticket['description'] = str_repeat('d', 50_000);
        }
        $world = new World(['conversations' => World::conversations(20), 'tickets' => $tickets]);
        $fpm = new Fpm($world->environment(), 1, 1000);
        $fails = static function (int $times) use ($fpm): array {
            for ($n = 0; $n < $times; $n++) {
                self::assertSame(500, $fpm->get('/?memory=1')[1]);
            }
            $answer = json_decode($fpm->get('/')[0], true);
            return [$answer['pid'], $answer['rss']];
        };
        // The allocator's own figure moves by some megabytes until it settles; a page each would be forty.
        [$worker, $before] = $fails(10);
        [$same, $after] = $fails(40);
        self::assertSame($worker, $same);
        self::assertLessThan(8 * 1024 * 1024, $after - $before);
        self::assertStringContainsString('Allowed memory size', $fpm->log());
    }

    /** Each request makes its objects anew; the guard in files knows what the one before has handled. */
    public function testAWebhookIsHandledOnce(): void
    {
        $secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
        $directory = sys_get_temp_dir() . '/zhifuyun-webhooks-' . bin2hex(random_bytes(6));
        $fpm = new Fpm(['ZHIFUYUN_WEBHOOK_SECRET' => $secret, 'WEBHOOKS' => $directory], 2, 1000);
        $body = '{"event":"ticket.created","data":{"ticket_id":"t1"}}';
        $headers = ['content-type: application/json'];
        foreach ((new Webhook($secret))->sign($body, id: 'msg_1') as $name => $value) {
            $headers[] = "$name: $value";
        }
        try {
            self::assertSame(['handled t1', 200], $fpm->get('/?webhook=1', $headers, $body));
            for ($n = 0; $n < 5; $n++) {
                self::assertSame(['', 200], $fpm->get('/?webhook=1', $headers, $body));
            }
            self::assertSame(['', 401], $fpm->get('/?webhook=1', $headers, '{"event":"x"}'));
        } finally {
            array_map('unlink', glob("$directory/*") ?: []);
            @rmdir($directory);
        }
    }

    /** @return iterable<string> */
    private function load(Fpm $fpm, int $requests): iterable
    {
        $multi = curl_multi_init();
        $left = $requests;
        for (; $left > $requests - 4; $left--) {
            curl_multi_add_handle($multi, $fpm->request('/'));
        }
        do {
            curl_multi_exec($multi, $running);
            while ($done = curl_multi_info_read($multi)) {
                yield (string) curl_multi_getcontent($done['handle']);
                curl_multi_remove_handle($multi, $done['handle']);
                if ($left-- > 0) {
                    curl_multi_add_handle($multi, $fpm->request('/'));
                    $running = 1;
                }
            }
            curl_multi_select($multi, 0.1);
        } while ($running > 0);
    }
}
