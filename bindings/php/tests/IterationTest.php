<?php

declare(strict_types=1);

namespace Zhifuyun\Tests;

use PHPUnit\Framework\TestCase;
use Zhifuyun\Exception\PermissionDeniedException;
use Zhifuyun\Ticket;

/** Lists, item by item and page by page. */
final class IterationTest extends TestCase
{
    public function testIteration(): void
    {
        $client = (new World(['tickets' => World::tickets(25)]))->client();
        $tickets = $client->tickets->iterate(limit: 10);
        self::assertCount(25, iterator_to_array($tickets));
        self::assertCount(25, iterator_to_array($tickets), 'a second foreach begins anew');
        self::assertTrue($tickets->report()->complete);
        $pages = $client->tickets->iterate(limit: 10)->pages();
        self::assertSame([10, 10, 5], array_map('count', iterator_to_array($pages)));
        self::assertSame(25, $pages->report()->items);
    }

    /** Items and pages are two views of one walk: whoever begins a foreach gets all of it. */
    public function testItemsAndPagesBeginAnew(): void
    {
        $client = (new World(['tickets' => World::tickets(25)]))->client();
        $walk = $client->tickets->iterate(limit: 10);
        $counts = fn (): array => array_map('count', iterator_to_array($walk->pages()));
        self::assertSame([10, 10, 5], $counts());
        self::assertCount(25, iterator_to_array($walk));
        self::assertSame([10, 10, 5], $counts());
        $pages = $walk->pages();
        self::assertSame([10, 10, 5], array_map('count', iterator_to_array($pages)));
        self::assertSame([10, 10, 5], array_map('count', iterator_to_array($pages)));
        foreach ($walk as $item) {
            break;
        }
        self::assertSame(['ticket_25', 10], [$item->id, count($walk->pages()->current())]);
        self::assertSame([10, 10, 5], $counts(), 'nothing was passed yet');
    }

    /** What foreach, generators and other iterators see. */
    public function testForeach(): void
    {
        $world = new World(['tickets' => World::tickets(5)]);
        $ids = array_column(array_reverse(World::tickets(5)), 'id');
        $walk = $world->client()->tickets->iterate(limit: 2);
        $seen = [];
        foreach ($walk as $key => $ticket) {
            $seen[$key] = $ticket->id;
        }
        self::assertSame($ids, $seen);
        $all = static function () use ($walk): \Generator {
            yield from $walk;
        };
        self::assertSame($ids, array_map(static fn (Ticket $t): string => $t->id, iterator_to_array($all())));
        $some = new \LimitIterator(new \IteratorIterator($walk), 1, 3);
        self::assertSame([1, 2, 3], array_keys(iterator_to_array($some)));
        self::assertCount(5, [...$walk]);
        self::assertNull($walk->current());
        foreach ($walk as $ticket) {
            $walk->next();
            $odd[] = $ticket->id;
        }
        self::assertSame([$ids[0], $ids[2], $ids[4]], $odd);
        $world->fault(['match' => ['path' => '/v1/tickets'], 'when' => ['nth' => 2], 'action' => ['status' => 403]]);
        $walk = $world->client()->tickets->iterate(limit: 2);
        $seen = [];
        try {
            foreach ($walk as $ticket) {
                $seen[] = $ticket->id;
            }
            self::fail();
        } catch (PermissionDeniedException) {
            self::assertCount(2, $seen);
        }
        $this->expectExceptionMessage('An iterator cannot be used with foreach by reference');
        foreach ($walk as &$ticket) {
            self::fail();
        }
    }

    /** By hand, in any order, with what any other iterator answers. */
    public function testIteratingByHand(): void
    {
        $client = (new World(['tickets' => World::tickets(5)]))->client();
        $ids = array_column(array_reverse(World::tickets(5)), 'id');
        $all = 'n c|n n c|c n n c|n n n n c|n n n n n n v c|v v n n v c r c|n r n c n|c c k n n k';
        foreach (explode('|', $all) as $steps) {
            $answers = static function (\Iterator $iterator, callable $id) use ($steps): array {
                $answers = [];
                foreach (explode(' ', $steps) as $step) {
                    $answers[] = match ($step) {
                        'n' => $iterator->next(),
                        'r' => $iterator->rewind(),
                        'v' => $iterator->valid(),
                        'k' => $iterator->key(),
                        'c' => $iterator->valid() ? $id($iterator->current()) : null,
                    };
                }
                return $answers;
            };
            $expected = $answers(new \ArrayIterator($ids), static fn (string $id): string => $id);
            $walk = $client->tickets->iterate(limit: 2);
            self::assertSame($expected, $answers($walk, static fn (Ticket $t): string => $t->id), $steps);
            $first = static fn (iterable $page): string => [...$page][0]->id;
            $pages = $client->tickets->iterate(limit: 1)->pages();
            self::assertSame($expected, $answers($pages, $first), "$steps, by page");
        }
    }
}
