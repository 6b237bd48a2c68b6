<?php

declare(strict_types=1);

namespace Zhifuyun\Contract;

use Zhifuyun\Client;
use Zhifuyun\Exception\ZhifuyunException;

/** One scenario: its world, its steps, and what must be in the journal afterwards. */
final class Scenario
{
    private const STEPS = [
        'call' => ['call', 'args', 'options', 'times', 'parallel', 'expect'],
        'iterate' => ['iterate', 'args', 'options', 'walk', 'stop_after', 'during', 'expect'],
        'control' => ['control', 'expect'], 'sleep_ms' => ['sleep_ms'], 'verify' => ['verify', 'expect'],
        'sign' => ['sign', 'expect'], 'new_client' => ['new_client', 'expect'],
    ];

    private object $document;
    private string $control;
    /** @var array<string, mixed> */
    private array $defaults;
    /** @var list<string> */
    private array $secrets = [];
    private ?Client $client = null;
    private Hooks $hooks;

    public function __construct(string $server, string $text)
    {
        $document = json_decode($text, flags: JSON_THROW_ON_ERROR);
        $world = Control::ask('POST', "$server/_mock/worlds", $document->server ?? new \stdClass());
        $this->control = $world->control_url;
        $names = ['url', 'control_url', 'client_id', 'client_secret', 'webhook_secret'];
        foreach ($names as $name) {
            $text = str_replace('{{' . $name . '}}', (string) $world->$name, $text);
        }
        $text = str_replace('{{host}}', Control::host($world->url), $text);
        if (isset($document->gate)) {
            $gate = Control::ask('POST', "$this->control/gates", $document->gate);
            foreach (['gate' => 'url', 'gate_id' => 'id', 'gate_ca' => 'ca_file'] as $name => $key) {
                $text = str_replace('{{' . $name . '}}', (string) ($gate->$key ?? ''), $text);
            }
            $text = str_replace('{{gate_host}}', Control::host($gate->url), $text);
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
        $this->hooks = new Hooks($this->control);
    }

    public function run(): void
    {
        try {
            $this->make($this->document->client ?? new \stdClass());
            foreach ($this->document->steps as $number => $step) {
                $this->step('step ' . ($number + 1), $step);
            }
            Journal::check($this->control, $this->document->wire ?? new \stdClass(), $this->secrets);
        } finally {
            $this->client?->close();
            Control::ask('DELETE', $this->control);
        }
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
        return Control::ask($request->method, $this->control . $request->path, $request->body ?? null);
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
                    'verify' => $this->hooks->verify($step->verify),
                    'sign' => $this->hooks->sign($step->sign),
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
}
