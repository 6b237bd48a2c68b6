--TEST--
An uncaught error is one readable line, with the place of the call and without secrets
--EXTENSIONS--
zhifuyun
--FILE--
<?php
$client = new Zhifuyun\Client(clientId: 'id', clientSecret: 'very-secret', baseUrl: 'http://127.0.0.1:9');
$client->tickets->list(limit: 0);
?>
--EXPECTF--
Fatal error: Uncaught Zhifuyun\Exception\InvalidArgumentException: tickets.list: invalid_argument (invalid_argument): limit must be a whole number from 1 to 100, not 0 in %s002-uncaught.php:3
Stack trace:
#0 %s(3): Zhifuyun\Tickets->list(%S)
#1 {main}
  thrown in %s on line 3
