#!/bin/sh
# The mock server under testers that somebody else wrote: schemathesis over its OpenAPI document, and a validating
# proxy between a client and every operation.
set -eu
. "$(dirname "$0")/lib.sh"
need mock
need_venv "schemathesis==4.32.5"
tools="$CARGO_TARGET_DIR/prism"
[ -x "$tools/node_modules/.bin/prism" ] ||
    npm install --prefix "$tools" --loglevel error --no-audit --no-fund --no-save @stoplight/prism-cli@5.14.2 >/dev/null
cargo build --quiet -p zhifuyun-mock-server
python3 .ci/mock.py "$CARGO_TARGET_DIR/debug/zhifuyun-mock-server" "$venv/bin/schemathesis" "$tools/node_modules/.bin/prism"
