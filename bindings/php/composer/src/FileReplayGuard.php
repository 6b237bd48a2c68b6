<?php

declare(strict_types=1);

namespace Zhifuyun;

use Zhifuyun\Exception\WebhookVerificationException;

/**
 * Remembers handled webhooks in a directory, for all processes of one machine: workers of php-fpm, and the requests
 * of each.
 *
 * A webhook has a file. While it is handled the file is locked, and the system unlocks it when the process dies, so
 * the sender's next attempt is let in. A handled one is a file that is not empty, for `ttl` seconds. Give the guard a
 * directory of its own. Several machines need a shared store instead, such as Laravel's cache with
 * {@see Laravel\CacheReplayGuard}.
 */
final class FileReplayGuard implements ReplayGuard
{
    /** One in so many reservations looks for files that are too old. */
    private const SWEEP = 100;

    /** @param float $ttl seconds; at least twice the tolerance plus what the sender's retries take */
    public function __construct(private readonly string $directory, private readonly float $ttl = 3600.0)
    {
    }

    public function reserve(string $key): Reservation
    {
        is_dir($this->directory) || @mkdir($this->directory, 0700, true);
        random_int(1, self::SWEEP) > 1 || $this->sweep();
        $file = $this->lock($this->directory . '/' . hash('sha256', $key))
            ?? throw new WebhookVerificationException('this webhook is being handled at this moment', webhookReason: 'in_flight');
        if ($file->isRemembered($this->ttl)) {
            $file->leave();
            throw new WebhookVerificationException('this webhook was already handled', webhookReason: 'replayed');
        }
        return $file;
    }

    /** The file, locked; null if somebody else has it. */
    private function lock(string $path): ?FileReservation
    {
        do {
            $handle = @fopen($path, 'c+') ?: throw new \RuntimeException("$path cannot be opened");
            if (!flock($handle, LOCK_EX | LOCK_NB)) {
                return null;
            }
            // Between the two lines somebody may have removed the file: then the lock is on what nobody else will find.
        } while (fstat($handle)['nlink'] === 0);
        return new FileReservation($path, $handle);
    }

    /** Removes what was handled long ago. Other files in the directory are not the guard's, and stay. */
    private function sweep(): void
    {
        foreach (@scandir($this->directory) ?: [] as $name) {
            $path = "$this->directory/$name";
            $old = preg_match('/^[0-9a-f]{64}$/D', $name) === 1 && is_file($path) && time() - @filemtime($path) > $this->ttl;
            try {
                $file = $old ? $this->lock($path) : null;
            } catch (\RuntimeException) {
                continue;
            }
            // Until it was locked, somebody may have handled the webhook again.
            $file?->isRemembered($this->ttl) ? $file->leave() : $file?->release();
        }
    }
}
