#!/bin/sh
# The contract suite.
#   contract.sh            every runner of tests/runners.json, then the parity report
#   contract.sh --rust     the files and the Rust runners
#   contract.sh --parity   the parity report over what has run
#   contract.sh --mutants  breaks expectations and demands that every runner notices
set -eu
. "$(dirname "$0")/lib.sh"
need_command python3 "install Python 3.10 or later"

files() {
    python3 tests/validate.py
    python3 tests/webhook_scenarios.py --check
}

rust() {
    cargo test --quiet -p zhifuyun-contract
}

languages() {
    for language in python node java php; do
        [ ! -x "bindings/$language/make.sh" ] || "bindings/$language/make.sh" "$1"
    done
}

case "${1:-all}" in
    all)
        files
        rm -rf "$CONTRACT_REPORTS"
        rust
        languages build
        languages contract
        python3 tests/parity.py
        ;;
    --rust) files; rust ;;
    --parity) python3 tests/parity.py ;;
    --mutants) cargo build --quiet -p zhifuyun-mock-server; python3 tests/mutants.py ;;
    *) say "contract.sh [--rust|--parity|--mutants]" >&2; exit 2 ;;
esac
