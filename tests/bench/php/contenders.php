<?php

/**
 * The contenders: functions that get one conversation, or one page with every field read. Peers are written as
 * their documentation recommends, with one handle kept.
 */

declare(strict_types=1);

/** What a user of a plain HTTP client writes to get typed answers. */
final class Conversation
{
    public function __construct(
        public readonly string $id,
        public readonly string $userId,
        public readonly string $channel,
        public readonly string $status,
        public readonly string|DateTimeImmutable $createdAt,
        public readonly string|DateTimeImmutable $updatedAt,
    ) {
    }

    public static function of(array $c): self
    {
        return new self($c['id'], $c['user_id'], $c['channel'], $c['status'], $c['created_at'], $c['updated_at']);
    }

    public static function dated(array $c): self
    {
        $created = new DateTimeImmutable($c['created_at']);
        $updated = new DateTimeImmutable($c['updated_at']);
        return new self($c['id'], $c['user_id'], $c['channel'], $c['status'], $created, $updated);
    }
}

function readObject(object $c): int
{
    $dates = [$c->createdAt, $c->updatedAt];
    return strlen($c->id) + strlen($c->userId) + strlen($c->channel) + strlen($c->status) + count($dates);
}

function readArray(array $c): int
{
    $dates = [$c['created_at'], $c['updated_at']];
    return strlen($c['id']) + strlen($c['user_id']) + strlen($c['channel']) + strlen($c['status']) + count($dates);
}

const SMALL = '/v1/conversations/conv_1';
const LIST_ = '/v1/conversations?page=1&limit=100';

function decode(string $body): array
{
    return json_decode($body, true, 64, JSON_THROW_ON_ERROR)['data'];
}

/** Gets the body of a path with ext-curl. */
function curl(string $url, string $token = 'bench', ?CurlHandle $handle = null): Closure
{
    $curl = $handle ?? curl_init();
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_HTTPHEADER => ["authorization: Bearer $token", 'accept: application/json'],
    ]);
    if (getenv('BENCH_CA')) {
        curl_setopt($curl, CURLOPT_CAINFO, getenv('BENCH_CA'));
    }
    return function (string $path, ?string $post = null) use ($curl, $url): string {
        curl_setopt($curl, CURLOPT_URL, $url . $path);
        if ($post !== null) {
            curl_setopt($curl, CURLOPT_POSTFIELDS, $post);
        } else {
            curl_setopt($curl, CURLOPT_HTTPGET, true);
        }
        $body = curl_exec($curl);
        if ($body === false || curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 200) {
            throw new RuntimeException('curl: ' . curl_error($curl));
        }
        return $body;
    };
}

function guzzle(string $url): Closure
{
    require_once '/usr/share/php/GuzzleHttp/autoload.php';
    $client = new GuzzleHttp\Client(['headers' => ['authorization' => 'Bearer bench']]);
    return fn (string $path): string => (string) $client->get($url . $path)->getBody();
}

/** @return array<string, Closure> */
function peer(Closure $get, ?Closure $make): array
{
    $page = function () use ($get, $make): array {
        $data = decode($get(LIST_));
        return [$data['total'], $make === null ? $data['items'] : array_map($make, $data['items'])];
    };
    $read = $make === null ? readArray(...) : readObject(...);
    $readPage = fn (array $page): int => $page[0] + array_sum(array_map($read, $page[1]));
    $walk = function () use ($get, $make, $read): int {
        for ($number = 1, $seen = 0, $done = 0;; $number++) {
            $data = decode($get("/v1/conversations?page=$number&limit=100"));
            foreach ($data['items'] as $c) {
                $done += $read($make === null ? $c : $make($c));
            }
            $seen += count($data['items']);
            if ($data['items'] === [] || $seen >= $data['total']) {
                return $done;
            }
        }
    };
    return [
        'small' => fn (): int => readArray(decode($get(SMALL))),
        'page' => fn (): int => $readPage($page()),
        'walk' => $walk,
        'walk-prefetch' => $walk,
        'hold' => $page,
        'read' => $readPage,
    ];
}

function oursClient(string $url): Zhifuyun\Client
{
    $ca = getenv('BENCH_CA') ?: null;
    return new Zhifuyun\Client(
        clientId: 'bench',
        clientSecret: 'bench',
        baseUrl: $url,
        plan: 'off',
        caBundle: $ca,
    );
}

function ours(string $url): array
{
    $client = oursClient($url);
    $page = fn () => $client->conversations->list(page: 1, limit: 100);
    $read = fn (object $page): int => $page->total + array_sum(array_map(readObject(...), $page->items));
    $walk = fn (int $prefetch) => function () use ($client, $prefetch): int {
        $done = 0;
        foreach ($client->conversations->iterate(prefetch: $prefetch) as $c) {
            $done += readObject($c);
        }
        return $done;
    };
    return [
        'small' => fn (): int => readObject($client->conversations->get('conv_1')),
        'page' => fn (): int => $read($page()),
        'walk' => $walk(0),
        'walk-prefetch' => $walk(4),
        'hold' => $page,
        'read' => $read,
        'clients' => function () use ($url): int {
            oursClient($url);
            return 0;
        },
    ];
}

function webhookByHand(array $headers, string $body, string $key): int
{
    $sent = $headers['webhook-timestamp'];
    if (abs(time() - (int) $sent) > 300) {
        throw new RuntimeException('too old');
    }
    $tag = base64_encode(hash_hmac('sha256', "{$headers['webhook-id']}.$sent.$body", $key, true));
    if (!hash_equals("v1,$tag", $headers['webhook-signature'])) {
        throw new RuntimeException('wrong signature');
    }
    $event = json_decode($body, true, 64, JSON_THROW_ON_ERROR);
    return strlen($event['event']) + strlen($event['data']['title']);
}

function contender(string $name, string $url): array
{
    return match ($name) {
        'ours' => ours($url),
        'ext-curl' => peer(curl($url), null) + ['clients' => function () use ($url): int {
            curl($url);
            return 0;
        }],
        'ext-curl with classes' => peer(curl($url), Conversation::of(...)),
        'ext-curl with dates' => peer(curl($url), Conversation::dated(...)),
        'Guzzle' => peer(guzzle($url), Conversation::of(...)),
        'Guzzle with arrays' => peer(guzzle($url), null),
        'ours-webhook', 'hash_hmac' => [],
    };
}
