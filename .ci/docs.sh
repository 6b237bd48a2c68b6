#!/bin/sh
# The documentation is true: snippets equal their files, links lead somewhere, both languages have the same pages, and
# every program and snippet that is shown runs against the mock server, in every language.
#   docs.sh --site     only checks the pages and builds the site
set -eu
. "$(dirname "$0")/lib.sh"
. .ci/programs.sh
need docs
python3 .ci/docs.py --check
need_venv mkdocs==1.6.1
"$venv/bin/mkdocs" build --quiet --strict
[ "${1:-}" != --site ] || exit 0

cargo test --quiet -p zhifuyun-examples
cargo build --quiet -p zhifuyun-mock-server
ran="rust"
for language in python node java php; do
    sh "bindings/$language/make.sh" build
    # The names of errors that the table gives for this language.
    case $language in
        python | node) suffix=Error other=none ;;
        java) suffix=Exception other='(PHP)' ;;
        php) suffix=Exception other='(Java)' ;;
    esac
    names=$(sed -n 's/^| `[a-z_]*` //p' docs/en/errors.md | grep -o "\`[A-Za-z]*$suffix\`[^,|]*" |
        grep -vF "$other" | cut -d '`' -f 2 | tr '\n' ' ')
    case $language in php) more="quickstart webhook-frameworks" ;; *) more="" ;; esac
    for name in first snippets $more; do
        say "$language: $name"
        eval "python3 .ci/with_mock.py \"\$CARGO_TARGET_DIR/debug/zhifuyun-mock-server\" \
            $(program "$language" "$name") examples/rust/tests/certificate.pem $names"
    done
    ran="$ran $language"
done
say "documentation: snippets ran in $ran"
