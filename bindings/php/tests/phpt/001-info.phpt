--TEST--
The extension says what it is and what it found
--EXTENSIONS--
zhifuyun
--ENV--
ZHIFUYUN_CLIENT_ID=id
ZHIFUYUN_CLIENT_SECRET=very-secret
--FILE--
<?php
(new ReflectionExtension('zhifuyun'))->info();
echo phpversion('zhifuyun') === (new ReflectionExtension('zhifuyun'))->getVersion() ? "same\n" : "other\n";
?>
--EXPECTF--
zhifuyun

Zhifuyun SDK => enabled
Version => %d.%d.%d
Built for PHP => %s, %s
TLS => rustls
Clients => kept for the life of the process, %d at most
ZHIFUYUN_CLIENT_ID => set
ZHIFUYUN_CLIENT_SECRET => set
ZHIFUYUN_BASE_URL => not set
ZHIFUYUN_PLAN => not set
ZHIFUYUN_WEBHOOK_SECRET => not set
same
