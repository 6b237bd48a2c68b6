<?php

declare(strict_types=1);

namespace Zhifuyun\Contract;

/** Comparing what was expected with what came. What nobody knows is a failure. */
final class Matching
{
    /**
     * Refuses an object with an unknown key: it would be an assertion that nobody makes.
     *
     * @param list<string> $known
     * @return array<string, mixed>
     */
    public static function keys(string $what, mixed $value, array $known): array
    {
        $value instanceof \stdClass or throw new Failed("$what: expected an object, was " . self::short($value));
        $given = get_object_vars($value);
        foreach (array_keys($given) as $key) {
            in_array((string) $key, $known, true) or throw new Failed("$what: unknown key $key");
        }
        return $given;
    }

    /** Compares the value at each path. The first step must be a key of what is looked at. */
    public static function paths(string $what, mixed $expected, mixed $actual): void
    {
        $expected instanceof \stdClass or throw new Failed("$what: expected an object of paths");
        foreach (get_object_vars($expected) as $path => $wanted) {
            $path = (string) $path;
            $head = explode('.', $path)[0];
            if (!is_object($actual) || !property_exists($actual, $head)) {
                throw new Failed("$what: there is no $head in " . self::short($actual));
            }
            self::compare("$what.$path", $wanted, self::at($actual, $path));
        }
    }

    /** Compares one value: literally, or by an operator. */
    public static function compare(string $what, mixed $expected, mixed $actual): void
    {
        $holds = self::equal($expected, $actual);
        if ($expected instanceof \stdClass && count(get_object_vars($expected)) === 1) {
            $name = (string) array_key_first(get_object_vars($expected));
            $operand = $expected->$name;
            $holds = match ($name) {
                '$between' => (is_int($actual) || is_float($actual))
                    && $operand[0] <= $actual && $actual <= $operand[1],
                '$contains' => self::contains($operand, $actual) === true,
                '$lacks' => self::contains($operand, $actual) === false,
                '$size' => (is_array($actual) && count($actual) === $operand)
                    || ($actual instanceof \stdClass && count(get_object_vars($actual)) === $operand),
                default => str_starts_with($name, '$') ? throw new Failed("$what: unknown operator $name") : $holds,
            };
        }
        $holds or throw new Failed("$what: expected " . self::short($expected) . ', was ' . self::short($actual));
    }

    /** Whether a journal entry is one of those. */
    public static function fits(mixed $where, mixed $entry): bool
    {
        try {
            self::paths('', $where, $entry);
            return true;
        } catch (Failed) {
            return false;
        }
    }

    private static function at(mixed $value, string $path): mixed
    {
        foreach (explode('.', $path) as $step) {
            $value = match (true) {
                is_array($value) => ctype_digit($step) ? $value[(int) $step] ?? null : null,
                is_object($value) => $value->$step ?? null,
                default => null,
            };
        }
        return $value;
    }

    /** Text in a text, or an element in a list; null for anything else. */
    private static function contains(mixed $operand, mixed $actual): ?bool
    {
        if (is_string($operand) && is_string($actual)) {
            return str_contains($actual, $operand);
        }
        return is_array($actual)
            ? array_filter($actual, static fn (mixed $each): bool => self::equal($operand, $each)) !== []
            : null;
    }

    /** Equality of JSON: numbers by value, but true is not 1. */
    private static function equal(mixed $a, mixed $b): bool
    {
        if ((is_int($a) || is_float($a)) && (is_int($b) || is_float($b))) {
            return $a == $b;
        }
        if ($a instanceof \stdClass && $b instanceof \stdClass) {
            [$a, $b] = [get_object_vars($a), get_object_vars($b)];
            ksort($a);
            ksort($b);
        }
        if (is_array($a) && is_array($b)) {
            if (array_keys($a) !== array_keys($b)) {
                return false;
            }
            foreach ($a as $key => $each) {
                if (!self::equal($each, $b[$key])) {
                    return false;
                }
            }
            return true;
        }
        return $a === $b;
    }

    private static function short(mixed $value): string
    {
        return mb_strimwidth((string) json_encode($value, JSON_UNESCAPED_UNICODE | JSON_PARTIAL_OUTPUT_ON_ERROR), 0, 600, '…');
    }
}
