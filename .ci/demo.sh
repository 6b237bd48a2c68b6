#!/bin/sh
# Builds what the demo needs and runs it: see demo.py. A second run finds everything built.
set -eu
. "$(dirname "$0")/lib.sh"
. .ci/programs.sh

logs="$CARGO_TARGET_DIR/demo"
mkdir -p "$logs"

# Every few seconds the last line of a log. Its sleep holds nothing open, so that a pipe ends with the demo.
follow() {
    waited=0
    while sleep 10 >/dev/null 2>&1; do
        waited=$((waited + 10))
        line=$(grep -v '^[[:space:][:cntrl:]0m[]*$' "$1" | tail -n 1 | cut -c 1-90)
        printf '  %4s s  %s\n' "$waited" "${line:-still at it}"
    done
}

# step NAME COMMAND...: runs it into a log. In the foreground, so that Ctrl-C reaches what it runs.
step() {
    name=$1
    shift
    begin=$(date +%s)
    say "building $name"
    : >"$logs/$name.log"
    follow "$logs/$name.log" &
    follower=$!
    code=0
    "$@" >"$logs/$name.log" 2>&1 || code=$?
    kill "$follower" 2>/dev/null && wait "$follower" 2>/dev/null || true
    follower=""
    took=$(($(date +%s) - begin))
    [ "$took" -lt 10 ] || say "  done in $took s"
    [ "$code" = 0 ] || tail -n 40 "$logs/$name.log" >&2
    return "$code"
}
follower=""
trap '[ -z "$follower" ] || kill "$follower" 2>/dev/null' EXIT
trap 'exit 130' INT TERM

build_rust() {
    cargo build -p zhifuyun-mock-server -p zhifuyun-examples
}

# What a build depends on and what it made. Equal before and after: nothing has to be built.
state() {
    git rev-parse HEAD && git diff HEAD || return 1
    git ls-files -z --others --exclude-standard | xargs -0 -r cksum
    # shellcheck disable=SC2012
    ls -l --time-style=full-iso "$CARGO_TARGET_DIR"/debug/*.so "$CARGO_TARGET_DIR/debug/zhifuyun-mock-server" \
        "$CARGO_TARGET_DIR/debug/demo" bindings/python/python/zhifuyun/*.so bindings/python/.venv/bin/python \
        bindings/node/zhifuyun.node bindings/node/dist/index.js bindings/java/target/*.jar
}

need demo
if state >"$logs/now" 2>/dev/null && cmp -s "$logs/now" "$logs/built"; then
    say "nothing has changed since the last run"
    fresh=true
else
    rm -f "$logs/built"
    fresh=false
    step rust build_rust || exit 1
fi

set --
failed=false
for language in python node java php; do
    if $fresh || step "$language" sh "bindings/$language/make.sh" build; then
        set -- "$@" "$language=$(program "$language" demo)"
    else
        failed=true
        set -- "$@" "$language="
    fi
done
if ! $fresh && ! $failed; then state >"$logs/built" 2>/dev/null || rm -f "$logs/built"; fi
exec python3 .ci/demo.py "$CARGO_TARGET_DIR/debug/zhifuyun-mock-server" "$@" "rust=$(words "$CARGO_TARGET_DIR/debug/demo")"
