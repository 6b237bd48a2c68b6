#!/bin/sh
# Packs a built extension as PIE finds it among the files of a release: pie.sh EXTENSION DIRECTORY
# The name says for which PHP it was built; the archive holds the one file that PHP loads.
set -eu
extension=$1 directory=$2
# What the extension itself says, loaded alone: so a file that does not load is not packed either.
version=$(php -n -d "extension=$extension" -r 'echo phpversion("zhifuyun");')
[ -n "$version" ] || { echo "pie.sh: $extension cannot be loaded" >&2; exit 1; }
php=$(php -n -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;')
threads=$(php -n -r 'echo PHP_ZTS ? "-zts" : "";')
case $(uname -s) in Darwin) system=darwin-bsdlibc ;; *)
    if ldd --version 2>&1 | grep -qi musl; then system=linux-musl; else system=linux-glibc; fi ;; esac
mkdir -p "$directory"
name=$directory/php_zhifuyun-${version}_php$php-$(uname -m)-$system$threads.zip
cp "$extension" "$directory/zhifuyun.so"
rm -f "$name"
(cd "$directory" && python3 -m zipfile -c "$name" zhifuyun.so)
echo "$name"
