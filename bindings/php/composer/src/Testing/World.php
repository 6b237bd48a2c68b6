<?php

declare(strict_types=1);

namespace Zhifuyun\Testing;

use Zhifuyun\Client;

/** A world of the mock server: an account with its own key, data and limits. Without a word, nothing limits it. */
class World
{
    public readonly string $url;
    public readonly string $controlUrl;
    public readonly string $clientId;
    public readonly string $clientSecret;
    public readonly string $webhookSecret;
    private readonly ?string $caFile;

    /** @param array<string, mixed> $state the world document */
    public function __construct(MockServer $server, array $state = [])
    {
        $this->caFile = $server->caFile;
        $state += ['limits' => ['plan' => 'off']];
        $world = $this->ask('POST', "$server->url/_mock/worlds", $state);
        $this->url = $world['url'];
        $this->controlUrl = $world['control_url'];
        $this->clientId = $world['client_id'];
        $this->clientSecret = $world['client_secret'];
        $this->webhookSecret = $world['webhook_secret'];
    }

    /** A client of this world; the arguments are those of `Zhifuyun\Client`. */
    public function client(mixed ...$options): Client
    {
        $given = ['clientId' => $this->clientId, 'clientSecret' => $this->clientSecret, 'baseUrl' => $this->url,
            'caBundle' => $this->caFile];
        return new Client(...($options + $given));
    }

    /**
     * What `Client::fromEnv()` reads.
     *
     * @return array<string, string>
     */
    public function environment(): array
    {
        return ['ZHIFUYUN_CLIENT_ID' => $this->clientId, 'ZHIFUYUN_CLIENT_SECRET' => $this->clientSecret,
            'ZHIFUYUN_BASE_URL' => $this->url];
    }

    /** @param array<string, mixed> $rule such as `['match' => ['path' => '/v1/tickets'], 'action' => ['status' => 503]]` */
    public function fault(array $rule): void
    {
        $this->ask('POST', "$this->controlUrl/faults", $rule);
    }

    /** @return list<array<string, mixed>> the requests that arrived, in their order */
    public function journal(string $query = ''): array
    {
        return $this->ask('GET', "$this->controlUrl/journal?$query")['entries'];
    }

    /** What a client takes as `testClock`: it skips its waits, and the clock of this world goes along. */
    public function clock(): string
    {
        return "$this->controlUrl/clock/advance";
    }

    /** Removes the world from the server. */
    public function remove(): void
    {
        $this->ask('DELETE', $this->controlUrl);
    }

    private function ask(string $method, string $url, mixed $body = null): mixed
    {
        $http = ['method' => $method, 'header' => 'content-type: application/json', 'protocol_version' => 1.1,
            'ignore_errors' => true] + ($body === null ? [] : ['content' => json_encode($body, JSON_THROW_ON_ERROR)]);
        $ssl = $this->caFile === null ? [] : ['cafile' => $this->caFile];
        $context = stream_context_create(['http' => $http, 'ssl' => $ssl]);
        $answer = (string) file_get_contents($url, context: $context);
        if (!preg_match('~ 2\d\d~', $http_response_header[0] ?? '')) {
            throw new \RuntimeException("$method $url: " . ($http_response_header[0] ?? 'no answer') . " $answer");
        }
        return $answer === '' ? null : json_decode($answer, true, flags: JSON_THROW_ON_ERROR);
    }
}
