# How a program in examples/<language> is run with the package that bindings/<language>/make.sh has built.
# Sourced after lib.sh, which sets $root.
# shellcheck disable=SC2154

# The file of a program: program_file LANGUAGE NAME, with NAME one of first, snippets, demo.
program_file() {
    case $1 in
    python) say "examples/python/$2.py" ;;
    node) say "examples/node/$2.mjs" ;;
    java) say "examples/java/$(printf '%s' "$2" | cut -c 1 | tr '[:lower:]' '[:upper:]')$(printf '%s' "$2" | cut -c 2-).java" ;;
    php) say "examples/php/$2.php" ;;
    esac
}

# words WORD... : as a shell reads them back, whatever is in a path.
words() {
    for word; do printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"; done
}

# program LANGUAGE NAME : the command that runs it, for eval.
program() {
    file=$(program_file "$1" "$2")
    case $1 in
    python) words bindings/python/.venv/bin/python "$file" ;;
    node)
        # A folder in which `@zhifuyun/sdk` resolves, as it does where the package is installed.
        modules="$CARGO_TARGET_DIR/programs/node/node_modules"
        mkdir -p "$modules/@zhifuyun"
        ln -sfn "$root/bindings/node" "$modules/@zhifuyun/sdk"
        for framework in fastify hono; do ln -sfn "$root/bindings/node/node_modules/$framework" "$modules/$framework"; done
        cp examples/node/*.mjs "$CARGO_TARGET_DIR/programs/node/"
        words node "$CARGO_TARGET_DIR/programs/node/$(basename "$file")"
        ;;
    java)
        version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
        words java -Dfile.encoding=UTF-8 -cp "$root/bindings/java/target/zhifuyun-sdk-$version.jar" "$file"
        ;;
    php)
        # Alone where it can be; frameworks need extensions of their own.
        case $2 in *-frameworks) alone="" ;; *) alone=-n ;; esac
        words php ${alone:+"$alone"} -d "extension=$CARGO_TARGET_DIR/debug/libzhifuyun.so" "$file"
        ;;
    esac
}
