# Shared by the scripts beside it. POSIX sh.

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
export CARGO_TERM_COLOR=never CARGO_TERM_PROGRESS_WHEN=never
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}"
# Where every runner of the contract suite leaves its report.
export CONTRACT_REPORTS="${CONTRACT_REPORTS:-$CARGO_TARGET_DIR/contract}"

say() { printf '%s\n' "$*"; }

# need_apt PACKAGE... : installs Debian packages that are missing, as root or with sudo; else one clear line.
need_apt() {
    missing=""
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then as=""; elif sudo -n true 2>/dev/null; then as="sudo"; else
        say "missing packages:$missing — install them with: sudo apt-get install$missing" >&2
        return 3
    fi
    say "installing$missing"
    # shellcheck disable=SC2086
    { $as apt-get update -q && DEBIAN_FRONTEND=noninteractive $as apt-get install -q -y --no-install-recommends $missing; } \
        >"$CARGO_TARGET_DIR/apt.log" 2>&1 || { tail -20 "$CARGO_TARGET_DIR/apt.log" >&2; return 3; }
}

# need_command COMMAND HOW : one clear line if a toolchain is missing.
need_command() {
    command -v "$1" >/dev/null 2>&1 && return 0
    say "missing: $1 — $2" >&2
    return 3
}

# A cargo subcommand from the registry, kept under target/tools.
need_cargo_tool() {
    [ -x "$CARGO_TARGET_DIR/tools/bin/$1" ] || command -v "$1" >/dev/null 2>&1 ||
        cargo install --quiet --locked --root "$CARGO_TARGET_DIR/tools" --target-dir "$CARGO_TARGET_DIR/tools-build" "$1@$2"
    PATH="$CARGO_TARGET_DIR/tools/bin:$PATH"
}

# The Python environment of the project's own tools.
need_venv() {
    need_command python3 "install Python 3.10 or later" || return
    venv="$CARGO_TARGET_DIR/venv"
    if [ ! -x "$venv/bin/pip" ]; then
        python3 -m venv "$venv" 2>/dev/null || { need_apt python3-venv && python3 -m venv "$venv"; }
    fi
    [ $# -eq 0 ] || "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"
}

mkdir -p "$CARGO_TARGET_DIR"
