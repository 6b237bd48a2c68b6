<?php

// The extension zhifuyun for editors and analysers. Written by bin/stubs.

namespace Zhifuyun {
    enum Channel: string
    {
        case Web = 'web';
    }

    final class Client
    {
        public readonly \Zhifuyun\Conversations $conversations;
        public readonly \Zhifuyun\Tickets $tickets;
        public readonly \Zhifuyun\StatisticsResource $statistics;
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
        public function authenticate(?array $options = null): void {}
        public function quota(): \Zhifuyun\Quota {}
        public function close(): void {}
        public function __debugInfo(): array {}
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

    final class Conversation implements \JsonSerializable
    {
        public readonly string $id;
        public readonly ?string $userId;
        public readonly ?string $channel;
        public readonly ?string $status;
        public readonly ?\DateTimeImmutable $createdAt;
        public readonly ?\DateTimeImmutable $updatedAt;
        public readonly array $extra;
        public readonly ?\Zhifuyun\Meta $meta;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun {}
    }

    final class ConversationPayload implements \JsonSerializable
    {
        public readonly ?string $conversationId;
        public readonly ?string $userId;
        public readonly ?string $channel;
        public readonly ?string $status;
        public readonly ?\DateTimeImmutable $createdAt;
        public readonly ?\DateTimeImmutable $updatedAt;
        public readonly array $extra;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun {}
    }

    enum ConversationStatus: string
    {
        case Active = 'active';
        case Closed = 'closed';
    }

    final class Conversations
    {
        public function list(
            \Zhifuyun\ConversationStatus|string|null $status = null,
            \DateTimeInterface|string|null $startTime = null,
            \DateTimeInterface|string|null $endTime = null,
            ?int $page = null,
            ?int $limit = null,
            ?array $options = null
        ): \Zhifuyun\Page {}
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
        public function get(string $id, ?array $options = null): \Zhifuyun\Conversation {}
        public function getMany(array $ids, ?array $options = null): array {}
        public function create(
            ?string $userId = null,
            \Zhifuyun\Channel|string|null $channel = null,
            ?string $initialMessage = null,
            ?array $options = null
        ): \Zhifuyun\Conversation {}
        public function __construct() {}
    }

    final class Event implements \JsonSerializable
    {
        public readonly ?string $id;
        public readonly string $type;
        public readonly bool $known;
        public readonly ?\DateTimeImmutable $timestamp;
        public readonly ?\DateTimeImmutable $sentAt;
        public readonly mixed $data;
        public readonly array $extra;
        public readonly string $dedupeKey;
        public readonly string $raw;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun {}
    }

    enum GroupBy: string
    {
        case Day = 'day';
        case Week = 'week';
        case Month = 'month';
    }

    final class Iteration implements \Iterator
    {
        public function current(): mixed {}
        public function key(): int {}
        public function next(): void {}
        public function rewind(): void {}
        public function valid(): bool {}
        public function pages(): \Zhifuyun\Pages {}
        public function report(): \Zhifuyun\Report {}
        public function __construct() {}
    }

    final class MemoryReplayGuard implements \Zhifuyun\ReplayGuard
    {
        public function reserve(string $key): \Zhifuyun\Reservation {}
        public function __construct(int $capacity = 65536, float $ttl = 3600.0) {}
    }

    final class MemoryReservation implements \Zhifuyun\Reservation
    {
        public function commit(): void {}
        public function release(): void {}
        public function __construct() {}
    }

    final class Meta implements \JsonSerializable
    {
        public readonly int $httpStatus;
        public readonly ?int $code;
        public readonly ?string $requestId;
        public readonly int $attempts;
        public readonly float $waited;
        public readonly \Zhifuyun\Timing $timing;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun {}
    }

    final class Page implements \JsonSerializable, \IteratorAggregate, \Countable
    {
        public readonly array $items;
        public readonly ?int $total;
        public readonly int $page;
        public readonly int $limit;
        public readonly bool $hasNext;
        public readonly array $extra;
        public readonly \Zhifuyun\Meta $meta;
        public function jsonSerialize(): array {}
        public function getIterator(): \Traversable {}
        public function count(): int {}
        public static function __set_state(array $properties): \Zhifuyun {}
    }

    final class Pages implements \Iterator
    {
        public function current(): ?\Zhifuyun\Page {}
        public function key(): int {}
        public function next(): void {}
        public function rewind(): void {}
        public function valid(): bool {}
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

    final class Quota implements \JsonSerializable
    {
        public readonly int $used;
        public readonly ?int $limit;
        public readonly float $nextFree;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun {}
    }

    class ReplayGuard
    {
        public function reserve(string $key): \Zhifuyun\Reservation {}
    }

    final class Report implements \JsonSerializable
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
        public static function __set_state(array $properties): \Zhifuyun {}
    }

    class Reservation
    {
        public function commit(): void {}
        public function release(): void {}
    }

    final class Statistics implements \JsonSerializable
    {
        public readonly ?int $totalConversations;
        public readonly ?int $totalTickets;
        public readonly ?float $avgResponseTime;
        public readonly ?float $satisfactionRate;
        public readonly array $trends;
        public readonly array $extra;
        public readonly ?\Zhifuyun\Meta $meta;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun {}
    }

    final class StatisticsResource
    {
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

    final class Ticket implements \JsonSerializable
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
        public readonly array $extra;
        public readonly ?\Zhifuyun\Meta $meta;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun {}
    }

    final class TicketPayload implements \JsonSerializable
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
        public readonly array $extra;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun {}
    }

    enum TicketStatus: string
    {
        case Open = 'open';
        case Pending = 'pending';
        case Resolved = 'resolved';
        case Closed = 'closed';
    }

    final class Tickets
    {
        public function list(
            \Zhifuyun\TicketStatus|string|null $status = null,
            \Zhifuyun\Priority|string|null $priority = null,
            ?string $assigneeId = null,
            ?int $page = null,
            ?int $limit = null,
            ?array $options = null
        ): \Zhifuyun\Page {}
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
        public function create(
            ?string $title = null,
            ?string $description = null,
            \Zhifuyun\Priority|string|null $priority = null,
            ?string $customerEmail = null,
            ?array $options = null
        ): \Zhifuyun\Ticket {}
        public function update(
            string $id,
            \Zhifuyun\TicketStatus|string|null $status = null,
            ?string $comment = null,
            ?array $options = null
        ): \Zhifuyun\Ticket {}
        public function __construct() {}
    }

    final class Timing implements \JsonSerializable
    {
        public readonly float $total;
        public readonly float $queued;
        public readonly float $token;
        public readonly float $backoff;
        public readonly float $network;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun {}
    }

    final class Trend implements \JsonSerializable
    {
        public readonly ?string $date;
        public readonly ?int $conversations;
        public readonly ?int $tickets;
        public readonly array $extra;
        public function jsonSerialize(): array {}
        public static function __set_state(array $properties): \Zhifuyun {}
    }

    final class Webhook
    {
        public static function fromEnv(array|string|null $scheme = null, int|float|null $tolerance = null, ?int $maxBodyBytes = null): \Zhifuyun\Webhook {}
        public function verify(array $headers, string $body, \DateTimeInterface|int|float|null $now = null): \Zhifuyun\Event {}
        public function sign(string $body, ?string $id = null, \DateTimeInterface|int|float|null $timestamp = null): array {}
        public function __debugInfo(): array {}
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
        public readonly ?int $answerStatus;
        public function __construct(
            string $message = '',
            int $code = 0,
            ?\Throwable $previous = null,
            ?string $webhookReason = null
        ) {}
    }

    class ZhifuyunException extends \RuntimeException
    {
        public readonly string $kind;
        public readonly string $reason;
        public readonly string $detail;
        public readonly ?string $operation;
        public readonly ?string $argument;
        public readonly ?int $apiCode;
        public readonly ?int $httpStatus;
        public readonly ?string $requestId;
        public readonly ?float $retryAfter;
        public readonly int $attempts;
        public readonly bool $maybeApplied;
        public readonly ?string $webhookReason;
        public readonly array $fields;
        public readonly \Zhifuyun\Timing $timing;
        public readonly array $causes;
        public function __construct(string $message = '', int $code = 0, ?\Throwable $previous = null) {}
    }
}
