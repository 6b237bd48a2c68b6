#!/bin/sh
# Runs the PHPT tests with the runner that comes with PHP's development files: phpt.sh EXTENSION
set -eu
cd "$(dirname "$0")/tests/phpt"
runner=$(php-config --prefix)/lib/php/$(php-config --phpapi)/build/run-tests.php
NO_INTERACTION=1 TEST_PHP_EXECUTABLE=$(command -v php) php "$runner" -q -n --show-diff -d "extension=$1" .
