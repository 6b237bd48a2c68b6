<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use PHPUnit\Framework\TestCase;
use Zhifuyun\Event;
use Zhifuyun\Exception\WebhookVerificationException;
use Zhifuyun\MemoryReplayGuard;
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
        self::assertSame(400, $hooks->handle($headers, '{}'));
    }

    public function testSecretsStayInside(): void
    {
        self::assertStringNotContainsString('MfKQ', print_r(new Webhook(self::SECRET), true));
    }
}
