<?php

declare(strict_types=1);

// A webhook endpoint without a framework: php -S 127.0.0.1:8080 webhook.php
// Laravel, Symfony and PSR-15 have adapters in the package zhifuyun/sdk.

use Zhifuyun\Exception\WebhookVerificationException;
use Zhifuyun\Webhook;

try {
    $event = Webhook::fromEnv()->verify($_SERVER, (string) file_get_contents('php://input'));
} catch (WebhookVerificationException $e) {
    error_log($e->getMessage());
    http_response_code($e->answerStatus ?? 400);
    return;
}
echo match ($event->type) {
    'ticket.created' => "ticket {$event->data->ticketId}: {$event->data->title}\n",
    default => "$event->type\n",
};
