#!/bin/sh
# Uses the JAR as its users do: on a class path, as a module, and inside a Spring Boot JAR.
set -eu

jar=$1
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "java: $*" >&2
    exit 1
}

jar --describe-module --file "$jar" 2>&1 | grep -q '^com.zhifuyun@0.1.0 automatic' || fail "the module has no name"
jar tf "$jar" | grep -E '\.class$' | grep -v '^com/zhifuyun/' && fail "foreign classes in the JAR"
javap -v -cp "$jar" com.zhifuyun.ZhifuyunClient | grep -q 'major version: 52' || fail "not for Java 8"

mkdir "$work/smoke" "$work/tmp"
cat >"$work/smoke/Smoke.java" <<'JAVA'
package smoke;

public class Smoke {
  public static void main(String[] args) {
    var builder = com.zhifuyun.ZhifuyunClient.builder().clientId("id").clientSecret("secret");
    try (var client = builder.baseUrl("http://127.0.0.1:1").maxRetries(0).build()) {
      client.conversations().list();
    } catch (com.zhifuyun.ConnectionException e) {
      System.out.println(e.getReason());
    }
  }
}
JAVA
echo 'module smoke { requires com.zhifuyun; }' >"$work/smoke/module-info.java"
javac -p "$jar" -d "$work/out" -Xlint:-requires-automatic "$work/smoke/"*.java

jdks=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
for home in $jdks $(echo "${JDKS:-}" | tr : ' '); do
    access=
    "$home/bin/java" --enable-native-access=ALL-UNNAMED -version >/dev/null 2>&1 && access=--enable-native-access=ALL-UNNAMED
    said=$("$home/bin/java" $access -Djava.io.tmpdir="$work/tmp" -cp "$jar:$work/out" smoke.Smoke 2>&1)
    [ "$said" = connect ] || fail "class path, $home: $said"
    [ -n "$access" ] && access=--enable-native-access=com.zhifuyun
    said=$("$home/bin/java" $access -Djava.io.tmpdir="$work/tmp" -p "$jar:$work/out" -m smoke/smoke.Smoke 2>&1)
    [ "$said" = connect ] || fail "module path, $home: $said"
done

# Inside a Spring Boot JAR, where the native half is in a JAR within a JAR.
mvn -B -q -f "$here/pom.xml" install -DskipTests
(cd "$here/../../examples/java" && mvn -B -q package -DskipTests)
mkfifo "$work/log"
ZHIFUYUN_WEBHOOK_SECRET=whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA= \
    java -Djava.io.tmpdir="$work/tmp" -jar "$here/../../examples/java/target/zhifuyun-examples-0.1.0.jar" \
    --server.port=0 >"$work/log" 2>&1 &
pid=$!
if grep -q -m 1 'Started WebhookReceiver' "$work/log"; then
    kill "$pid"
else
    kill "$pid" 2>/dev/null || true
    fail "the Spring Boot JAR does not start"
fi
wait "$pid" 2>/dev/null || true
