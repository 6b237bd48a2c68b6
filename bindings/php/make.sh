#!/bin/sh
# The PHP part: build | lint | test | contract | package. Run by `make`; each ends with one line.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
here=bindings/php
profile=${PROFILE:-dev}
case $profile in dev) out=$target/debug ;; *) out=$target/$profile ;; esac
export ZHIFUYUN_EXTENSION="$out/libzhifuyun.so" ZHIFUYUN_MOCK_SERVER="$out/zhifuyun-mock-server"
mkdir -p "$target"
log=$target/php.log

quiet() {
    "$@" >"$log" 2>&1 || { cat "$log" >&2; echo "php: failed: $*" >&2; exit 1; }
}

# need PACKAGE... -- installs what is missing.
need() {
    missing=
    for package; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then run=; elif command -v sudo >/dev/null; then run='sudo -n'; else
        echo "php: please install:$missing" >&2
        exit 1
    fi
    # shellcheck disable=SC2086
    { quiet $run apt-get update -qq; quiet $run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; }
}

build() {
    need php8.2-dev php8.2-cli clang libclang-dev
    quiet cargo build -q --profile "$profile" -p zhifuyun-php -p zhifuyun-mock-server
}

php_() {
    php -d "extension=$ZHIFUYUN_EXTENSION" "$@"
}

phpunit_() {
    quiet php_ /usr/bin/phpunit --no-configuration --do-not-cache-result "$@"
}

case ${1:-} in
build)
    build
    echo "php: built $(basename "$ZHIFUYUN_EXTENSION")"
    ;;
lint)
    build
    need php-codesniffer
    quiet cargo fmt -p zhifuyun-php --check
    quiet cargo clippy -q -p zhifuyun-php -- -D warnings
    quiet phpcs --standard=$here/phpcs.xml $here/composer $here/tests tests/php examples/php
    quiet php_ $here/composer/bin/stubs --check
    echo "php: lint is clean"
    ;;
test)
    build
    need phpunit php8.2-fpm php8.2-curl php8.2-mbstring php8.2-xml nginx-light valgrind composer
    # The frameworks, for the adapters.
    need php-illuminate-routing php-illuminate-http php-illuminate-events php-illuminate-cache php-vlucas-phpdotenv \
        php-symfony-http-foundation php-nyholm-psr7
    phpunit_ --bootstrap $here/tests/bootstrap.php --test-suffix Test.php $here/tests
    quiet $here/phpt.sh "$ZHIFUYUN_EXTENSION"
    quiet env USE_ZEND_ALLOC=0 valgrind -q --error-exitcode=9 php -n -d "extension=$ZHIFUYUN_EXTENSION" $here/tests/valgrind.php
    echo "php: tests passed, valgrind found nothing"
    ;;
contract)
    build
    need phpunit php8.2-mbstring php8.2-xml
    phpunit_ --bootstrap tests/php/bootstrap.php tests/php/ContractTest.php
    echo "php: the contract holds"
    ;;
package)
    need composer unzip
    quiet cargo build -q --release -p zhifuyun-php
    made=$($here/pie.sh "$target/release/libzhifuyun.so" "$target/php")
    quiet composer validate --no-check-publish --no-check-all $here/composer.json
    quiet composer validate --no-check-publish --no-check-all $here/composer/composer.json
    echo "php: packaged $made"
    ;;
*)
    echo "usage: $0 build|lint|test|contract|package" >&2
    exit 2
    ;;
esac
