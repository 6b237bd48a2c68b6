<?php

// The extension zhifuyun for editors and analysers. Written by bin/stubs.

namespace Zhifuyun {
    enum Channel: string
    {
        case Web = 'web';
    }

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

    /** A conversation. */
    final readonly class Conversation implements \JsonSerializable
    {
        public readonly string $id;
        public readonly ?string $userId;
        public readonly ?string $channel;
        public readonly ?string $status;
        public readonly ?\DateTimeImmutable $createdAt;
        public readonly ?\DateTimeImmutable $updatedAt;
        /** @var array<string, mixed> What the server sent beyond the fields beside it. */
        public readonly array $extra;
        public readonly ?\Zhifuyun\Meta $meta;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun\Conversation {}
    }

    /** What an event tells about a conversation. */
    final readonly class ConversationPayload implements \JsonSerializable
    {
        public readonly ?string $conversationId;
        public readonly ?string $userId;
        public readonly ?string $channel;
        public readonly ?string $status;
        public readonly ?\DateTimeImmutable $createdAt;
        public readonly ?\DateTimeImmutable $updatedAt;
        /** @var array<string, mixed> What the server sent beyond the fields beside it. */
        public readonly array $extra;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun\ConversationPayload {}
    }

    enum ConversationStatus: string
    {
        case Active = 'active';
        case Closed = 'closed';
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

    /** A webhook that was verified. */
    final readonly class Event implements \JsonSerializable
    {
        public readonly ?string $id;
        public readonly string $type;
        public readonly bool $known;
        public readonly ?\DateTimeImmutable $timestamp;
        public readonly ?\DateTimeImmutable $sentAt;
        /** @var ConversationPayload|TicketPayload|mixed A payload if the type is known. */
        public readonly mixed $data;
        /** @var array<string, mixed> What the server sent beyond the fields beside it. */
        public readonly array $extra;
        /** @var string The same for every attempt of the sender. */
        public readonly string $dedupeKey;
        public readonly string $raw;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun\Event {}
    }

    enum GroupBy: string
    {
        case Day = 'day';
        case Week = 'week';
        case Month = 'month';
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

    /** What is known about an answer. */
    final readonly class Meta implements \JsonSerializable
    {
        public readonly int $httpStatus;
        public readonly ?int $code;
        public readonly ?string $requestId;
        public readonly int $attempts;
        /** @var float Seconds before the first request: in the queue and for a token. */
        public readonly float $waited;
        public readonly \Zhifuyun\Timing $timing;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun\Meta {}
    }

    /**
     * One page of a list.
     * @template-covariant T of Conversation|Ticket
     * @implements \IteratorAggregate<int, T>
     */
    final readonly class Page implements \JsonSerializable, \IteratorAggregate, \Countable
    {
        /** @var list<T> */
        public readonly array $items;
        /** @var ?int How many there are in all, if the server says so. */
        public readonly ?int $total;
        public readonly int $page;
        public readonly int $limit;
        public readonly bool $hasNext;
        /** @var array<string, mixed> What the server sent beyond the fields beside it. */
        public readonly array $extra;
        public readonly \Zhifuyun\Meta $meta;
        public function jsonSerialize(): array {}
        /** @return \ArrayIterator<int, T> */
        public function getIterator(): \Traversable {}
        public function count(): int {}
        public static function __set_state(array $properties): \Zhifuyun\Page {}
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

    enum Priority: string
    {
        case Low = 'low';
        case Medium = 'medium';
        case High = 'high';
        case Urgent = 'urgent';
    }

    /** The quota as this process counts it. */
    final readonly class Quota implements \JsonSerializable
    {
        public readonly int $used;
        /** @var ?int Calls per minute; null if nobody knows. */
        public readonly ?int $limit;
        /** @var float Seconds until the next call may leave. */
        public readonly float $nextFree;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun\Quota {}
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

    /** What an iteration has seen. */
    final readonly class Report implements \JsonSerializable
    {
        public readonly int $requests;
        public readonly int $pages;
        public readonly int $items;
        public readonly int $duplicates;
        public readonly ?int $firstTotal;
        public readonly ?int $lastTotal;
        public readonly bool $totalChanged;
        public readonly int $passes;
        public readonly bool $complete;
        public readonly string $stoppedBy;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun\Report {}
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
    final readonly class Statistics implements \JsonSerializable
    {
        public readonly ?int $totalConversations;
        public readonly ?int $totalTickets;
        public readonly ?float $avgResponseTime;
        public readonly ?float $satisfactionRate;
        /** @var list<Trend> */
        public readonly array $trends;
        /** @var array<string, mixed> What the server sent beyond the fields beside it. */
        public readonly array $extra;
        public readonly ?\Zhifuyun\Meta $meta;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun\Statistics {}
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

    enum StatisticsType: string
    {
        case Conversation = 'conversation';
        case Ticket = 'ticket';
        case Satisfaction = 'satisfaction';
    }

    /** A ticket. */
    final readonly class Ticket implements \JsonSerializable
    {
        public readonly string $id;
        public readonly ?string $title;
        public readonly ?string $description;
        public readonly ?string $status;
        public readonly ?string $priority;
        public readonly ?string $assigneeId;
        public readonly ?string $customerEmail;
        public readonly ?\DateTimeImmutable $createdAt;
        public readonly ?\DateTimeImmutable $updatedAt;
        /** @var array<string, mixed> What the server sent beyond the fields beside it. */
        public readonly array $extra;
        public readonly ?\Zhifuyun\Meta $meta;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun\Ticket {}
    }

    /** What an event tells about a ticket. */
    final readonly class TicketPayload implements \JsonSerializable
    {
        public readonly ?string $ticketId;
        public readonly ?string $title;
        public readonly ?string $description;
        public readonly ?string $status;
        public readonly ?string $priority;
        public readonly ?string $assigneeId;
        public readonly ?string $customerEmail;
        public readonly ?\DateTimeImmutable $createdAt;
        public readonly ?\DateTimeImmutable $updatedAt;
        /** @var array<string, mixed> What the server sent beyond the fields beside it. */
        public readonly array $extra;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun\TicketPayload {}
    }

    enum TicketStatus: string
    {
        case Open = 'open';
        case Pending = 'pending';
        case Resolved = 'resolved';
        case Closed = 'closed';
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

    /** Where the time of a call went, in seconds. */
    final readonly class Timing implements \JsonSerializable
    {
        public readonly float $total;
        public readonly float $queued;
        public readonly float $token;
        public readonly float $backoff;
        public readonly float $network;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun\Timing {}
    }

    /** One step of a trend. */
    final readonly class Trend implements \JsonSerializable
    {
        /** @var ?string YYYY-MM-DD */
        public readonly ?string $date;
        public readonly ?int $conversations;
        public readonly ?int $tickets;
        /** @var array<string, mixed> What the server sent beyond the fields beside it. */
        public readonly array $extra;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun\Trend {}
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

namespace Zhifuyun\Exception {
    class ApiException extends \Zhifuyun\Exception\ZhifuyunException
    {
    }

    class AuthenticationException extends \Zhifuyun\Exception\ApiException
    {
    }

    class BadRequestException extends \Zhifuyun\Exception\ApiException
    {
    }

    class ClosedException extends \Zhifuyun\Exception\ZhifuyunException
    {
    }

    class ConfigException extends \Zhifuyun\Exception\ZhifuyunException
    {
    }

    class ConnectionException extends \Zhifuyun\Exception\ZhifuyunException
    {
    }

    class DecodeException extends \Zhifuyun\Exception\ZhifuyunException
    {
    }

    class InternalException extends \Zhifuyun\Exception\ZhifuyunException
    {
    }

    class InterruptedException extends \Zhifuyun\Exception\ZhifuyunException
    {
    }

    class InvalidArgumentException extends \Zhifuyun\Exception\ZhifuyunException
    {
    }

    class NotFoundException extends \Zhifuyun\Exception\ApiException
    {
    }

    class PermissionDeniedException extends \Zhifuyun\Exception\ApiException
    {
    }

    class RateLimitException extends \Zhifuyun\Exception\ApiException
    {
    }

    class ServerException extends \Zhifuyun\Exception\ApiException
    {
    }

    class TimeoutException extends \Zhifuyun\Exception\ZhifuyunException
    {
    }

    class WebhookVerificationException extends \Zhifuyun\Exception\ZhifuyunException
    {
        /** @var ?int The HTTP status to answer with. */
        public readonly ?int $answerStatus;
        public function __construct(
            string $message = '',
            int $code = 0,
            ?\Throwable $previous = null,
            ?string $webhookReason = null
        ) {}
    }

    /** What every error of this extension is. */
    class ZhifuyunException extends \RuntimeException
    {
        public readonly string $kind;
        public readonly string $reason;
        /** @var string The sentence of the message alone. */
        public readonly string $detail;
        public readonly ?string $operation;
        public readonly ?string $argument;
        public readonly ?int $apiCode;
        public readonly ?int $httpStatus;
        public readonly ?string $requestId;
        /** @var ?float Seconds to wait. */
        public readonly ?float $retryAfter;
        public readonly int $attempts;
        /** @var bool A write may have happened: look before you repeat it. */
        public readonly bool $maybeApplied;
        public readonly ?string $webhookReason;
        /** @var list<array{field: string, message: string}> */
        public readonly array $fields;
        public readonly \Zhifuyun\Timing $timing;
        /** @var list<string> */
        public readonly array $causes;
        public function __construct(string $message = '', int $code = 0, ?\Throwable $previous = null) {}
    }
}
