#!/bin/sh
# Uses the JAR as its users do: on a class path, as a module, from Maven, and inside a Spring Boot JAR.
#   package.sh JAR REPOSITORY     with ZHIFUYUN_MOCK_SERVER and, separated by colons, JDKS
set -eu

jar=$1
repository=$2
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
IFS=:
for home in $jdks${JDKS:+:$JDKS}; do
    unset IFS
    access=
    "$home/bin/java" --enable-native-access=ALL-UNNAMED -version >/dev/null 2>&1 && access=--enable-native-access=ALL-UNNAMED
    said=$("$home/bin/java" $access -Djava.io.tmpdir="$work/tmp" -cp "$jar:$work/out" smoke.Smoke 2>&1)
    [ "$said" = connect ] || fail "class path, $home: $said"
    [ -n "$access" ] && access=--enable-native-access=com.zhifuyun
    said=$("$home/bin/java" $access -Djava.io.tmpdir="$work/tmp" -p "$jar:$work/out" -m smoke/smoke.Smoke 2>&1)
    [ "$said" = connect ] || fail "module path, $home: $said"
done

mvn_() {
    mvn -B -q "-Dmaven.repo.local=$repository" "$@"
}
mvn_ -f "$here/pom.xml" install -DskipTests

# From Maven, in a project that has nothing else: what its class path gets is one JAR, and a call is made with it.
mkdir -p "$work/app/src/main/java"
cat >"$work/app/pom.xml" <<'XML'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>app</groupId>
  <artifactId>app</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.source>1.8</maven.compiler.source>
    <maven.compiler.target>1.8</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency>
      <groupId>com.zhifuyun</groupId>
      <artifactId>zhifuyun-sdk</artifactId>
      <version>0.1.0</version>
    </dependency>
  </dependencies>
</project>
XML
cat >"$work/app/src/main/java/App.java" <<'JAVA'
import com.zhifuyun.ZhifuyunClient;

public class App {
  public static void main(String[] args) {
    try (ZhifuyunClient client = ZhifuyunClient.fromEnv()) {
      System.out.println(client.conversations().list().getTotal());
    }
  }
}
JAVA
mvn_ -f "$work/app/pom.xml" compile dependency:copy-dependencies -DincludeScope=runtime
found=$(ls "$work/app/target/dependency")
[ "$found" = zhifuyun-sdk-0.1.0.jar ] || fail "more than the SDK on the class path: $found"
said=$(python3 "$here/../../.ci/with_mock.py" "$ZHIFUYUN_MOCK_SERVER" java -Djava.io.tmpdir="$work/tmp" \
    -cp "$work/app/target/classes:$work/app/target/dependency/$found" App)
[ "$said" = 300 ] || fail "from Maven: $said"

# Inside a Spring Boot JAR, where the native half is in a JAR within a JAR.
(cd "$here/../../examples/java" && mvn_ package -DskipTests)
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
