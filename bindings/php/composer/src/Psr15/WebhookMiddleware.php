<?php

declare(strict_types=1);

namespace Zhifuyun\Psr15;

use Psr\Http\Message\ResponseFactoryInterface;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Http\Server\MiddlewareInterface;
use Psr\Http\Server\RequestHandlerInterface;
use Zhifuyun\Webhooks;

/** Answers webhooks on one path and passes everything else on. */
final class WebhookMiddleware implements MiddlewareInterface
{
    public function __construct(
        private readonly Webhooks $webhooks,
        private readonly ResponseFactoryInterface $responses,
        private readonly string $path = '/zhifuyun',
    ) {
    }

    public function process(ServerRequestInterface $request, RequestHandlerInterface $handler): ResponseInterface
    {
        if ($request->getUri()->getPath() !== $this->path || $request->getMethod() !== 'POST') {
            return $handler->handle($request);
        }
        $status = $this->webhooks->handle($request->getHeaders(), (string) $request->getBody());
        return $this->responses->createResponse($status);
    }
}
