//! The published OpenAPI document passes the recommended rules of Redocly.

use crate::workspace;
use serde_json::{Value, json};
use stack::{Progress, tools};
use std::path::Path;

/// The numbers of errors and warnings, and the whole report.
fn lint(document: &Path) -> (Value, Value, String) {
    let redocly = tools::redocly(&Progress::silent());
    let mut redocly = redocly.unwrap_or_else(|error| panic!("{error}"));
    let output = redocly
        .args(["lint", "--extends=recommended", "--format=json"])
        .arg(document)
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    let found: Value = serde_json::from_str(&report)
        .unwrap_or_else(|_| panic!("{report}{}", String::from_utf8_lossy(&output.stderr)));
    let totals = &found["totals"];
    (totals["errors"].clone(), totals["warnings"].clone(), report)
}

#[test]
fn the_document_passes_the_recommended_rules() {
    let (errors, warnings, report) = lint(&workspace::root().join("functions/docs/openapi.json"));

    assert_eq!((errors, warnings), (json!(0), json!(0)), "{report}");
}

/// Shows that the rules are applied.
#[test]
fn a_document_that_breaks_them_is_found() {
    let document = crate::document::whole().to_string().replace("\"security\":[]", "\"x\":[]");
    let file = std::env::temp_dir().join(format!("openapi-{}.json", std::process::id()));
    std::fs::write(&file, document).unwrap();

    let (errors, _, report) = lint(&file);

    std::fs::remove_file(&file).unwrap();
    assert!(errors.as_u64().is_some_and(|errors| errors > 10), "{report}");
}
