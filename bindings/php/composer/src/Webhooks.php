<?php

declare(strict_types=1);

namespace Zhifuyun;

use Zhifuyun\Exception\WebhookVerificationException;

/**
 * Handlers by type of event. With a guard, each event is handled once.
 *
 *     $hooks = (new Webhooks(Webhook::fromEnv(), new FileReplayGuard('/var/lib/app/webhooks')))
 *         ->on('ticket.created', fn (Event $event) => error_log($event->data->ticketId))
 *         ->fallback(fn (Event $event) => null);
 *     http_response_code($hooks->handle($_SERVER, (string) file_get_contents('php://input')));
 */
final class Webhooks
{
    /** @var array<string, \Closure(Event): mixed> */
    private array $handlers = [];
    /** @var ?\Closure(Event): mixed */
    private ?\Closure $fallback = null;

    /**
     * Without a guard an event that the sender repeats is handled again. The guard must outlive the request: in
     * php-fpm a `FileReplayGuard`, in Laravel its cache. A `MemoryReplayGuard` knows only what one long-lived process
     * has handled.
     */
    public function __construct(private readonly Webhook $webhook, private readonly ?ReplayGuard $guard = null)
    {
    }

    /** Handles events of a type. */
    public function on(string $type, callable $handler): self
    {
        $this->handlers[$type] = $handler(...);
        return $this;
    }

    /** Handles all other events. */
    public function fallback(callable $handler): self
    {
        $this->fallback = $handler(...);
        return $this;
    }

    /**
     * Verifies and handles; returns the HTTP status to answer with. What a handler throws passes through, and the
     * sender's next attempt is let in.
     *
     * @param array<mixed> $headers `$_SERVER`, `getallheaders()` or the headers of PSR-7
     */
    public function handle(array $headers, string $body): int
    {
        try {
            $event = $this->webhook->verify($headers, $body);
            $reservation = $this->guard?->reserve($event->dedupeKey);
        } catch (WebhookVerificationException $e) {
            return $e->answerStatus ?? 400;
        }
        try {
            $handler = $this->handlers[$event->type] ?? $this->fallback;
            $handler === null || $handler($event);
        } catch (\Throwable $e) {
            self::end(static fn () => $reservation?->release());
            throw $e;
        }
        self::end(static fn () => $reservation?->commit());
        return 200;
    }

    /** Whether the guard takes note or not, what the handler did stands. */
    private static function end(\Closure $step): void
    {
        try {
            $step();
        } catch (\Throwable $e) {
            error_log('zhifuyun: the replay guard did not take note of a webhook: ' . $e->getMessage());
        }
    }
}
