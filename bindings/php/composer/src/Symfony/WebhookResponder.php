<?php

declare(strict_types=1);

namespace Zhifuyun\Symfony;

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Zhifuyun\Webhooks;

/** For a controller: `return $responder->respond($request);` */
final class WebhookResponder
{
    public function __construct(private readonly Webhooks $webhooks)
    {
    }

    public function respond(Request $request): Response
    {
        return new Response('', $this->webhooks->handle($request->headers->all(), $request->getContent()));
    }
}
