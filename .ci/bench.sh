#!/bin/sh
# The bench: builds what is shipped, installs the peers below target/bench, and compares.
#   bench.sh              all parts
#   bench.sh PART...      mock, rust, python, node, java, php
set -eu
. "$(dirname "$0")/lib.sh"

here=$root/tests/bench
out=$CARGO_TARGET_DIR/bench
log=$out/build.log
mkdir -p "$out"

# The native half of a binding, as it is shipped.
native() { quiet cargo build --quiet --release -p "zhifuyun-$1"; }

part_mock() { :; }
part_rust() { :; }

part_python() {
    make_venv "$out/python"
    quiet "$out/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/python/requirements.txt"
    native python
    site=$("$out/python/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    rm -rf "$site/zhifuyun"
    cp -R bindings/python/python/zhifuyun "$site/"
    rm -f "$site"/zhifuyun/_native*.so
    cp "$CARGO_TARGET_DIR/release/lib_native.so" "$site/zhifuyun/_native.abi3.so"
}

part_node() {
    mkdir -p "$out/node"
    cp "$here/node/package.json" "$here/node/package-lock.json" "$here/node/bench.mjs" "$out/node/"
    (cd "$out/node" && quiet npm ci --silent --no-audit --no-fund)
    sh bindings/node/make.sh build
    native node
    sdk=$out/node/node_modules/@zhifuyun/sdk
    mkdir -p "$sdk"
    cp -R bindings/node/dist bindings/node/package.json "$sdk/"
    cp "$CARGO_TARGET_DIR/release/libzhifuyun_node.so" "$sdk/zhifuyun.node"
}

part_java() {
    rm -rf "$out/java"
    mkdir -p "$out/java/lib" "$out/java/classes"
    quiet mvn -B -q -Dmaven.repo.local="$CARGO_TARGET_DIR/m2" -f "$here/java/pom.xml" dependency:copy-dependencies -DoutputDirectory="$out/java/lib"
    PROFILE=release sh bindings/java/make.sh build
    cp bindings/java/target/zhifuyun-sdk-*[0-9].jar "$out/java/lib/zhifuyun-sdk.jar"
    # Strings are joined by plain code: machinery that only the report line starts would count as part of a whole process.
    javac -XDstringConcat=inline -d "$out/java/classes" -cp "bindings/java/target/classes:$out/java/lib/*" "$here"/java/*.java
}

part_php() {
    PHP_FPM=$(fpm)
    export PHP_FPM
    native php
}

[ $# -gt 0 ] || set -- mock rust python node java php
for part in "$@"; do
    case $part in mock | rust | python | node | java | php) ;;
    *) say "there is no part $part; there are: mock rust python node java php" >&2; exit 2 ;; esac
done
case " $* " in *" php "*) need "$@" guzzle ;; *) need "$@" ;; esac
quiet cargo build --quiet --profile fast -p zhifuyun-mock-server
(cd "$here/rust" && CARGO_TARGET_DIR="$out/rust" quiet cargo build --quiet --release --locked)
for part in "$@"; do "part_$part"; done
exec "$(find_python)" "$here/run.py" "$root" "$CARGO_TARGET_DIR" "$@"
