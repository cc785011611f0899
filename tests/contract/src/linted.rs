//! template.yaml, as the tools of others see it. What they find and we accept stands in `.checkov.yaml` and in the
//! template's `Metadata`, each with its reason.

use crate::workspace;
use stack::{Progress, tools};
use std::path::PathBuf;
use std::process::{Command, Output};

/// A tool at work in the root, with no account, no region and nobody to tell.
fn run(tool: Result<PathBuf, tools::Error>, args: &[&str]) -> Output {
    let tool = tool.unwrap_or_else(|error| panic!("{error}"));
    Command::new(tool)
        .args(args)
        .current_dir(workspace::root())
        .env("SAM_CLI_TELEMETRY", "0")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    texts.join("\n")
}

/// `cfn-lint` goes through every combination of the conditions by itself.
#[test]
fn sam_and_cfn_lint_find_nothing_under_any_condition() {
    let validated = run(tools::sam(&Progress::silent()), &["validate", "--lint"]);

    let said = said(&validated);
    assert!(validated.status.success(), "{said}");
    assert!(said.contains("is a valid SAM Template"), "{said}");
}

#[test]
fn checkov_finds_what_is_accepted_and_nothing_else() {
    let checked =
        run(tools::checkov(&Progress::silent()), &["--file", "template.yaml", "-o", "json"]);

    let said = said(&checked);
    assert!(checked.status.success(), "{said}");
    assert!(said.contains("\"failed\": 0"), "{said}");
    assert!(said.contains("\"parsing_errors\": 0"), "{said}");
}

/// Otherwise it would find nothing because it looks at nothing.
#[test]
fn checkov_still_finds_what_is_wrong() {
    let bad = "tests/contract/fixtures/bad-template.yaml";
    let checked = run(tools::checkov(&Progress::silent()), &["--file", bad]);

    let said = said(&checked);
    assert!(!checked.status.success(), "{said}");
    for check in ["CKV_AWS_115", "CKV_AWS_16", "CKV_AWS_161"] {
        assert!(said.contains(check), "{check}: {said}");
    }
}
