#!/bin/sh
# The PHP part: build | lint | test | contract | package. Run by `make`; each ends with one line.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/.ci/lib.sh"
target=$CARGO_TARGET_DIR
here=bindings/php
profile=${PROFILE:-dev}
case $profile in dev) out=$target/debug ;; *) out=$target/$profile ;; esac
export ZHIFUYUN_EXTENSION="$out/libzhifuyun.so" ZHIFUYUN_MOCK_SERVER="$out/zhifuyun-mock-server"

build() {
    quiet cargo build -q --profile "$profile" -p zhifuyun-php -p zhifuyun-mock-server
}

php_() {
    php -d "extension=$ZHIFUYUN_EXTENSION" "$@"
}

phpunit_() {
    quiet php_ "$(command -v phpunit)" --no-configuration --do-not-cache-result "$@"
}

case ${1:-} in build) need php-build ;; *) need php ;; esac
case ${1:-} in
build)
    build
    echo "php: built $(basename "$ZHIFUYUN_EXTENSION")"
    ;;
lint)
    build
    quiet cargo fmt -p zhifuyun-php --check
    quiet cargo clippy -q -p zhifuyun-php -- -D warnings
    quiet phpcs --standard=$here/phpcs.xml $here/composer $here/tests tests/php examples/php
    quiet php_ $here/composer/bin/stubs --check
    echo "php: lint is clean"
    ;;
test)
    build
    phpunit_ --bootstrap $here/tests/bootstrap.php --test-suffix Test.php $here/tests
    phpunit_ --bootstrap $here/tests/bootstrap.php examples/php/ShopTest.php
    quiet $here/phpt.sh "$ZHIFUYUN_EXTENSION"
    quiet env USE_ZEND_ALLOC=0 valgrind -q --error-exitcode=9 php -n -d "extension=$ZHIFUYUN_EXTENSION" $here/tests/valgrind.php
    echo "php: tests passed, valgrind found nothing"
    ;;
contract)
    build
    phpunit_ --bootstrap tests/php/bootstrap.php tests/php/ContractTest.php
    echo "php: the contract holds"
    ;;
package)
    profile=release
    quiet cargo build -q --release -p zhifuyun-php
    made=$($here/pie.sh "$target/release/libzhifuyun.so" "$target/php")
    as_documented php
    # Nothing but the extension, not even a php.ini, makes the first calls.
    quiet cargo build -q -p zhifuyun-mock-server
    quiet python3 .ci/with_mock.py "$target/debug/zhifuyun-mock-server" \
        php -n -d "extension=$target/php/zhifuyun.so" examples/php/first.php
    quiet composer validate --no-check-publish --no-check-all $here/composer.json
    quiet composer validate --no-check-publish --no-check-all $here/composer/composer.json
    echo "php: packaged $made"
    ;;
*)
    echo "usage: $0 build|lint|test|contract|package" >&2
    exit 2
    ;;
esac
