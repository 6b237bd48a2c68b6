#!/bin/sh
# Rules about files that no linter knows.
set -eu
. "$(dirname "$0")/lib.sh"

bad=0
refuse() { say "$1" >&2; bad=1; }

long=$(git ls-files '*.rs' '*.c' '*.py' '*.ts' '*.mts' '*.mjs' '*.java' '*.php' '*.sh' | xargs wc -l | awk '$2 != "total" && $1 >= 400 { print $2 " (" $1 ")" }')
[ -z "$long" ] || refuse "files of 400 lines or more: $long"

runners='tests/rust tests/python tests/node/*.mts tests/php bindings/java/src/test/java/contract'
# shellcheck disable=SC2086
long=$(git ls-files $runners | grep -E '\.(rs|py|mts|php|java)$' | xargs wc -l | awk '$2 != "total" && $1 > 200 { print $2 " (" $1 ")" }')
[ -z "$long" ] || refuse "files of a runner of more than 200 lines: $long"

soft=$(git grep -nIE '\b(TODO|FIXME|XXX)\b|unimplemented!|todo!' -- ':!*.lock' ':!.ci/files.sh' ':!*package-lock.json' || true)
[ -z "$soft" ] || refuse "unfinished marks:
$soft"

# One directory of core knows hyper, and no binding does.
leaks=$(git grep -lE '\b(hyper|hyper_util|h2|tokio_rustls)::' -- 'core/src/*.rs' 'bindings/*.rs' ':!core/src/transport/*.rs' || true)
[ -z "$leaks" ] || refuse "the HTTP library outside the transport: $leaks"

unsafe_code=$(git ls-files 'core/src/lib.rs' 'mock-server/src/lib.rs' 'bindings/bridge/src/lib.rs' | xargs grep -L 'forbid(unsafe_code)' || true)
[ -z "$unsafe_code" ] || refuse "unsafe code is not forbidden in: $unsafe_code"

exit "$bad"
