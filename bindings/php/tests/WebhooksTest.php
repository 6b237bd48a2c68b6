<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use PHPUnit\Framework\TestCase;
use Zhifuyun\Event;
use Zhifuyun\Exception\WebhookVerificationException;
use Zhifuyun\FileReplayGuard;
use Zhifuyun\MemoryReplayGuard;
use Zhifuyun\ReplayGuard;
use Zhifuyun\Reservation;
use Zhifuyun\TicketPayload;
use Zhifuyun\Webhook;
use Zhifuyun\Webhooks;

/** Webhooks as PHP meets them. */
final class WebhooksTest extends TestCase
{
    private const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    private const BODY = '{"event":"ticket.created","data":{"ticket_id":"t1","title":""}}';

    public function testHeadersInAllShapes(): void
    {
        $webhook = new Webhook(self::SECRET);
        $plain = $webhook->sign(self::BODY, id: 'msg_1');
        $server = ['REQUEST_TIME' => 1, 'argv' => []];
        foreach ($plain as $name => $value) {
            $server['HTTP_' . strtoupper(strtr($name, '-', '_'))] = $value;
        }
        $psr7 = array_map(static fn (string $value): array => [$value], $plain);
        $pairs = array_map(null, array_keys($plain), array_values($plain));
        foreach ([$plain, $server, $psr7, $pairs] as $headers) {
            $event = $webhook->verify($headers, self::BODY);
            self::assertInstanceOf(TicketPayload::class, $event->data);
            self::assertSame(['t1', ''], [$event->data->ticketId, $event->data->title]);
        }
    }

    public function testAParsedBodyIsNone(): void
    {
        foreach ([json_decode(self::BODY), json_decode(self::BODY, true), null] as $parsed) {
            try {
                (new Webhook(self::SECRET))->verify([], $parsed);
                self::fail('it was taken');
            } catch (WebhookVerificationException $e) {
                self::assertSame('body_not_raw', $e->webhookReason);
            }
        }
    }

    /** Times are made without PHP's parser, and are the same as if by it. */
    public function testTimesAreThoseOfPhp(): void
    {
        $webhook = new Webhook(self::SECRET);
        $texts = ['2024-01-01T10:00:00Z', '1970-01-01T00:00:00Z', '1969-12-31T23:59:59.5Z', '0001-01-01T00:00:00Z',
            '2024-02-29T12:34:56.123456Z', '9999-12-31T23:59:59.999999Z', '2016-12-31T23:59:60Z', '2024-07-01T08:00:00+08:00'];
        $shanghai = new \DateTimeZone('Asia/Shanghai');
        foreach ($texts as $text) {
            $body = '{"event":"ticket.created","timestamp":"' . $text . '","data":{"ticket_id":"t1"}}';
            $time = $webhook->verify($webhook->sign($body, id: 'm'), $body)->timestamp;
            $same = (new \DateTimeImmutable($text))->setTimezone(new \DateTimeZone('+00:00'));
            foreach ([[$time, $same], [clone $time, $same], [unserialize(serialize($time)), $same]] as [$ours, $theirs]) {
                self::assertSame(serialize($theirs), serialize($ours));
                self::assertSame($theirs->format('c u U N z e T P'), $ours->format('c u U N z e T P'));
                self::assertTrue($ours == $theirs && $ours <= $theirs && !($ours < $theirs));
                self::assertSame('+0 0', $ours->diff($theirs)->format('%R%a %s'));
                $later = static fn (\DateTimeImmutable $t): string => $t->modify('last monday of next month 03:00')->format('c');
                self::assertSame($later($theirs), $later($ours));
                self::assertSame($theirs->setTimezone($shanghai)->format('c T'), $ours->setTimezone($shanghai)->format('c T'));
            }
        }
    }

    public function testRefused(): void
    {
        $webhook = new Webhook([self::SECRET]);
        $headers = $webhook->sign(self::BODY, id: 'msg_1', timestamp: new \DateTimeImmutable('-1 hour'));
        try {
            $webhook->verify($headers, self::BODY);
            self::fail();
        } catch (WebhookVerificationException $e) {
            self::assertSame('webhook_verification', $e->kind);
            self::assertNotNull($e->webhookReason);
        }
        self::assertSame('msg_1', $webhook->verify($headers, self::BODY, now: new \DateTimeImmutable('-1 hour'))->id);
        $this->expectException(WebhookVerificationException::class);
        $webhook->verify($headers, json_decode(self::BODY));
    }

    public function testHandledOnce(): void
    {
        $webhook = new Webhook(self::SECRET);
        $seen = [];
        $hooks = (new Webhooks($webhook, new MemoryReplayGuard()))
            ->on('ticket.created', function (Event $event) use (&$seen): void {
                $seen[] = $event->id;
                count($seen) > 1 || throw new \LogicException('the first time it fails');
            });
        $headers = $webhook->sign(self::BODY, id: 'msg_1');
        try {
            $hooks->handle($headers, self::BODY);
            self::fail();
        } catch (\LogicException) {
            self::assertSame(200, $hooks->handle($headers, self::BODY));
        }
        self::assertSame(200, $hooks->handle($headers, self::BODY));
        self::assertCount(2, $seen);
        self::assertSame(401, $hooks->handle($headers, '{}'));
        self::assertSame(400, $hooks->handle([], '{}'));
    }

    /** Guards in files: one object is one process, because locks belong to open files. */
    public function testFileReplayGuard(): void
    {
        $directory = sys_get_temp_dir() . '/zhifuyun-guard-' . bin2hex(random_bytes(6));
        $guards = [new FileReplayGuard($directory), new FileReplayGuard($directory)];
        $why = static function (int $guard) use ($guards): ?string {
            try {
                $guards[$guard]->reserve('a/../b');
                return null;
            } catch (WebhookVerificationException $e) {
                return "$e->webhookReason $e->answerStatus";
            }
        };
        try {
            $held = $guards[0]->reserve('a/../b');
            self::assertSame('in_flight 409', $why(1));
            if (($pid = pcntl_fork()) === 0) {
                $held = null;
                posix_kill((int) getmypid(), SIGKILL);
            }
            pcntl_waitpid($pid, $status);
            self::assertSame('in_flight 409', $why(1), 'a child gives nothing back');
            $held->release();
            self::assertNull($why(1), 'released');
            self::assertNull($why(0), 'given back with the object');
            $guards[0]->reserve('a/../b')->commit();
            self::assertSame(['replayed 200', 'replayed 200'], [$why(0), $why(1)]);
            [$file] = glob("$directory/*");
            touch($file, time() - 4000);
            self::assertNull($why(1), 'forgotten after its time');

            $pid = pcntl_fork();
            if ($pid === 0) {
                $guards[0]->reserve('a/../b');
                posix_kill((int) getmypid(), SIGKILL);
            }
            pcntl_waitpid($pid, $status);
            self::assertNull($why(1), 'a process that died holds nothing');
            $this->expectException(\LogicException::class);
            $held->commit();
        } finally {
            array_map('unlink', glob("$directory/*") ?: []);
            rmdir($directory);
        }
    }

    /** The guard removes its own old files and nothing else, whatever lies in its directory. */
    public function testSweeping(): void
    {
        $directory = sys_get_temp_dir() . '/zhifuyun-guard-' . bin2hex(random_bytes(6));
        $guard = new FileReplayGuard($directory);
        $guard->reserve('old')->commit();
        $guard->reserve('new')->commit();
        $old = hash('sha256', 'old');
        touch("$directory/notes.txt", time() - 4000);
        touch("$directory/$old", time() - 4000);
        $folder = hash('sha256', 'folder');
        foreach (['folder', $folder] as $name) {
            mkdir("$directory/$name");
            touch("$directory/$name", time() - 4000);
        }
        try {
            (new \ReflectionMethod($guard, 'sweep'))->invoke($guard);
            $expected = ['folder', $folder, hash('sha256', 'new'), 'notes.txt'];
            self::assertEqualsCanonicalizing($expected, array_diff(scandir($directory), ['.', '..']));
        } finally {
            exec('rm -rf ' . escapeshellarg($directory));
        }
    }

    /** A guard of one's own needs two methods and an exception. */
    public function testAGuardOfOnesOwn(): void
    {
        $guard = new class implements ReplayGuard, Reservation {
            /** @var list<string> */
            public array $steps = [];

            public function reserve(string $key): Reservation
            {
                $this->steps[] = $key;
                count($this->steps) < 2 || throw new WebhookVerificationException('again', webhookReason: 'replayed');
                return $this;
            }

            public function commit(): void
            {
                $this->steps[] = 'commit';
            }

            public function release(): void
            {
                $this->steps[] = 'release';
            }
        };
        $webhook = new Webhook(self::SECRET);
        $headers = $webhook->sign(self::BODY, id: 'm');
        $hooks = new Webhooks($webhook, $guard);
        self::assertSame([200, 200], [$hooks->handle($headers, self::BODY), $hooks->handle($headers, self::BODY)]);
        self::assertSame(['m', 'commit', 'm'], $guard->steps);
        $e = new WebhookVerificationException('late', webhookReason: 'timestamp_too_old');
        self::assertSame(['webhook_verification', 401], [$e->kind, $e->answerStatus]);
    }

    public function testSecretsOfTheEnvironment(): void
    {
        $other = 'whsec_' . base64_encode(str_repeat('o', 24));
        foreach ([', ', ' ', "\n", ',,'] as $between) {
            putenv('ZHIFUYUN_WEBHOOK_SECRET=' . $other . $between . self::SECRET);
            $webhook = Webhook::fromEnv();
            $signed = (new Webhook(self::SECRET))->sign(self::BODY, id: 'm');
            self::assertSame('m', $webhook->verify($signed, self::BODY)->id);
        }
        putenv('ZHIFUYUN_WEBHOOK_SECRET');
    }

    public function testSecretsStayInside(): void
    {
        self::assertStringNotContainsString('MfKQ', print_r(new Webhook(self::SECRET), true));
    }
}
