<?php

declare(strict_types=1);

namespace Zhifuyun\Contract;

use Zhifuyun\MemoryReplayGuard;
use Zhifuyun\Webhook;

/** The steps about webhooks. What was handled is remembered as long as the scenario. */
final class Hooks
{
    private const VERIFY = ['secrets', 'scheme', 'tolerance', 'max_body_bytes', 'headers', 'sign_as', 'delivery',
        'body', 'body_base64', 'now', 'handler'];
    private const SIGN = ['secrets', 'scheme', 'id', 'timestamp', 'body'];

    private MemoryReplayGuard $guard;

    public function __construct(private readonly string $control)
    {
        $this->guard = new MemoryReplayGuard();
    }

    private function webhook(object $spec): Webhook
    {
        $scheme = isset($spec->scheme) ? json_decode((string) json_encode($spec->scheme), true) : null;
        return new Webhook($spec->secrets, $scheme, $spec->tolerance ?? null, $spec->max_body_bytes ?? null);
    }

    public function verify(object $spec): object
    {
        Matching::keys('verify', $spec, self::VERIFY);
        $webhook = $this->webhook($spec);
        if (isset($spec->delivery)) {
            $received = Control::ask('GET', "$this->control/inbox")->received[$spec->delivery];
            [$spec->headers, $spec->body] = [(array) $received->headers, $received->body ?? ''];
            $spec->body_base64 = $received->body_base64 ?? null;
        }
        $body = isset($spec->body_base64) ? base64_decode($spec->body_base64) : $spec->body ?? '';
        $headers = isset($spec->sign_as) ? $webhook->sign($body, id: $spec->sign_as) : $spec->headers ?? [];
        $event = $webhook->verify($headers, $body, now: $spec->now ?? null);
        if (isset($spec->handler)) {
            $reservation = $this->guard->reserve($event->dedupeKey);
            match ($spec->handler) {
                'succeed' => $reservation->commit(),
                'fail' => $reservation->release(),
                'again' => $this->guard->reserve($event->dedupeKey),
                default => throw new Failed("unknown handler $spec->handler"),
            };
        }
        return (object) Project::plain($event);
    }

    public function sign(object $spec): object
    {
        Matching::keys('sign', $spec, self::SIGN);
        return (object) $this->webhook($spec)->sign($spec->body ?? '', $spec->id ?? '', $spec->timestamp ?? null);
    }
}
