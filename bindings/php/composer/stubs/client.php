<?php

// The extension zhifuyun for editors and analysers. Written by bin/stubs.

namespace Zhifuyun {
    /** A client of the API. Clients with equal options share connections, token and quota in their process. */
    final class Client
    {
        public readonly \Zhifuyun\Conversations $conversations;
        public readonly \Zhifuyun\Tickets $tickets;
        public readonly \Zhifuyun\StatisticsResource $statistics;
        /**
         * Takes ZHIFUYUN_CLIENT_ID, _CLIENT_SECRET, _BASE_URL and _PLAN. Arguments go first.
         * @param (callable(array<string, mixed>): mixed)|null $onEvent called after each call with what happened
         */
        public static function fromEnv(
            ?string $baseUrl = null,
            ?float $timeout = null,
            ?float $attemptTimeout = null,
            ?float $connectTimeout = null,
            ?int $maxRetries = null,
            ?float $maxRetryAfter = null,
            string|int|null $plan = null,
            ?string $onLimit = null,
            #[\SensitiveParameter] string|false|null $proxy = null,
            ?string $caBundle = null,
            ?string $userAgent = null,
            ?int $maxResponseBytes = null,
            ?float $poolIdleTimeout = null,
            ?bool $allowInsecure = null,
            ?string $timeZone = null,
            ?string $testClock = null,
            ?callable $onEvent = null
        ): \Zhifuyun\Client {}
        /**
         * Asks for a token now, to find out whether the credentials are good.
         * @param array{timeout?: float, maxRetries?: int}|null $options overrides for this call
         */
        public function authenticate(?array $options = null): void {}
        /** The quota as this process counts it. */
        public function quota(): \Zhifuyun\Quota {}
        /** Refuses further calls, and closes idle connections if no other client uses them. */
        public function close(): void {}
        public function __debugInfo(): array {}
        /**
         * Checks the options and sends nothing. Times are seconds.
         * @param string|int|null $plan "free", "enterprise", "auto", "off", or calls per minute
         * @param "wait"|"raise"|null $onLimit
         * @param string|false|null $proxy a URL, or false to ignore the environment
         * @param ?string $caBundle PEM text, or the path of a PEM file
         * @param (callable(array<string, mixed>): mixed)|null $onEvent called after each call with what happened
         */
        public function __construct(
            ?string $clientId = null,
            #[\SensitiveParameter] ?string $clientSecret = null,
            ?string $baseUrl = null,
            ?float $timeout = null,
            ?float $attemptTimeout = null,
            ?float $connectTimeout = null,
            ?int $maxRetries = null,
            ?float $maxRetryAfter = null,
            string|int|null $plan = null,
            ?string $onLimit = null,
            #[\SensitiveParameter] string|false|null $proxy = null,
            ?string $caBundle = null,
            ?string $userAgent = null,
            ?int $maxResponseBytes = null,
            ?float $poolIdleTimeout = null,
            ?bool $allowInsecure = null,
            ?string $timeZone = null,
            ?string $testClock = null,
            ?callable $onEvent = null
        ) {}
    }

    /** Conversations: list, iterate, read, create. */
    final class Conversations
    {
        /**
         * One page.
         * @param array{timeout?: float, maxRetries?: int}|null $options overrides for this call
         * @return Page<Conversation>
         */
        public function list(
            \Zhifuyun\ConversationStatus|string|null $status = null,
            \DateTimeInterface|string|null $startTime = null,
            \DateTimeInterface|string|null $endTime = null,
            ?int $page = null,
            ?int $limit = null,
            ?array $options = null
        ): \Zhifuyun\Page {}
        /**
         * All of them, page by page, for foreach.
         * @param "fast"|"strict"|null $consistency "strict" loses nothing while items are added
         * @param ?int $prefetch pages fetched ahead, 0 to 16
         * @param array{timeout?: float, maxRetries?: int}|null $options overrides for this call
         * @return Iteration<Conversation>
         */
        public function iterate(
            \Zhifuyun\ConversationStatus|string|null $status = null,
            \DateTimeInterface|string|null $startTime = null,
            \DateTimeInterface|string|null $endTime = null,
            ?int $page = null,
            ?int $limit = null,
            ?string $consistency = null,
            ?int $prefetch = null,
            ?int $maxItems = null,
            ?array $options = null
        ): \Zhifuyun\Iteration {}
        /**
         * One conversation.
         * @param array{timeout?: float, maxRetries?: int}|null $options overrides for this call
         */
        public function get(string $id, ?array $options = null): \Zhifuyun\Conversation {}
        /**
         * Several at once, paced by the plan, with the keys of their ids. The first failure ends all.
         * @template K of array-key
         * @param array<K, string> $ids
         * @param array{timeout?: float, maxRetries?: int}|null $options overrides for this call
         * @return array<K, Conversation>
         */
        public function getMany(array $ids, ?array $options = null): array {}
        /**
         * Begins a conversation.
         * @param array{timeout?: float, maxRetries?: int}|null $options overrides for this call
         */
        public function create(
            ?string $userId = null,
            \Zhifuyun\Channel|string|null $channel = null,
            ?string $initialMessage = null,
            ?array $options = null
        ): \Zhifuyun\Conversation {}
        public function __construct() {}
    }

    /**
     * All items of a list. A second foreach begins anew.
     * @template-covariant T of Conversation|Ticket
     * @implements \Iterator<int, T>
     */
    final class Iteration implements \Iterator
    {
        /** @return T|null null after the last */
        public function current(): mixed {}
        public function key(): int {}
        public function next(): void {}
        public function rewind(): void {}
        public function valid(): bool {}
        /**
         * The same walk, page by page.
         * @return Pages<T>
         */
        public function pages(): \Zhifuyun\Pages {}
        /** What was seen up to the last page. */
        public function report(): \Zhifuyun\Report {}
        public function __construct() {}
    }

    /** Remembers handled webhooks as long as the object lives: for programs that serve many requests. */
    final class MemoryReplayGuard implements \Zhifuyun\ReplayGuard
    {
        public function reserve(string $key): \Zhifuyun\Reservation {}
        /** So many webhooks, each for `ttl` seconds. */
        public function __construct(int $capacity = 65536, float $ttl = 3600.0) {}
    }

    final class MemoryReservation implements \Zhifuyun\Reservation
    {
        public function commit(): void {}
        public function release(): void {}
        public function __construct() {}
    }

    /**
     * A list, page by page.
     * @template-covariant T of Conversation|Ticket
     * @implements \Iterator<int, Page<T>>
     */
    final class Pages implements \Iterator
    {
        /** @return Page<T>|null null after the last */
        public function current(): ?\Zhifuyun\Page {}
        public function key(): int {}
        public function next(): void {}
        public function rewind(): void {}
        public function valid(): bool {}
        /** What was seen up to the last page. */
        public function report(): \Zhifuyun\Report {}
        public function __construct() {}
    }

    /** Remembers which webhooks were handled. */
    interface ReplayGuard
    {
        /**
         * Reserves a key, usually the `dedupeKey` of an event.
         * @throws Exception\WebhookVerificationException with the `webhookReason` "in_flight" or "replayed"
         */
        public function reserve(string $key): \Zhifuyun\Reservation;
    }

    /** A webhook that is the caller's to handle. Losing it lets the sender's next attempt in. */
    interface Reservation
    {
        /** It was handled. */
        public function commit(): void;
        /** It was not handled: let the next attempt in. */
        public function release(): void;
    }

    /** Numbers over a period. */
    final class StatisticsResource
    {
        /**
         * The numbers of one kind.
         * @param array{timeout?: float, maxRetries?: int}|null $options overrides for this call
         */
        public function get(
            \Zhifuyun\StatisticsType|string|null $type = null,
            \DateTimeInterface|string|null $startDate = null,
            \DateTimeInterface|string|null $endDate = null,
            \Zhifuyun\GroupBy|string|null $groupBy = null,
            ?array $options = null
        ): \Zhifuyun\Statistics {}
        public function __construct() {}
    }

    /** Tickets: list, iterate, create, update. */
    final class Tickets
    {
        /**
         * One page.
         * @param array{timeout?: float, maxRetries?: int}|null $options overrides for this call
         * @return Page<Ticket>
         */
        public function list(
            \Zhifuyun\TicketStatus|string|null $status = null,
            \Zhifuyun\Priority|string|null $priority = null,
            ?string $assigneeId = null,
            ?int $page = null,
            ?int $limit = null,
            ?array $options = null
        ): \Zhifuyun\Page {}
        /**
         * All of them, page by page, for foreach.
         * @param "fast"|"strict"|null $consistency "strict" loses nothing while items are added
         * @param ?int $prefetch pages fetched ahead, 0 to 16
         * @param array{timeout?: float, maxRetries?: int}|null $options overrides for this call
         * @return Iteration<Ticket>
         */
        public function iterate(
            \Zhifuyun\TicketStatus|string|null $status = null,
            \Zhifuyun\Priority|string|null $priority = null,
            ?string $assigneeId = null,
            ?int $page = null,
            ?int $limit = null,
            ?string $consistency = null,
            ?int $prefetch = null,
            ?int $maxItems = null,
            ?array $options = null
        ): \Zhifuyun\Iteration {}
        /**
         * Opens a ticket.
         * @param array{timeout?: float, maxRetries?: int}|null $options overrides for this call
         */
        public function create(
            ?string $title = null,
            ?string $description = null,
            \Zhifuyun\Priority|string|null $priority = null,
            ?string $customerEmail = null,
            ?array $options = null
        ): \Zhifuyun\Ticket {}
        /**
         * Changes a ticket.
         * @param array{timeout?: float, maxRetries?: int}|null $options overrides for this call
         */
        public function update(
            string $id,
            \Zhifuyun\TicketStatus|string|null $status = null,
            ?string $comment = null,
            ?array $options = null
        ): \Zhifuyun\Ticket {}
        public function __construct() {}
    }

    /** Verifies webhooks and signs them. */
    final class Webhook
    {
        /**
         * With the secret in ZHIFUYUN_WEBHOOK_SECRET; several are separated by commas or white space.
         * @param array<string, mixed>|string|null $scheme
         */
        public static function fromEnv(array|string|null $scheme = null, int|float|null $tolerance = null, ?int $maxBodyBytes = null): \Zhifuyun\Webhook {}
        /**
         * Checks a webhook and reads its event.
         * @param array<array-key, mixed> $headers `$_SERVER`, `getallheaders()`, or the headers of PSR-7
         * @param string $body the bytes as they arrived
         * @throws Exception\WebhookVerificationException
         */
        public function verify(array $headers, string $body, \DateTimeInterface|int|float|null $now = null): \Zhifuyun\Event {}
        /**
         * The headers that a sender writes.
         * @return array<string, string>
         */
        public function sign(string $body, ?string $id = null, \DateTimeInterface|int|float|null $timestamp = null): array {}
        public function __debugInfo(): array {}
        /**
         * @param list<string>|string $secrets several while one is being replaced
         * @param array<string, mixed>|string|null $scheme "standard", or how the sender signs
         */
        public function __construct(
            #[\SensitiveParameter] array|string $secrets,
            array|string|null $scheme = null,
            int|float|null $tolerance = null,
            ?int $maxBodyBytes = null
        ) {}
    }
}
