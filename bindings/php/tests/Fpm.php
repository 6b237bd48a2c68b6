<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

/** php-fpm behind nginx, with a directory of its own. */
final class Fpm
{
    public readonly string $url;
    private readonly string $directory;
    /** @var list<resource> */
    private array $processes = [];

    /** @param array<string, string> $environment */
    public function __construct(array $environment, int $workers, int $requests)
    {
        $this->directory = sys_get_temp_dir() . '/zhifuyun-fpm-' . bin2hex(random_bytes(6));
        mkdir($this->directory);
        $listener = stream_socket_server('tcp://127.0.0.1:0');
        $address = (string) stream_socket_get_name($listener, false);
        fclose($listener);
        $this->url = "http://$address";
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
                    listen $address;
                    location / {
                        fastcgi_pass unix:$this->directory/fpm.sock;
                        fastcgi_param SCRIPT_FILENAME $root/index.php;
                        fastcgi_param QUERY_STRING \$query_string;
                        fastcgi_param REQUEST_METHOD \$request_method;
                    }
                }
            }
            CONF);
        $version = PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
        $extension = (string) getenv('ZHIFUYUN_EXTENSION');
        $this->start(["/usr/sbin/php-fpm$version", '-n', '-d', "extension=$extension", '-d', 'display_errors=0', '-R',
            '-y', "$this->directory/fpm.conf"]);
        $this->start(['/usr/sbin/nginx', '-c', "$this->directory/nginx.conf"]);
        for ($try = 0; $try < 100 && @file_get_contents($this->url) === false; $try++) {
            usleep(50_000);
        }
    }

    public function log(): string
    {
        return (string) file_get_contents("$this->directory/fpm.log");
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
