<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use PHPUnit\Framework\TestCase;

/** The package from a path repository, without any registry. */
final class ComposerTest extends TestCase
{
    public function testRequireFromAPath(): void
    {
        $app = sys_get_temp_dir() . '/zhifuyun-app-' . bin2hex(random_bytes(6));
        mkdir($app);
        try {
            file_put_contents("$app/composer.json", json_encode([
                'repositories' => [
                    ['type' => 'path', 'url' => dirname(__DIR__) . '/composer', 'options' => ['symlink' => false]],
                    ['packagist.org' => false],
                ],
                // This PHP has no php.ini that loads the extension.
                'config' => ['platform' => ['ext-zhifuyun' => (string) phpversion('zhifuyun')]],
            ]));
            // As the documentation says it.
            $this->runIn($app, ['composer', 'require', '--no-interaction', '--no-progress', 'zhifuyun/sdk:@dev'], $app);
            $code = 'require "vendor/autoload.php"; new Zhifuyun\\Webhooks(new Zhifuyun\\Webhook("whsec_" . base64_encode('
                . 'str_repeat("o", 24))), new Zhifuyun\\FileReplayGuard("guard")); echo "loaded";';
            $extension = 'extension=' . getenv('ZHIFUYUN_EXTENSION');
            self::assertSame('loaded', $this->runIn($app, [PHP_BINARY, '-n', '-d', $extension, '-r', $code], $app));
            self::assertFileExists("$app/vendor/zhifuyun/sdk/extension.neon");
            self::assertDirectoryDoesNotExist("$app/vendor/bin");
        } finally {
            exec('rm -rf ' . escapeshellarg($app));
        }
    }

    /** Both packages and the extension are of one version. */
    public function testVersions(): void
    {
        $read = static fn (string $file): array => json_decode((string) file_get_contents(dirname(__DIR__) . "/$file"), true);
        self::assertSame(phpversion('zhifuyun'), $read('composer/composer.json')['version']);
    }

    /** @param list<string> $command */
    private function runIn(string $directory, array $command, string $home): string
    {
        $environment = ['PATH' => (string) getenv('PATH'), 'COMPOSER_HOME' => "$home/.composer", 'HOME' => $home,
            'COMPOSER_ALLOW_SUPERUSER' => '1', 'COMPOSER_DISABLE_NETWORK' => '1'];
        $log = "$home/log";
        $process = proc_open($command, [['null'], ['pipe', 'w'], ['file', $log, 'w']], $pipes, $directory, $environment);
        self::assertIsResource($process);
        $out = (string) stream_get_contents($pipes[1]);
        self::assertSame(0, proc_close($process), $out . file_get_contents($log));
        return $out;
    }
}
