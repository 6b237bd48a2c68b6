--TEST--
What cannot be made, cloned or serialized says so
--EXTENSIONS--
zhifuyun
--FILE--
<?php
$client = new Zhifuyun\Client(clientId: 'id', clientSecret: 'very-secret');
foreach (
    [
        static fn () => clone $client,
        static fn () => serialize($client),
        static fn () => new Zhifuyun\Tickets(),
        static fn () => new Zhifuyun\Client(clientId: 'id'),
        static fn () => $client->nothing = 1,
        static fn () => Zhifuyun\TicketStatus::from('unknown'),
    ] as $try
) {
    try {
        $try();
        echo "nothing\n";
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
}
var_dump($client);
?>
--EXPECTF--
Error: Trying to clone an uncloneable object of class Zhifuyun\Client
Exception: Serialization of 'Zhifuyun\Client' is not allowed
Exception: You cannot instantiate this class from PHP.
Zhifuyun\Exception\ConfigException: config (invalid_config): %s
Error: Cannot create dynamic property Zhifuyun\Client::$nothing
ValueError: "unknown" is not a valid backing value for enum %SZhifuyun\TicketStatus%S
object(Zhifuyun\Client)#%d (1) {
  ["closed"]=>
  bool(false)
}
