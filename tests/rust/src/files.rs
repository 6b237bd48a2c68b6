//! The scenario files.

use crate::Check;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A scenario before its placeholders are filled in.
#[derive(Debug, Clone)]
pub struct File {
    pub name: String,
    pub text: String,
}

/// The directory with `scenarios/`: `CONTRACT_DIR`, or the one this crate is in.
pub fn root() -> PathBuf {
    std::env::var_os("CONTRACT_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), PathBuf::from)
}

/// All scenarios in order of their names, or those that `CONTRACT_ONLY` names: beginnings, separated by commas.
pub fn all() -> Check<Vec<File>> {
    let directory = root().join("scenarios");
    let mut files = Vec::new();
    collect(&directory, &directory, &mut files)?;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    if let Ok(only) = std::env::var("CONTRACT_ONLY") {
        let wanted: Vec<&str> = only.split(',').map(str::trim).filter(|w| !w.is_empty()).collect();
        files.retain(|file| wanted.is_empty() || wanted.iter().any(|w| file.name.starts_with(w)));
    }
    if files.is_empty() { Err(format!("no scenario in {}", directory.display())) } else { Ok(files) }
}

fn collect(root: &Path, directory: &Path, files: &mut Vec<File>) -> Check {
    let problem = |path: &Path, e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    for entry in std::fs::read_dir(directory).map_err(|e| problem(directory, &e))? {
        let path = entry.map_err(|e| problem(directory, &e))?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|e| e == "json") {
            let text = std::fs::read_to_string(&path).map_err(|e| problem(&path, &e))?;
            let inside = path.strip_prefix(root).map_err(|e| problem(&path, &e))?.with_extension("");
            let name = inside.to_string_lossy().replace('\\', "/");
            let document: Value = serde_json::from_str(&text).map_err(|e| problem(&path, &e))?;
            if document.get("name").and_then(Value::as_str) != Some(&name) {
                return Err(problem(&path, &"the name is not that of the file"));
            }
            files.push(File { name, text });
        }
    }
    Ok(())
}
