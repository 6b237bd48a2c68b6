<?php

declare(strict_types=1);

namespace Zhifuyun\Contract;

use Zhifuyun\Client;
use Zhifuyun\Exception\ZhifuyunException;
use Zhifuyun\MemoryReplayGuard;
use Zhifuyun\Webhook;

/** One scenario: its world, its steps, and what must be in the journal afterwards. */
final class Scenario
{
    private const STEPS = [
        'call' => ['call', 'args', 'options', 'times', 'parallel', 'expect'],
        'iterate' => ['iterate', 'args', 'options', 'walk', 'stop_after', 'during', 'expect'],
        'control' => ['control', 'expect'], 'sleep_ms' => ['sleep_ms'], 'verify' => ['verify', 'expect'],
        'sign' => ['sign', 'expect'], 'new_client' => ['new_client', 'expect'],
    ];
    private const VERIFY = ['secrets', 'scheme', 'tolerance', 'max_body_bytes', 'headers', 'sign_as', 'delivery',
        'body', 'body_base64', 'now', 'handler'];
    private const SIGN = ['secrets', 'scheme', 'id', 'timestamp', 'body'];
    private const WIRE = ['total', 'token_requests', 'requests', 'counts', 'gaps', 'connections'];

    private object $document;
    private string $control;
    /** @var array<string, mixed> */
    private array $defaults;
    /** @var list<string> */
    private array $secrets = [];
    private ?Client $client = null;
    private MemoryReplayGuard $guard;

    public function __construct(string $server, string $text)
    {
        $document = json_decode($text, flags: JSON_THROW_ON_ERROR);
        $world = self::ask('POST', "$server/_mock/worlds", $document->server ?? new \stdClass());
        $this->control = $world->control_url;
        $names = ['url', 'control_url', 'client_id', 'client_secret', 'webhook_secret'];
        foreach ($names as $name) {
            $text = str_replace('{{' . $name . '}}', (string) $world->$name, $text);
        }
        $text = str_replace('{{host}}', self::host($world->url), $text);
        if (isset($document->gate)) {
            $gate = self::ask('POST', "$this->control/gates", $document->gate);
            foreach (['gate' => 'url', 'gate_id' => 'id', 'gate_ca' => 'ca_file'] as $name => $key) {
                $text = str_replace('{{' . $name . '}}', (string) ($gate->$key ?? ''), $text);
            }
            $text = str_replace('{{gate_host}}', self::host($gate->url), $text);
        }
        $this->document = json_decode($text, flags: JSON_THROW_ON_ERROR);
        $known = ['name', 'why', 'rows', 'server', 'gate', 'client', 'clock', 'steps', 'wire'];
        Matching::keys('scenario', $this->document, $known);
        $this->defaults = ['base_url' => $world->url, 'client_id' => $world->client_id,
            'client_secret' => $world->client_secret];
        $this->defaults += match ($this->document->clock ?? 'real') {
            'test' => ['test_clock' => "$this->control/clock/advance"],
            'real' => [],
            default => throw new Failed("unknown clock {$this->document->clock}"),
        };
        $this->guard = new MemoryReplayGuard();
    }

    public function run(): void
    {
        try {
            $this->make($this->document->client ?? new \stdClass());
            foreach ($this->document->steps as $number => $step) {
                $this->step('step ' . ($number + 1), $step);
            }
            $this->wire($this->document->wire ?? new \stdClass());
        } finally {
            $this->client?->close();
            self::ask('DELETE', $this->control);
        }
    }

    /** Speaks to the control plane. */
    private static function ask(string $method, string $url, mixed $body = null): mixed
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

    private static function host(string $url): string
    {
        return parse_url($url, PHP_URL_HOST) . ':' . parse_url($url, PHP_URL_PORT);
    }

    /** Named arguments as users of PHP write them: times as objects; what is none stays text, for the SDK to judge. */
    private static function named(object $args): array
    {
        $out = [];
        foreach (get_object_vars($args) as $name => $value) {
            $time = in_array($name, ['start_time', 'end_time'], true) && is_string($value)
                && preg_match('/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/', $value)
                && date_create_immutable($value) !== false;
            $out[self::camel($name)] = match (true) {
                $time => new \DateTimeImmutable($value),
                $value instanceof \stdClass => (array) $value,
                default => $value,
            };
        }
        return $out;
    }

    private static function camel(string $snake): string
    {
        return lcfirst(str_replace('_', '', ucwords($snake, '_')));
    }

    private function make(object $own): void
    {
        $options = (object) array_merge($this->defaults, get_object_vars($own));
        $this->secrets = array_merge($this->secrets, array_filter([$options->client_secret]));
        $this->client = new Client(...self::named($options));
    }

    private function tell(object $request): mixed
    {
        Matching::keys('control', $request, ['method', 'path', 'body']);
        return self::ask($request->method, $this->control . $request->path, $request->body ?? null);
    }

    private function step(string $what, object $step): void
    {
        $kind = array_key_first(array_intersect_key(self::STEPS, get_object_vars($step)))
            ?? throw new Failed("$what: unknown step");
        Matching::keys($what, $step, self::STEPS[$kind]);
        $began = microtime(true);
        for ($time = 0; $time < ($step->times ?? 1); $time++) {
            $result = $error = null;
            try {
                $result = match ($kind) {
                    'call' => $this->call($step->call, $this->given($what, $step)),
                    'iterate' => $this->iterate($step, $this->given($what, $step), $error),
                    'control' => $this->tell($step->control),
                    'sleep_ms' => usleep($step->sleep_ms * 1000),
                    'new_client' => $this->make($step->new_client) ?? new \stdClass(),
                    'verify' => $this->verify($step->verify),
                    'sign' => $this->sign($step->sign),
                };
            } catch (ZhifuyunException $e) {
                $error = $e;
            }
            $this->check($what, $step->expect ?? new \stdClass(), $result, $error, microtime(true) - $began);
        }
    }

    /** @return array<string, mixed> */
    private function given(string $what, object $step): array
    {
        $given = self::named($step->args ?? new \stdClass());
        $options = Matching::keys("$what: options", $step->options ?? new \stdClass(), ['timeout', 'max_retries']);
        $known = ['consistency', 'prefetch', 'max_items'];
        $given += self::named((object) Matching::keys("$what: walk", $step->walk ?? new \stdClass(), $known));
        return $given + ($options === [] ? [] : ['options' => self::named((object) $options)]);
    }

    /** @param array<string, mixed> $given */
    private function call(string $name, array $given): object
    {
        return Project::answer($this->method($name)(...$given));
    }

    private function method(string $name): callable
    {
        $parts = explode('.', str_replace('.iter', '.iterate', $name));
        $target = count($parts) === 1 ? $this->client : $this->client->{$parts[0]};
        $method = [$target, end($parts)];
        return is_callable($method) ? $method : throw new Failed("unknown operation $name");
    }

    /** @param array<string, mixed> $given */
    private function iterate(object $step, array $given, ?ZhifuyunException &$error): object
    {
        $walk = $this->method($step->iterate)(...$given);
        $items = [];
        try {
            foreach ($walk as $item) {
                $items[] = $item;
                foreach ($step->during ?? [] as $event) {
                    Matching::keys('during', $event, ['after_items', 'control']);
                    $event->after_items === count($items) and $this->tell($event->control);
                }
                if (count($items) === ($step->stop_after ?? null)) {
                    break;
                }
            }
        } catch (ZhifuyunException $e) {
            $error = $e;
        }
        return Project::walked($items, $walk->report());
    }

    private function webhook(object $spec): Webhook
    {
        $scheme = isset($spec->scheme) ? json_decode((string) json_encode($spec->scheme), true) : null;
        return new Webhook($spec->secrets, $scheme, $spec->tolerance ?? null, $spec->max_body_bytes ?? null);
    }

    private function verify(object $spec): object
    {
        Matching::keys('verify', $spec, self::VERIFY);
        $webhook = $this->webhook($spec);
        if (isset($spec->delivery)) {
            $received = self::ask('GET', "$this->control/inbox")->received[$spec->delivery];
            [$spec->headers, $spec->body] = [(array) $received->headers, $received->body ?? ''];
            $spec->body_base64 = $received->body_base64 ?? null;
        }
        $body = isset($spec->body_base64) ? base64_decode($spec->body_base64) : $spec->body ?? '';
        $headers = isset($spec->sign_as) ? $webhook->sign($body, id: $spec->sign_as) : $spec->headers ?? [];
        $event = $webhook->verify($headers, $body, now: $spec->now ?? null);
        if (isset($spec->handler)) {
            $reservation = $this->guard->reserve($event->dedupeKey);
            match ($spec->handler) {
                'succeed' => $reservation->commit(),
                'fail' => $reservation->release(),
                default => throw new Failed("unknown handler $spec->handler"),
            };
        }
        return (object) Project::plain($event);
    }

    private function sign(object $spec): object
    {
        Matching::keys('sign', $spec, self::SIGN);
        return (object) $this->webhook($spec)->sign($spec->body ?? '', $spec->id ?? '', $spec->timestamp ?? null);
    }

    private function check(string $what, object $expect, mixed $result, ?ZhifuyunException $e, float $took): void
    {
        $known = Matching::keys("$what: expect", $expect, ['result', 'error', 'elapsed']);
        $error = $e === null ? null : Project::error($e);
        foreach ($error === null ? [] : [...$this->secrets, 'eyJ'] as $secret) {
            !str_contains($error->text, $secret) or throw new Failed("$what: the error shows a secret");
        }
        if (array_key_exists('error', $known) !== ($error !== null)) {
            throw new Failed("$what: " . ($error === null ? 'expected an error, but it succeeded' : "failed: $error->text"));
        }
        isset($known['error']) and Matching::paths("$what: error", $expect->error, $error);
        isset($known['result']) and Matching::paths("$what: result", $expect->result, $result);
        isset($known['elapsed']) and Matching::compare("$what: elapsed", $expect->elapsed, $took);
    }

    /** Compares what arrived. The secret may only be in requests for a token. */
    private function wire(object $expected): void
    {
        Matching::keys('wire', $expected, self::WIRE);
        $entries = self::ask('GET', "$this->control/journal")->entries;
        $calls = array_values(array_filter($entries, static fn (object $e): bool => $e->path !== '/oauth/token'));
        foreach ($this->secrets as $secret) {
            !str_contains((string) json_encode($calls), $secret) or throw new Failed('wire: a request carries the secret');
        }
        $seen = ['total' => count($calls), 'token_requests' => count($entries) - count($calls),
            'connections' => count(array_unique(array_column($entries, 'connection')))];
        foreach (array_intersect_key($seen, get_object_vars($expected)) as $name => $number) {
            Matching::compare("wire.$name", $expected->$name, $number);
        }
        isset($expected->requests) and Matching::compare('wire.requests', count($expected->requests), count($calls));
        foreach ($expected->requests ?? [] as $number => $wanted) {
            Matching::paths("wire.requests.$number", $wanted, $calls[$number]);
        }
        foreach ($expected->counts ?? [] as $group) {
            Matching::keys('wire.counts', $group, ['where', 'count']);
            $fitting = array_filter($entries, static fn (object $e): bool => Matching::fits($group->where, $e));
            Matching::compare('wire.counts ' . json_encode($group->where), $group->count, count($fitting));
        }
        $at = static fn (object $e): float => (float) (new \DateTimeImmutable($e->at))->format('U.u');
        foreach ($expected->gaps ?? [] as $number => $wanted) {
            $gap = isset($calls[$number + 1]) ? $at($calls[$number + 1]) - $at($calls[$number]) : null;
            Matching::compare("wire.gaps.$number", $wanted, $gap);
        }
    }
}
