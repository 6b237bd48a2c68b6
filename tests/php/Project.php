<?php

declare(strict_types=1);

namespace Zhifuyun\Contract;

use Zhifuyun\ConversationPayload;
use Zhifuyun\Exception\ZhifuyunException;
use Zhifuyun\Report;
use Zhifuyun\TicketPayload;

/** Results as plain data, read through public properties only. */
final class Project
{
    private const ERROR = ['kind', 'reason', 'operation', 'argument', 'httpStatus', 'requestId', 'retryAfter',
        'attempts', 'maybeApplied', 'fields', 'webhookReason', 'timing'];

    /** Any public value as JSON. */
    public static function plain(mixed $value): mixed
    {
        if ($value instanceof \DateTimeInterface) {
            $utc = \DateTimeImmutable::createFromInterface($value)->setTimezone(new \DateTimeZone('UTC'));
            return $utc->format((int) $utc->format('v') > 0 ? 'Y-m-d\TH:i:s.v\Z' : 'Y-m-d\TH:i:s\Z');
        }
        if (is_array($value)) {
            return self::table($value);
        }
        if (!is_object($value)) {
            return $value;
        }
        $payload = $value instanceof ConversationPayload || $value instanceof TicketPayload;
        $out = new \stdClass();
        foreach (get_object_vars($value) as $name => $each) {
            if ($payload && $name === 'extra') {
                foreach ($each as $key => $more) {
                    $out->$key = self::plain($more);
                }
            } elseif ($each !== null || !($payload || $name === 'meta')) {
                $out->{self::snake($name)} = $name === 'extra' ? (object) array_map(self::plain(...), $each) : self::plain($each);
            }
        }
        return $out;
    }

    /** The result of a call. */
    public static function answer(mixed $value): object
    {
        return is_object($value) ? (object) self::plain($value) : new \stdClass();
    }

    /**
     * What an iteration brought, whether or not it ended well.
     *
     * @param list<object> $items
     */
    public static function walked(array $items, Report $report): object
    {
        $ids = array_map(static fn (object $item): string => $item->id, $items);
        return (object) [
            'count' => count($ids), 'unique' => count(array_unique($ids)), 'ids' => $ids,
            'items' => self::plain($items), 'report' => self::plain($report),
        ];
    }

    /** An error; `text` is everything that a log could show of it. */
    public static function error(ZhifuyunException $e): object
    {
        $shown = ['message' => $e->detail, 'code' => $e->apiCode];
        foreach (self::ERROR as $name) {
            $shown[self::snake($name)] = self::plain($e->$name);
        }
        return (object) ($shown + ['text' => $e . print_r($e, true)]);
    }

    /** @param array<mixed> $value */
    private static function table(array $value): mixed
    {
        $plain = array_map(self::plain(...), $value);
        return array_is_list($value) ? $plain : (object) $plain;
    }

    private static function snake(string $camel): string
    {
        return strtolower((string) preg_replace('/(?=[A-Z])/', '_', $camel));
    }
}
