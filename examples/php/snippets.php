<?php

// The PHP snippets of the documentation. Each anchor is shown as it stands; the tests run all of them:
// `snippets.php CA_FILE NAME_OF_AN_EXCEPTION...`

use Zhifuyun\Client;
use Zhifuyun\Exception\NotFoundException;
use Zhifuyun\Exception\RateLimitException;
use Zhifuyun\Exception\WebhookVerificationException;
use Zhifuyun\Exception\ZhifuyunException;
use Zhifuyun\Testing\MockServer;
use Zhifuyun\Webhook;

require_once dirname(__DIR__, 2) . '/bindings/php/composer/src/Testing/MockServer.php'; // Composer does this.

function check(bool $holds): void
{
    $holds || throw new LogicException('a snippet does not hold');
}

$names = array_slice($argv, 1);
$caFile = array_shift($names);
$id = getenv('ZHIFUYUN_CLIENT_ID');
$secret = getenv('ZHIFUYUN_CLIENT_SECRET');
$address = getenv('ZHIFUYUN_BASE_URL');

// ANCHOR: client
$client = new Client(
    clientId: $id,
    clientSecret: $secret,
    baseUrl: $address, // Default: https://api.zhifuyun.com
    timeout: 20.0, // Seconds, for a whole call.
); // Checks the options. Nothing is sent.

$client->authenticate(); // Optional: verifies the key at start-up.
// ANCHOR_END: client

// ANCHOR: page
$page = $client->conversations->list(status: 'closed', page: 1, limit: 50);
echo $page->total, ' in all, more: ', $page->hasNext ? 'yes' : 'no', PHP_EOL;
foreach ($page->items as $conversation) {
    echo $conversation->id, ' ', $conversation->channel, PHP_EOL;
}
// ANCHOR_END: page
check(count($page->items) === 50);

// ANCHOR: iterate
$since = new DateTimeImmutable('-7 days');
foreach ($client->conversations->iterate(startTime: $since) as $conversation) {
    echo $conversation->id, PHP_EOL;
}

foreach ($client->tickets->iterate(priority: 'high', prefetch: 2)->pages() as $page) {
    echo count($page->items), ' tickets in one piece', PHP_EOL;
}
// ANCHOR_END: iterate

// ANCHOR: strict
$tickets = $client->tickets->iterate(consistency: 'strict');
foreach ($tickets as $ticket) {
    echo $ticket->id, PHP_EOL;
}
$report = $tickets->report();
echo "$report->items items, $report->requests requests, complete: ", $report->complete ? 'yes' : 'no', PHP_EOL;
// ANCHOR_END: strict
check($report->complete && $report->items >= 150);

// ANCHOR: quota
$careful = Client::fromEnv(plan: 'free', onLimit: 'raise'); // 100 a minute; default: wait for a free slot
try {
    echo count($careful->tickets->list()->items), ' tickets', PHP_EOL;
} catch (RateLimitException $e) {
    echo "again in $e->retryAfter seconds", PHP_EOL;
}
$quota = $careful->quota();
echo "$quota->used of $quota->limit used", PHP_EOL;
// ANCHOR_END: quota
check([$quota->used, $quota->limit] === [1, 100]);

// ANCHOR: errors
try {
    $client->tickets->update('no-such-ticket', status: 'resolved', options: ['timeout' => 5.0]);
} catch (NotFoundException) {
    echo 'no such ticket', PHP_EOL;
} catch (ZhifuyunException $e) {
    if (!$e->maybeApplied) {
        throw $e; // Has kind, reason, requestId, timing and more.
    }
    echo 'look before you repeat it: ', $e->getMessage(), PHP_EOL;
}
// ANCHOR_END: errors

[$old, $new] = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz'];
// ANCHOR: sign
$webhook = new Webhook([$new, $old]); // Two secrets while one is being rotated.

$body = '{"event":"ticket.created","data":{"ticket_id":"ticket_001"}}';
$headers = $webhook->sign($body, id: 'msg_1'); // What the sender does.

$event = $webhook->verify($headers, $body); // What the receiver does.
assert($event->type === 'ticket.created');

try {
    $webhook->verify($headers, '{}');
} catch (WebhookVerificationException $e) {
    assert($e->webhookReason === 'signature_mismatch');
}
// ANCHOR_END: sign
check($event->type === 'ticket.created' && $e->webhookReason === 'signature_mismatch');

// ANCHOR: mock
$server = new MockServer(); // Ends with this object. For PHPUnit: the trait Zhifuyun\Testing\UsesMockServer.
// The token comes first, then the list fails once.
$fault = '{"when":{"nth":2},"action":{"status":502}}';
$post = ['method' => 'POST', 'header' => 'content-type: application/json', 'content' => $fault];
file_get_contents("$server->controlUrl/faults", context: stream_context_create(['http' => $post]));

$tested = new Client(clientId: $server->clientId, clientSecret: $server->clientSecret, baseUrl: $server->url);
$page = $tested->tickets->list();
echo "$page->total tickets after {$page->meta->attempts} attempts", PHP_EOL;
// ANCHOR_END: mock
check($page->total === 0 && $page->meta->attempts === 2);

// ANCHOR: before
function call(string $method, string $url, array $headers, ?array $body = null): array
{
    $headers[] = 'Content-Type: application/json';
    $http = ['method' => $method, 'header' => $headers, 'content' => $body === null ? '' : json_encode($body)];
    return json_decode(file_get_contents($url, context: stream_context_create(['http' => $http])), true);
}

$key = ['grant_type' => 'client_credentials', 'client_id' => $id, 'client_secret' => $secret];
$token = call('POST', "$address/oauth/token", [], $key)['access_token'];
for ($number = 1, $conversations = [];; $number++) {
    $url = "$address/v1/conversations?page=$number&limit=100";
    $data = call('GET', $url, ["Authorization: Bearer $token"])['data'];
    array_push($conversations, ...$data['items']);
    if ($number * 100 >= $data['total']) {
        break;
    }
}
// ANCHOR_END: before

// ANCHOR: after
$all = iterator_to_array(Client::fromEnv()->conversations->iterate(), false);
// ANCHOR_END: after
check(count($all) === count($conversations));

// ANCHOR: network
$client = new Client(
    clientId: 'id',
    clientSecret: 'secret',
    proxy: 'http://user:password@proxy.example:3128',
    caBundle: $caFile, // A PEM file, trusted besides the system's certificates.
    connectTimeout: 3.0,
);
// ANCHOR_END: network
check(!str_contains(print_r($client, true), 'password'));

// The table of errors names classes that exist.
foreach ($names as $name) {
    check(is_a("Zhifuyun\\Exception\\$name", ZhifuyunException::class, true));
}
echo 'all snippets ran', PHP_EOL;
