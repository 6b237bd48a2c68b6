<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

/** php-fpm behind nginx, with a directory of its own. They speak through sockets in it: no port can be taken. */
final class Fpm
{
    private readonly string $directory;
    /** @var list<resource> */
    private array $processes = [];

    /** @param array<string, string> $environment */
    public function __construct(array $environment, int $workers, int $requests)
    {
        $this->directory = sys_get_temp_dir() . '/zhifuyun-fpm-' . bin2hex(random_bytes(6));
        mkdir($this->directory);
        $user = posix_geteuid() === 0 ? "user = root\ngroup = root" : '';
        $env = implode("\n", array_map(
            static fn (string $name, string $value): string => "env[$name] = \"$value\"",
            array_keys($environment),
            $environment
        ));
        $this->write('fpm.conf', <<<CONF
            [global]
            error_log = $this->directory/fpm.log
            daemonize = no
            [www]
            listen = $this->directory/fpm.sock
            listen.mode = 0666
            $user
            pm = static
            pm.max_children = $workers
            pm.max_requests = $requests
            catch_workers_output = yes
            $env
            CONF);
        $root = __DIR__ . '/fpm';
        $this->write('nginx.conf', <<<CONF
            daemon off;
            pid $this->directory/nginx.pid;
            error_log $this->directory/nginx.log;
            worker_processes 1;
            events {}
            http {
                access_log off;
                client_body_temp_path $this->directory/body;
                fastcgi_temp_path $this->directory/fastcgi;
                proxy_temp_path $this->directory/proxy;
                scgi_temp_path $this->directory/scgi;
                uwsgi_temp_path $this->directory/uwsgi;
                server {
                    listen unix:$this->directory/nginx.sock;
                    location / {
                        fastcgi_pass unix:$this->directory/fpm.sock;
                        fastcgi_param SCRIPT_FILENAME $root/index.php;
                        fastcgi_param QUERY_STRING \$query_string;
                        fastcgi_param REQUEST_METHOD \$request_method;
                        fastcgi_param CONTENT_TYPE \$content_type;
                        fastcgi_param CONTENT_LENGTH \$content_length;
                    }
                }
            }
            CONF);
        $version = PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
        $extension = (string) getenv('ZHIFUYUN_EXTENSION');
        $settings = [
            "extension=$extension", 'display_errors=0', 'log_errors=1', "error_log=$this->directory/php.log",
        ];
        $given = array_merge(...array_map(static fn (string $setting): array => ['-d', $setting], $settings));
        $this->start(["/usr/sbin/php-fpm$version", '-n', ...$given, '-R', '-y', "$this->directory/fpm.conf"]);
        $this->start(['/usr/sbin/nginx', '-c', "$this->directory/nginx.conf"]);
        for ($end = microtime(true) + 30; self::status($this->request('/?alive=1')) !== 200;) {
            microtime(true) < $end || throw new \RuntimeException("php-fpm does not answer:\n" . $this->log());
            usleep(50_000);
        }
    }

    /**
     * The body of the answer, and its status.
     *
     * @param list<string> $headers
     * @return array{string, int}
     */
    public function get(string $query, array $headers = [], ?string $body = null): array
    {
        $curl = $this->request($query);
        curl_setopt($curl, CURLOPT_HTTPHEADER, $headers);
        $body === null || curl_setopt($curl, CURLOPT_POSTFIELDS, $body);
        $status = self::status($curl);
        return [(string) curl_multi_getcontent($curl), $status];
    }

    /** A request that is not sent yet. */
    public function request(string $query): \CurlHandle
    {
        $curl = curl_init("http://localhost$query");
        curl_setopt_array($curl, [
            CURLOPT_UNIX_SOCKET_PATH => "$this->directory/nginx.sock",
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT => 60,
        ]);
        return $curl;
    }

    private static function status(\CurlHandle $curl): int
    {
        curl_exec($curl);
        return curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    }

    public function log(): string
    {
        return implode("\n", array_map(
            fn (string $name): string => (string) @file_get_contents("$this->directory/$name.log"),
            ['fpm', 'nginx', 'php']
        ));
    }

    public function __destruct()
    {
        foreach (array_reverse($this->processes) as $process) {
            proc_terminate($process, SIGTERM);
            proc_close($process);
        }
        exec('rm -rf ' . escapeshellarg($this->directory));
    }

    private function write(string $name, string $text): void
    {
        file_put_contents("$this->directory/$name", $text . "\n");
    }

    /** @param list<string> $command */
    private function start(array $command): void
    {
        $process = proc_open($command, [['null'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w']], $pipes);
        $this->processes[] = $process ?: throw new \RuntimeException("$command[0] cannot be started");
    }
}
