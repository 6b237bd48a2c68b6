#!/bin/sh
# The contract suite.
#   contract.sh            every runner of tests/runners.json, then the parity report, whatever failed before
#   contract.sh --rust     the files and the Rust runners
#   contract.sh --parity   the parity report over what has run
#   contract.sh --mutants  breaks expectations and demands that every runner notices
set -eu
. "$(dirname "$0")/lib.sh"
need contract

# Joined by `&&`, because `set -e` does not hold inside of a condition.
files() {
    python3 tests/validate.py && python3 tests/webhook_scenarios.py --check
}

rust() {
    cargo test --quiet --no-fail-fast -p zhifuyun-contract
}

# attempt NAME COMMAND... : goes on after a failure and remembers it.
failed=""
attempt() {
    name=$1
    shift
    say "== $name"
    "$@" || { failed="$failed $name"; return 1; }
}

all() {
    mkdir -p "$CONTRACT_REPORTS"
    rm -f "$CONTRACT_REPORTS"/*.json
    attempt files files || true
    attempt rust rust || true
    for language in python node java php; do
        make=bindings/$language/make.sh
        if attempt "$language/build" sh "$make" build; then attempt "$language" sh "$make" contract || true; fi
    done
    attempt parity python3 tests/parity.py || true
    [ -z "$failed" ] || { say "failed:$failed" >&2; return 1; }
}

case "${1:-all}" in
    all) all ;;
    --rust) files; rust ;;
    --parity) python3 tests/parity.py ;;
    --mutants) cargo build --quiet -p zhifuyun-mock-server; python3 tests/mutants.py ;;
    *) say "contract.sh [--rust|--parity|--mutants]" >&2; exit 2 ;;
esac
