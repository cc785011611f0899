//! Files that are generated from the sources and committed, so that they can be read without a build and changes show in a diff.

use crate::workspace;
use serde_json::Value;

/// Fails if `file` differs from `generated`. With `ACCEPT=1` in the environment it is written first.
pub(crate) fn compare(file: &str, generated: &Value) {
    let mut generated = serde_json::to_string_pretty(generated).unwrap();
    generated.push('\n');
    if std::env::var_os("ACCEPT").is_some() {
        std::fs::write(workspace::root().join(file), &generated).unwrap();
    }
    let committed = workspace::read(file);
    let differs = committed.lines().zip(generated.lines()).position(|(old, new)| old != new);
    let line = differs.unwrap_or_else(|| committed.lines().count().min(generated.lines().count()));
    assert!(
        committed == generated,
        "{file} is out of date from line {} on: {:?}\nIf the change is intended: ACCEPT=1 cargo test -p contract published",
        line + 1,
        generated.lines().nth(line).unwrap_or_default().trim(),
    );
}
