# Shared by the scripts beside it and by bindings/*/make.sh. POSIX sh. Sourced as `. PATH/.ci/lib.sh` by a script that
# has set $root, or that lies in .ci.

root=${root:-$(cd "$(dirname "$0")/.." && pwd)}
cd "$root" || exit
export CARGO_TERM_COLOR=never CARGO_TERM_PROGRESS_WHEN=never
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}"
# Where every runner of the contract suite leaves its report.
export CONTRACT_REPORTS="${CONTRACT_REPORTS:-$CARGO_TARGET_DIR/contract}"
# What runs here talks to servers on this machine, or to hosts that do not exist; a proxy of the environment is for
# installing packages.
NO_PROXY=${NO_PROXY:-${no_proxy:-}}
direct=127.0.0.1,localhost,::1,.invalid
case ",$NO_PROXY," in *",$direct,"*) ;; *) NO_PROXY=${NO_PROXY:+$NO_PROXY,}$direct ;; esac
export NO_PROXY no_proxy="$NO_PROXY"
# Maven knows a proxy only by properties. As options of its JVM, so that the tests it runs do not get them.
jvm_proxy() {
    address=${2#*://} address=${address#*@} address=${address%%/*}
    case $address in "") return ;; *:*) ;; *) address=$address:80 ;; esac
    MAVEN_OPTS="${MAVEN_OPTS:-} -D$1.proxyHost=${address%:*} -D$1.proxyPort=${address##*:}"
}
case ${MAVEN_OPTS:-} in *nonProxyHosts*) ;; *)
    jvm_proxy http "${http_proxy:-${HTTP_PROXY:-}}"
    jvm_proxy https "${https_proxy:-${HTTPS_PROXY:-}}"
    direct=$(printf '%s' "$NO_PROXY" | tr -d ' ' | sed 's/,/|/g; s/^\./*./; s/|\./|*./g')
    export MAVEN_OPTS="${MAVEN_OPTS:-} -Dhttp.nonProxyHosts=$direct -Daether.connector.http.useSystemProperties=true"
    ;;
esac
# In a container the clone may belong to somebody else, and git refuses to read it.
git_settings=${GIT_CONFIG_COUNT:-0}
export "GIT_CONFIG_KEY_$git_settings=safe.directory" "GIT_CONFIG_VALUE_$git_settings=$root"
export GIT_CONFIG_COUNT=$((git_settings + 1))
# Where the system's Node.js is too old; see bindings/node/make.sh.
[ ! -x "$CARGO_TARGET_DIR/node/node_modules/node/bin/node" ] || PATH="$CARGO_TARGET_DIR/node/node_modules/node/bin:$PATH"

mkdir -p "$CARGO_TARGET_DIR"

say() { printf '%s\n' "$*"; }

# Quiet on success; everything on failure. The log stays: $log is what the last command said.
log=$CARGO_TARGET_DIR/$(basename "$(dirname "$0")")-$(basename "$0" .sh).log
quiet() {
    "$@" >"$log" 2>&1 || { cat "$log" >&2; say "failed: $*" >&2; exit 1; }
}

# as_documented LANGUAGE : installs what `package` has built, by the line of docs/en/getting-started.md.
as_documented() {
    line=$(sed -n "s,^bindings/$1/make.sh package && ,,p" docs/en/getting-started.md | sed "s,\([ =]\)target/,\1$CARGO_TARGET_DIR/,g")
    [ -n "$line" ] || { say "docs/en/getting-started.md does not say how to install $1" >&2; return 1; }
    quiet sh -euc "$line"
}

# The Python of the tools and of the tests. The package itself runs on 3.10 too.
find_python() {
    for each in ${PYTHON:-} python3.12 python3.13 python3.11 python3; do
        if "$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then say "$each"; return; fi
    done
    return 1
}

# What a part needs, once: TEST=PACKAGE with TEST a command, a Python module or a PHP extension, or just PACKAGE, which
# only dpkg can tell of.
needs() {
    rust="cc=gcc libc6-dev make=make"
    venv="python3=python3 py-ensurepip=python3-venv"
    case $1 in
    lint) say "$rust $venv git=git" ;;
    rust | doc) say "$rust git=git" ;;
    mock) say "$rust $venv npm=npm" ;;
    contract | parity) say "$rust python3=python3" ;;
    python) say "$rust $venv" ;;
    node) say "$rust node=nodejs npm=npm" ;;
    java) say "$rust $venv javac=default-jdk-headless mvn=maven" ;;
    php-build) say "$rust python3=python3 php=php-cli phpize=php-dev clang=clang libclang-dev" ;;
    php-frameworks)
        say "php-illuminate-routing php-illuminate-http php-illuminate-events php-illuminate-cache"
        say "ext-mbstring=php-mbstring php-vlucas-phpdotenv php-symfony-http-foundation php-nyholm-psr7"
        ;;
    php)
        needs php-build
        needs php-frameworks
        say "ext-curl=php-curl ext-mbstring=php-mbstring ext-dom=php-xml php-fpm=php-fpm phpcs=php-codesniffer"
        say "phpunit=phpunit nginx=nginx valgrind=valgrind composer=composer unzip=unzip"
        ;;
    demo) for part in python node java php-build; do needs "$part"; done ;;
    docs) for part in demo php-frameworks; do needs "$part"; done ;;
    guzzle) say "php-guzzlehttp-guzzle" ;;
    esac
}

has() {
    case $1 in
    py-*) "$(find_python || say python3)" -c "import ${1#py-}" 2>/dev/null ;;
    ext-*) php -m 2>/dev/null | grep -qix "${1#ext-}" ;;
    php-fpm) fpm >/dev/null ;;
    *) (PATH=$PATH:/usr/sbin:/sbin; command -v "$1" >/dev/null 2>&1) ;;
    esac
}

# The php-fpm that belongs to this php.
fpm() {
    version=$(php -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;' 2>/dev/null) || return
    (PATH=$PATH:/usr/sbin; command -v "php-fpm$version" || command -v php-fpm)
}

# Rust is not taken from Debian, whose cargo may be older than what core needs.
has_rust() {
    wanted=$(sed -n 's/^rust-version = "1\.\([0-9]*\)"/\1/p' "$root/Cargo.toml")
    found=$(cargo --version 2>/dev/null | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
    [ "${found:-0}" -ge "$wanted" ] || { say "missing: Rust 1.$wanted or later — install it, see https://rustup.rs" >&2; return 1; }
    for part; do
        [ "$part" != lint ] || { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1 ||
            { say "missing: rustfmt or clippy — install them with: rustup component add rustfmt clippy" >&2; return 1; }
    done
}

# need PART... : everything that the parts need, checked before any work. What is missing is installed by one call, as
# root or with a sudo that does not ask; else one line says all of it.
need() {
    missing="" entries=$(for part; do needs "$part"; done)
    for entry in $entries; do
        package=${entry#*=}
        case " $missing " in *" $package "*) continue ;; esac
        case $entry in
        *=*) has "${entry%%=*}" || missing="$missing $package" ;;
        *) ! command -v dpkg-query >/dev/null 2>&1 ||
            dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package" ;;
        esac
    done
    as="" ok=true
    [ "$(id -u)" = 0 ] || as="sudo -n"
    has_rust "$@" || ok=false
    case $entries in *py-*)
        if command -v python3 >/dev/null 2>&1 && ! find_python >/dev/null; then
            say "missing: Python 3.11 or later — install it, or name it in PYTHON" >&2
            ok=false
        fi
        ;;
    esac
    if [ -n "$missing" ] && ! { $ok && command -v apt-get >/dev/null 2>&1 && $as true 2>/dev/null; }; then
        say "missing packages:$missing — install them with: sudo apt-get install$missing" >&2
        ok=false
    fi
    $ok || return 3
    [ -n "$missing" ] || return 0
    say "installing$missing"
    # sudo drops the environment, and with it the proxies.
    as="$as env DEBIAN_FRONTEND=noninteractive $(env | grep -iE '^(http|https|no)_proxy=[^ ]*$' | tr '\n' ' ')"
    # shellcheck disable=SC2086
    { $as apt-get update -q && $as apt-get install -q -y --no-install-recommends $missing; } \
        >"$CARGO_TARGET_DIR/apt.log" 2>&1 || { tail -n 20 "$CARGO_TARGET_DIR/apt.log" >&2; return 3; }
}

# A cargo subcommand from the registry, kept under target/tools.
need_cargo_tool() {
    [ -x "$CARGO_TARGET_DIR/tools/bin/$1" ] || command -v "$1" >/dev/null 2>&1 ||
        cargo install --quiet --locked --root "$CARGO_TARGET_DIR/tools" --target-dir "$CARGO_TARGET_DIR/tools-build" "$1@$2"
    PATH="$CARGO_TARGET_DIR/tools/bin:$PATH"
}

# make_venv DIRECTORY : a Python environment; half-made ones are made again.
make_venv() {
    [ -x "$1/bin/pip" ] && "$1/bin/pip" --version >/dev/null 2>&1 && return
    rm -rf "$1"
    python=$(find_python) || { say "missing: Python 3.11 or later" >&2; return 3; }
    "$python" -m venv "$1"
}

# The Python environment of the project's own tools, with PACKAGE... in it.
need_venv() {
    venv="$CARGO_TARGET_DIR/venv"
    make_venv "$venv"
    [ $# -eq 0 ] || "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"
}
