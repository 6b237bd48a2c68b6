<?php

declare(strict_types=1);

namespace Zhifuyun\Testing;

/**
 * A mock server of its own: started with the object, ended with it.
 *
 * The program is `zhifuyun-mock-server`, from the PATH or from the environment variable ZHIFUYUN_MOCK_SERVER.
 */
final class MockServer
{
    public readonly string $url;
    public readonly string $controlUrl;
    public readonly string $clientId;
    public readonly string $clientSecret;
    public readonly string $webhookSecret;
    /** With the argument `--tls`: what a client takes as `caBundle`. */
    public readonly ?string $caFile;
    /** @var resource */
    private $process;
    /** @var array<int, resource> */
    private array $pipes = [];
    private readonly int $owner;

    /** @param list<string> $arguments further arguments of the program, such as `--conversations 300` */
    public function __construct(?string $program = null, array $arguments = [])
    {
        $program ??= getenv('ZHIFUYUN_MOCK_SERVER') ?: 'zhifuyun-mock-server';
        $streams = [['pipe', 'r'], ['pipe', 'w'], ['file', '/dev/null', 'w']];
        $process = @proc_open([$program, '--port', '0', '--exit-with-stdin', ...$arguments], $streams, $this->pipes);
        if (!is_resource($process)) {
            throw new \RuntimeException("$program cannot be started");
        }
        $this->process = $process;
        $this->owner = (int) getmypid();
        $ready = json_decode((string) fgets($this->pipes[1]), true)
            ?? throw new \RuntimeException("$program did not say where it listens");
        $this->url = $ready['url'];
        $this->controlUrl = $ready['control_url'];
        $this->clientId = $ready['client_id'];
        $this->clientSecret = $ready['client_secret'];
        $this->webhookSecret = $ready['webhook_secret'];
        $this->caFile = $ready['ca_file'] ?? null;
    }

    /**
     * A world of its own: with its own key, data and limits. It shares nothing with others on this server.
     *
     * @param array<string, mixed> $state the world document, such as `['tickets' => [...], 'limits' => ['plan' => 100]]`
     */
    public function world(array $state = []): World
    {
        return new World($this, $state);
    }

    public function __destruct()
    {
        // A forked child must not end its parent's server.
        if ($this->owner === getmypid()) {
            fclose($this->pipes[0]);
            proc_close($this->process);
        }
    }
}
