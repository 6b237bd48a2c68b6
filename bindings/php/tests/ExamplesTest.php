<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use PHPUnit\Framework\TestCase;
use Zhifuyun\Webhook;

/** The examples do what they say. */
final class ExamplesTest extends TestCase
{
    private const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

    public function testTicketsToCsv(): void
    {
        $tickets = World::tickets(12);
        $tickets[0]['title'] = '=1+1 "\\" 价格';
        $out = $this->runExample('tickets-to-csv', new World(['tickets' => $tickets]));
        self::assertStringStartsWith("id,title,status,priority,assigneeId,customerEmail,createdAt,updatedAt\n", $out);
        self::assertSame(13, substr_count($out, "\n"));
        self::assertStringContainsString("\nticket_1,\"'=1+1 \"\"\\\"\" 价格\",open,", $out);
    }

    public function testStatistics(): void
    {
        $out = $this->runExample('statistics', new World(['tickets' => World::tickets(12)]));
        self::assertStringContainsString('12 tickets', $out);
        self::assertStringContainsString('█', $out);
    }

    public function testWebhook(): void
    {
        // Somebody may take the port before the server does: then it ends, and another one is tried.
        do {
            $listener = stream_socket_server('tcp://127.0.0.1:0');
            $address = (string) stream_socket_get_name($listener, false);
            fclose($listener);
            $log = (string) tempnam(sys_get_temp_dir(), 'zhifuyun-example-');
            $server = proc_open(
                $this->command('webhook', ['-S', $address]),
                [['null'], ['file', '/dev/null', 'w'], ['file', $log, 'w']],
                $pipes,
                null,
                ['ZHIFUYUN_WEBHOOK_SECRET' => self::SECRET]
            );
            for ($end = microtime(true) + 30; proc_get_status($server)['running'];) {
                if (@fsockopen("tcp://$address") !== false) {
                    break 2;
                }
                microtime(true) < $end || self::fail('the server does not answer: ' . file_get_contents($log));
                usleep(50_000);
            }
        } while (true);
        self::assertIsResource($server);
        try {
            $body = '{"event":"ticket.created","data":{"ticket_id":"t1","title":"价格"}}';
            $headers = '';
            foreach ((new Webhook(self::SECRET))->sign($body, id: 'msg_1') as $name => $value) {
                $headers .= "$name: $value\r\n";
            }
            self::assertSame("ticket t1: 价格\n", $this->post("http://$address/", $headers, $body));
            $this->post("http://$address/", $headers, '{}');
        } finally {
            proc_terminate($server);
            proc_close($server);
            unlink($log);
        }
    }

    private function post(string $url, string $headers, string $body): string
    {
        $headers .= "content-type: application/json\r\n";
        $http = ['method' => 'POST', 'header' => $headers, 'content' => $body, 'ignore_errors' => true];
        return (string) file_get_contents($url, context: stream_context_create(['http' => $http]));
    }

    private function runExample(string $name, World $world): string
    {
        $process = proc_open(
            $this->command($name),
            [1 => ['pipe', 'w'], 2 => ['pipe', 'w']],
            $pipes,
            null,
            $world->environment()
        );
        self::assertIsResource($process);
        $out = (string) stream_get_contents($pipes[1]);
        $errors = (string) stream_get_contents($pipes[2]);
        self::assertSame(0, proc_close($process), $errors);
        return $out;
    }

    /**
     * @param list<string> $options
     * @return list<string>
     */
    private function command(string $name, array $options = []): array
    {
        $extension = 'extension=' . getenv('ZHIFUYUN_EXTENSION');
        return [PHP_BINARY, '-n', '-d', $extension, ...$options, dirname(__DIR__, 3) . "/examples/php/$name.php"];
    }
}
