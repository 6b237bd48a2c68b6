--TEST--
A webhook is verified without any network, and refused with a reason
--EXTENSIONS--
zhifuyun
--FILE--
<?php
$webhook = new Zhifuyun\Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
$body = '{"event":"ticket.created","timestamp":"2024-01-01T10:00:00Z","data":{"ticket_id":"t1"}}';
$headers = $webhook->sign($body, id: 'msg_1', timestamp: 1704103200);
echo implode(' ', array_keys($headers)), "\n";
$event = $webhook->verify($headers, $body, now: 1704103201);
echo $event->type, ' ', $event->data->ticketId, ' ', $event->timestamp->format(DATE_ATOM), "\n";
try {
    $webhook->verify($headers, '{}', now: 1704103201);
} catch (Zhifuyun\Exception\WebhookVerificationException $e) {
    echo $e->webhookReason, ' ', $e->answerStatus, "\n";
}
?>
--EXPECT--
webhook-id webhook-timestamp webhook-signature
ticket.created t1 2024-01-01T10:00:00+00:00
signature_mismatch 401
