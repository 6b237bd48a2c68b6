<?php

declare(strict_types=1);

namespace Zhifuyun\Tests\frameworks;

use Illuminate\Http\Request;
use Illuminate\Http\Response;

/** Stands for the CSRF check of the group "web". */
final class RefuseAll
{
    public function handle(Request $request, \Closure $next): Response
    {
        return new Response('', 403);
    }
}
