//! Files that are made from the sources and committed, so that others can read them and a change of them is seen.

use crate::workspace;
use serde_json::Value;

/// Fails if the committed file says anything else. `ACCEPT=1` writes it instead.
pub(crate) fn compare(file: &str, made: &Value) {
    let mut made = serde_json::to_string_pretty(made).unwrap();
    made.push('\n');
    if std::env::var_os("ACCEPT").is_some() {
        std::fs::write(workspace::root().join(file), &made).unwrap();
    }
    let committed = workspace::read(file);
    let differs = committed.lines().zip(made.lines()).position(|(old, new)| old != new);
    let line = differs.unwrap_or_else(|| committed.lines().count().min(made.lines().count()));
    assert!(
        committed == made,
        "{file} is out of date from line {} on: {:?}\nIf the change is meant: ACCEPT=1 cargo test -p contract published",
        line + 1,
        made.lines().nth(line).unwrap_or_default().trim(),
    );
}
