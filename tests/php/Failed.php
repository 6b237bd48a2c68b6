<?php

declare(strict_types=1);

namespace Zhifuyun\Contract;

/** A scenario does not hold, or nobody understands it. */
final class Failed extends \Exception
{
}
