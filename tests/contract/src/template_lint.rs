//! `template.yaml` passes `sam validate`, `cfn-lint` and `checkov`. Accepted findings are listed with their reasons in
//! `.checkov.yaml` and in the template's `Metadata`.

use crate::workspace;
use stack::{Progress, tools};
use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs a tool in the root of the workspace, without an AWS account and without telemetry.
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

fn text(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    texts.join("\n")
}

/// `cfn-lint` checks every combination of the conditions.
#[test]
fn sam_and_cfn_lint_find_nothing_under_any_condition() {
    let validated = run(tools::sam(&Progress::silent()), &["validate", "--lint"]);

    let output = text(&validated);
    assert!(validated.status.success(), "{output}");
    assert!(output.contains("is a valid SAM Template"), "{output}");
}

#[test]
fn checkov_finds_what_is_accepted_and_nothing_else() {
    let checked =
        run(tools::checkov(&Progress::silent()), &["--file", "template.yaml", "-o", "json"]);

    let output = text(&checked);
    assert!(checked.status.success(), "{output}");
    assert!(output.contains("\"failed\": 0"), "{output}");
    assert!(output.contains("\"parsing_errors\": 0"), "{output}");
}

/// Shows that the checks run at all.
#[test]
fn checkov_still_finds_what_is_wrong() {
    let bad = "tests/contract/fixtures/bad-template.yaml";
    let checked = run(tools::checkov(&Progress::silent()), &["--file", bad]);

    let output = text(&checked);
    assert!(!checked.status.success(), "{output}");
    for check in ["CKV_AWS_115", "CKV_AWS_16", "CKV_AWS_161"] {
        assert!(output.contains(check), "{check}: {output}");
    }
}
