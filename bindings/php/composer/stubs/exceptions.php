<?php

// The extension zhifuyun for editors and analysers. Written by bin/stubs.

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
        /** @var bool The same call has a fair chance later. */
        public readonly bool $isTransient;
        public readonly ?string $webhookReason;
        /** @var list<array{field: string, message: string}> */
        public readonly array $fields;
        public readonly \Zhifuyun\Timing $timing;
        /** @var list<string> */
        public readonly array $causes;
        public function __construct(string $message = '', int $code = 0, ?\Throwable $previous = null) {}
    }
}
