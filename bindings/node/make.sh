#!/bin/sh
# make.sh build|lint|test|contract|package: the Node.js part of the suite. Installs what it needs.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/.ci/lib.sh"
cd "$here"
export ZHIFUYUN_MOCK_SERVER="${ZHIFUYUN_MOCK_SERVER:-$CARGO_TARGET_DIR/debug/zhifuyun-mock-server}"
bin=node_modules/.bin
case "$(uname -s)" in
    Darwin) library=libzhifuyun_node.dylib ;;
    *) library=libzhifuyun_node.so ;;
esac

# Node.js of Debian may be older than what the tests need; then npm has a newer one.
need_node() {
    need node
    recent='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 11) ? 0 : 1)'
    node -e "$recent" && return
    quiet npm install --prefix "$CARGO_TARGET_DIR/node" --no-audit --no-fund node@22
    PATH="$CARGO_TARGET_DIR/node/node_modules/node/bin:$PATH"
    node -e "$recent" || { say "node: the tests need Node.js 20.11 or later, this is $(node --version)" >&2; exit 1; }
}

modules() {
    need_node
    if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
        npm ci --silent --no-audit --no-fund
    fi
}

typescript() {
    modules
    rm -rf dist
    $bin/tsc -p tsconfig.json --emitDeclarationOnly
    $bin/rollup --config --silent
}

# By rename: a running process keeps the file that it has mapped.
native() {
    cargo build --quiet -p zhifuyun-node "$@"
}

place() {
    cp "$1" zhifuyun.node.new
    mv zhifuyun.node.new zhifuyun.node
}

build() {
    native
    place "$CARGO_TARGET_DIR/debug/$library"
    typescript
}

built() {
    [ -f zhifuyun.node ] && [ -f dist/index.js ] || build
    [ -x "$ZHIFUYUN_MOCK_SERVER" ] || cargo build --quiet -p zhifuyun-mock-server
    modules
    # As a user's program sees it.
    for user in "$root/tests/node" "$root/examples/node"; do
        mkdir -p "$user/node_modules/@zhifuyun"
        ln -sfn "$here" "$user/node_modules/@zhifuyun/sdk"
        ln -sfn "$here/node_modules/express" "$here/node_modules/@types" "$user/node_modules/"
    done
}

case "${1:-}" in
    build)
        build
        echo "node build: ok"
        ;;
    lint)
        [ -f dist/index.js ] || typescript
        modules
        cargo clippy --quiet -p zhifuyun-node -- -D warnings
        cargo fmt -p zhifuyun-node --check
        for place in . "$root/tests/node" "$root/examples/node"; do
            (cd "$place" && "$here/$bin/biome" ci --colors=off --error-on-warnings .)
        done
        $bin/tsc -p test/tsconfig.json --noEmit
        $bin/typedoc --logLevel Warn --treatWarningsAsErrors --out "$CARGO_TARGET_DIR/doc-node"
        echo "node lint: ok"
        ;;
    test)
        built
        rm -rf test/dist
        $bin/tsc -p test/tsconfig.json
        node --test --test-reporter=spec test/dist/*.test.mjs
        echo "node test: ok"
        ;;
    contract)
        built
        cd "$root/tests/node"
        rm -rf dist
        "$here/$bin/tsc" -p tsconfig.json
        node --test --test-reporter=dot dist/contract.test.mjs
        echo
        echo "node contract: ok"
        ;;
    package)
        built
        profile=${ZHIFUYUN_PROFILE:-release}
        native --profile "$profile"
        node scripts/package.mjs "$CARGO_TARGET_DIR/$profile/$library" >/dev/null
        [ -d test/dist ] || $bin/tsc -p test/tsconfig.json
        node --test --test-reporter=spec test/dist/package.mjs
        echo "node package: ok"
        ;;
    *)
        echo "usage: make.sh build|lint|test|contract|package" >&2
        exit 2
        ;;
esac
