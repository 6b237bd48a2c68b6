#!/bin/sh
# The Python package: make.sh build|lint|test|contract|package
# Runs from a clean clone; needs Rust and a CPython from 3.11 on (the package itself runs on 3.10 too). Everything else goes into bindings/python/.venv.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/.ci/lib.sh"
venv=$here/.venv
target=$CARGO_TARGET_DIR

environment() {
    need python
    make_venv "$venv"
    stamp=$(cksum <"$here/requirements.txt")
    if [ "$(cat "$venv/.requirements" 2>/dev/null || true)" != "$stamp" ]; then
        quiet "$venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"
        echo "$stamp" >"$venv/.requirements"
    fi
    VIRTUAL_ENV=$venv
    PATH=$venv/bin:$PATH
    PYO3_PYTHON=$venv/bin/python
    export VIRTUAL_ENV PATH PYO3_PYTHON
    unset PYTHONPATH PYTHONHOME
}

build() {
    environment
    cd "$here"
    quiet maturin develop -q
    cd "$root"
    # shellcheck disable=SC2086
    [ -n "${ZHIFUYUN_MOCK_SERVER:-}" ] || quiet cargo build -q -p zhifuyun-mock-server
    ZHIFUYUN_MOCK_SERVER=${ZHIFUYUN_MOCK_SERVER:-$target/debug/zhifuyun-mock-server}
    export ZHIFUYUN_MOCK_SERVER
}

case ${1:-} in
build)
    build
    echo "python: built for $("$venv/bin/python" -V)"
    ;;
lint)
    build
    quiet cargo fmt -p zhifuyun-python --check
    quiet cargo clippy -q -p zhifuyun-python -- -D warnings
    cd "$here"
    quiet ruff format --check python tests "$root/tests/python" "$root/examples/python"
    quiet ruff check python tests "$root/tests/python" "$root/examples/python"
    quiet mypy python "$root/examples/python" tests/test_typing.py
    quiet pyright
    quiet python -m mypy.stubtest zhifuyun --mypy-config-file pyproject.toml
    echo "python: fmt, clippy, ruff, mypy --strict, pyright and stubtest are clean"
    ;;
test)
    build
    cd "$here"
    quiet pytest -p no:cacheprovider
    echo "python: $(tail -n 1 "$log")"
    ;;
contract)
    build
    cd "$root/tests/python"
    quiet pytest -q -p no:cacheprovider test_sync.py test_async.py
    echo "python: the contract holds for Client and AsyncClient; $(tail -n 1 "$log")"
    ;;
package)
    environment
    cd "$here"
    rm -rf "$target/wheels"
    quiet maturin build --release --out "$target/wheels"
    quiet maturin sdist --out "$target/wheels"
    quiet cargo build -q -p zhifuyun-mock-server --manifest-path "$root/Cargo.toml"
    (cd "$root" && as_documented python)
    quiet python packaging_test.py "$target/wheels" "$target/debug/zhifuyun-mock-server"
    echo "python: $(tail -n 1 "$log")"
    ;;
*)
    echo "usage: make.sh build|lint|test|contract|package" >&2
    exit 2
    ;;
esac
