<?php

declare(strict_types=1);

namespace Zhifuyun;

/** A webhook that is the caller's to handle: its file, locked. Losing it without `commit` lets the next attempt in. */
final class FileReservation implements Reservation
{
    private readonly int $owner;

    /**
     * @internal
     * @param resource|null $handle
     */
    public function __construct(private readonly string $path, private mixed $handle)
    {
        $this->owner = (int) getmypid();
    }

    public function commit(): void
    {
        rewind($this->open());
        if (fwrite($this->open(), '1') !== 1 || !fflush($this->open()) || !touch($this->path)) {
            throw new \RuntimeException("$this->path cannot be written");
        }
        $this->leave();
    }

    public function release(): void
    {
        $this->open();
        @unlink($this->path);
        $this->leave();
    }

    /** @internal Whether it was handled, less than so many seconds ago. */
    public function isRemembered(float $ttl): bool
    {
        $stat = fstat($this->open());
        return $stat['size'] > 0 && time() - $stat['mtime'] < $ttl;
    }

    /** @internal Unlocks and changes nothing. */
    public function leave(): void
    {
        flock($this->open(), LOCK_UN);
        fclose($this->open());
        $this->handle = null;
    }

    public function __destruct()
    {
        // A forked child must not give back what its parent is handling.
        if ($this->handle !== null && $this->owner === getmypid()) {
            $this->release();
        }
    }

    /** @return resource */
    private function open(): mixed
    {
        return $this->handle ?? throw new \LogicException('the reservation has ended');
    }
}
