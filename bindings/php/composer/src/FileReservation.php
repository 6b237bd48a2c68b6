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

    /** @internal */
    public function isHandled(): bool
    {
        return fstat($this->open())['size'] > 0;
    }

    /** @internal Seconds since it was handled. */
    public function age(): int
    {
        return time() - fstat($this->open())['mtime'];
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
