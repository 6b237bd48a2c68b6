//! Compiles the shim: what the engine offers only as C macros.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=src/shim.c");
    println!("cargo:rerun-if-env-changed=PHP_CONFIG");
    let config = std::env::var("PHP_CONFIG").unwrap_or_else(|_| "php-config".to_owned());
    let output = Command::new(&config).arg("--includes").output();
    let includes = match output {
        Ok(o) if o.status.success() => String::from_utf8_lossy(&o.stdout).into_owned(),
        _ => {
            println!(
                "cargo::error={config} does not run: install PHP's development files, or set PHP_CONFIG"
            );
            return;
        }
    };
    let mut build = cc::Build::new();
    for directory in includes.split_whitespace().filter_map(|flag| flag.strip_prefix("-I")) {
        // As system headers: their warnings are not ours.
        build.flag("-isystem").flag(directory);
    }
    build.file("src/shim.c").extra_warnings(true).compile("zhifuyun_shim");
}
