<?php

declare(strict_types=1);

namespace Zhifuyun\Contract;

use PHPUnit\Framework\TestCase;
use Zhifuyun\Testing\MockServer;

/** All scenarios, several processes at a time, and the report. */
final class ContractTest extends TestCase
{
    private const AT_ONCE = 6; // most of their time they wait
    private const LONGEST = 40.0; // seconds; what hangs has failed
    private const ALL = 900; // seconds; a process that has not ended by then is ended

    public function testContract(): void
    {
        $began = microtime(true);
        $server = new MockServer(getenv('ZHIFUYUN_MOCK_SERVER') ?: dirname(__DIR__, 2) . '/target/debug/zhifuyun-mock-server');
        $scenarios = self::scenarios();
        $results = self::shared($scenarios, static function (string $text) use ($server): ?string {
            $began = microtime(true);
            try {
                (new Scenario($server->url, $text))->run();
            } catch (\Throwable $e) {
                return get_class($e) . ': ' . $e->getMessage() . ' (' . basename($e->getFile()) . ':' . $e->getLine() . ')';
            }
            $took = microtime(true) - $began;
            return $took > self::LONGEST ? sprintf('took %.1f s', $took) : null;
        });
        $failed = array_filter($results, is_string(...));
        $report = [
            'runner' => 'php',
            'passed' => array_keys(array_diff_key($results, $failed)),
            'failed' => array_map(
                static fn (string $name, string $why): array => ['name' => $name, 'why' => $why],
                array_keys($failed),
                $failed
            ),
            'seconds' => round(microtime(true) - $began, 1),
        ];
        $directory = getenv('CONTRACT_REPORTS') ?: dirname(__DIR__, 2) . '/target/contract';
        is_dir($directory) || mkdir($directory, recursive: true);
        $flags = JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE;
        file_put_contents("$directory/php.json", json_encode($report, $flags) . "\n");
        $lines = array_map(static fn (array $each): string => "\n  $each[name]: $each[why]", $report['failed']);
        self::assertSame([], $lines, count($failed) . ' of ' . count($results) . ' failed:' . implode('', $lines));
    }

    /**
     * The scenarios by name.
     *
     * @return array<string, string>
     */
    private static function scenarios(): array
    {
        $root = (getenv('CONTRACT_DIR') ?: dirname(__DIR__)) . '/scenarios';
        $only = array_filter(array_map('trim', explode(',', (string) getenv('CONTRACT_ONLY'))));
        $found = [];
        foreach (new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($root)) as $file) {
            if ($file->getExtension() !== 'json') {
                continue;
            }
            $name = substr($file->getPathname(), strlen($root) + 1, -5);
            $text = (string) file_get_contents($file->getPathname());
            self::assertSame($name, json_decode($text)->name, 'the name is not that of the file');
            if ($only === [] || array_filter($only, static fn (string $o): bool => str_starts_with($name, $o)) !== []) {
                $found[$name] = $text;
            }
        }
        ksort($found);
        self::assertNotSame([], $found, "no scenario in $root");
        return $found;
    }

    /**
     * Shares the work among processes. A process that dies has failed all that it did not report.
     *
     * @param array<string, string> $scenarios
     * @param callable(string): ?string $run
     * @return array<string, ?string>
     */
    private static function shared(array $scenarios, callable $run): array
    {
        $names = array_keys($scenarios);
        $children = [];
        for ($worker = 0; $worker < self::AT_ONCE; $worker++) {
            $file = (string) tempnam(sys_get_temp_dir(), 'zhifuyun-contract-');
            $pid = pcntl_fork();
            if ($pid === 0) {
                for ($n = $worker; $n < count($names); $n += self::AT_ONCE) {
                    $line = json_encode([$names[$n], $run($scenarios[$names[$n]])], JSON_INVALID_UTF8_SUBSTITUTE);
                    file_put_contents($file, "$line\n", FILE_APPEND);
                }
                // Without PHPUnit's own end.
                posix_kill((int) getmypid(), SIGKILL);
            }
            $children[$pid] = $file;
        }
        $results = array_fill_keys($names, 'its process died');
        $end = microtime(true) + self::ALL;
        foreach ($children as $pid => $file) {
            while (pcntl_waitpid($pid, $status, WNOHANG) === 0) {
                microtime(true) < $end || posix_kill($pid, SIGKILL);
                usleep(20_000);
            }
            foreach (file($file, FILE_IGNORE_NEW_LINES) ?: [] as $line) {
                [$name, $why] = json_decode($line, true);
                $results[$name] = $why;
            }
            unlink($file);
        }
        return $results;
    }
}
