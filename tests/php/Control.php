<?php

declare(strict_types=1);

namespace Zhifuyun\Contract;

/** The control plane of the mock server. */
final class Control
{
    /** Speaks to the control plane. */
    public static function ask(string $method, string $url, mixed $body = null): mixed
    {
        $http = ['method' => $method, 'header' => 'content-type: application/json', 'ignore_errors' => true,
            'timeout' => 30, 'protocol_version' => 1.1];
        $http += $body === null ? [] : ['content' => json_encode($body, JSON_THROW_ON_ERROR)];
        $answer = file_get_contents($url, context: stream_context_create(['http' => $http]));
        if ($answer === false || !preg_match('~ 2\d\d~', $http_response_header[0] ?? '')) {
            throw new Failed("$method $url: " . ($http_response_header[0] ?? 'no answer') . " $answer");
        }
        return $answer === '' ? null : json_decode($answer, flags: JSON_THROW_ON_ERROR);
    }

    public static function host(string $url): string
    {
        return parse_url($url, PHP_URL_HOST) . ':' . parse_url($url, PHP_URL_PORT);
    }
}
