//! `sam build` with the settings of `samconfig.toml` builds every function from what is checked out. In place of cargo
//! there is a script that notes its calls, and whose "binary" is a copy of the sources that all functions share.

use crate::workspace;
use serde_json::json;
use stack::{Progress, tools};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const SHARED_SOURCE: &str = "shared/domain/src/lib.rs";

/// `cargo metadata` and `cargo lambda build`, as SAM calls them.
const CARGO: &str = r#"#!/bin/sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
case "$1" in
metadata) cat "$root/metadata.json" ;;
lambda)
    name=$(basename "$PWD")
    echo "$name $*" >> "$root/calls"
    mkdir -p "$CARGO_TARGET_DIR/lambda/$name"
    cat "$root/shared/domain/src/lib.rs" "$root/Cargo.lock" > "$CARGO_TARGET_DIR/lambda/$name/bootstrap"
    ;;
esac
"#;

/// A copy of the project, without what SAM does not read.
struct Checkout(PathBuf);

impl Checkout {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("tradepost-{name}-{}", std::process::id()));
        let checkout = Self(root);
        for path in ["template.yaml", "samconfig.toml", "Cargo.toml", "Cargo.lock", SHARED_SOURCE] {
            checkout.write(path, &workspace::read(path));
        }
        let packages = functions().into_iter().map(|name| {
            let manifest = format!("functions/{name}/Cargo.toml");
            checkout.write(&manifest, &workspace::read(&manifest));
            let main = format!("functions/{name}/src/main.rs");
            checkout.write(&main, &workspace::read(&main));
            json!({
                "name": name,
                "manifest_path": checkout.0.join(manifest),
                "targets": [{"name": name, "kind": ["bin"]}],
            })
        });
        let packages: Vec<_> = packages.collect();
        let metadata = json!({"target_directory": checkout.0.join("target"), "packages": packages});
        checkout.write("metadata.json", &metadata.to_string());
        for program in ["bin/cargo", "bin/cargo-lambda"] {
            checkout.write(program, CARGO);
            let executable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(checkout.0.join(program), executable).unwrap();
        }
        checkout
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn append(&self, path: &str, line: &str) {
        let text = fs::read_to_string(self.0.join(path)).unwrap();
        self.write(path, &format!("{text}{line}\n"));
    }

    /// Runs `sam build` with these options. The calls of `cargo lambda`.
    fn build(&self, options: &[&str]) -> BTreeSet<String> {
        let sam = tools::sam(&Progress::silent()).unwrap_or_else(|error| panic!("{error}"));
        let mut path = self.0.join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let built = Command::new(sam)
            .arg("build")
            .args(options)
            .current_dir(&self.0)
            .env("PATH", path)
            .env("SAM_CLI_TELEMETRY", "0")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let calls = fs::read_to_string(self.0.join("calls")).unwrap_or_default();
        self.write("calls", "");
        calls.lines().map(str::to_owned).collect()
    }

    /// The binaries that `sam deploy` would upload.
    fn artifacts(&self) -> Vec<String> {
        let folders = workspace::names(&self.0.join(".aws-sam/build"));
        let folders = folders.iter().filter(|path| path.is_dir());
        folders.map(|folder| read(&folder.join("bootstrap"))).collect()
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        // What is left lies below the system's folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn functions() -> Vec<String> {
    workspace::folders("functions")
}

/// One call a function, with these options.
fn calls(options: &str) -> BTreeSet<String> {
    functions().into_iter().map(|name| format!("{name} lambda build {options}")).collect()
}

#[test]
fn a_change_of_what_functions_share_is_in_every_binary_of_the_next_build() {
    let checkout = Checkout::new("sam-build");
    assert_eq!(checkout.build(&[]), calls("--release"));

    for changed in [SHARED_SOURCE, "Cargo.lock"] {
        let line = format!("// {changed} has changed");
        checkout.append(changed, &line);

        assert_eq!(checkout.build(&[]), calls("--release"), "after a change of {changed}");

        let artifacts = checkout.artifacts();
        assert_eq!(artifacts.len(), functions().len());
        assert!(artifacts.iter().all(|artifact| artifact.contains(&line)), "{changed}");
    }
}

/// Otherwise functions of the architecture arm64 would get binaries for `x86_64`.
#[test]
fn a_build_with_the_settings_of_production_is_for_the_architecture_of_production() {
    let checkout = Checkout::new("sam-build-arm64");

    let built = checkout.build(&["--config-env", "production"]);

    assert_eq!(built, calls("--release --arm64"));
}

/// A section of the workspace's manifest.
fn section(name: &str) -> String {
    let manifest = workspace::read("Cargo.toml");
    let (_, section) = manifest.split_once(&format!("\n[{name}]\n")).unwrap();
    section.split("\n[").next().unwrap().to_owned()
}

#[test]
fn the_first_cargo_lambda_build_builds_every_function() {
    let build = section("workspace.metadata.lambda.build");
    let (_, packages) = build.split_once("packages = [").unwrap();
    let packages: Vec<_> = packages.split('"').skip(1).step_by(2).collect();

    assert_eq!(packages, functions());
}

/// `cargo lambda build --release` sets these itself where the profile does not. Its `panic = "abort"` would end the process of
/// a request that panics without a response, and the other messages of a batch with it.
#[test]
fn sam_builds_with_the_release_profile_that_is_measured() {
    let profile = section("profile.release");
    let settings: Vec<_> = profile.lines().filter_map(|line| line.split_once(" = ")).collect();
    let value = |name| settings.iter().find(|(set, _)| *set == name).map(|(_, value)| *value);

    for set_by_cargo_lambda in ["codegen-units", "lto", "strip"] {
        assert!(value(set_by_cargo_lambda).is_some(), "{set_by_cargo_lambda} is not set");
    }
    assert_eq!(value("panic"), Some("\"unwind\""));
}
