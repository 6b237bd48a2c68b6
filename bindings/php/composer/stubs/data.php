<?php

// The extension zhifuyun for editors and analysers. Written by bin/stubs.

namespace Zhifuyun {
    enum Channel: string
    {
        case Web = 'web';
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
}
