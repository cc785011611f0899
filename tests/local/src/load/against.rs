//! Runs the load command of another checkout and this one in turn, each as its own process.

use super::Options;
use super::comparison::{Comparison, MissingFigure};
use serde_json::Value;
use stack::{Progress, tools};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::{fs, io};
use tokio::process::Command;

/// The options of the load command that a comparison passes on.
const NEEDED: [&str; 4] = ["--seconds", "--at-once", "--json", "--database-delay-ms"];

/// Why two builds could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} does not exist: run `cargo build --release --workspace --bins` there", .0.display())]
    NoBinary(PathBuf),
    #[error("the load command of {} does not know {option}", binary.display())]
    UnknownOption { binary: PathBuf, option: &'static str },
    #[error("could not run {}", .0.display())]
    Run(PathBuf, #[source] io::Error),
    #[error("the load command of {} ended without a report: {status}", binary.display())]
    NoReport { binary: PathBuf, status: ExitStatus },
    #[error("the report {} is malformed", .0.display())]
    Malformed(PathBuf, #[source] serde_json::Error),
    #[error("could not prepare the folder {}", .0.display())]
    Folder(PathBuf, #[source] io::Error),
    #[error(transparent)]
    Missing(#[from] MissingFigure),
}

/// Measures the build of the checkout `other` and this one, `rounds` times. The release binaries of both must exist.
pub async fn run(
    options: Options,
    other: &Path,
    rounds: u16,
    progress: &Progress,
) -> Result<Comparison, Error> {
    let old = other.join("target/release/local");
    let new = tools::target().join("release/local");
    for binary in [&old, &new] {
        check(binary).await?;
    }
    let folder = tools::target().join("load");
    fs::create_dir_all(&folder).map_err(|error| Error::Folder(folder.clone(), error))?;
    let mut comparison = Comparison::default();
    for round in 1..=rounds {
        let load = machine_load();
        let mut builds = [("old", &old), ("new", &new)];
        // Each goes first in turn, so that what changes while they run favours neither.
        if round % 2 == 0 {
            builds.reverse();
        }
        let mut reports = HashMap::new();
        for (name, binary) in builds {
            progress.say(&format!("round {round} of {rounds}: the {name} build"));
            let report = folder.join(format!("{name}-{round}.json"));
            reports.insert(name, measure(binary, options, &report).await?);
        }
        comparison.add(load, &reports["old"], &reports["new"])?;
    }
    Ok(comparison)
}

/// Fails if the binary does not exist or does not know the options.
async fn check(binary: &Path) -> Result<(), Error> {
    if !binary.is_file() {
        return Err(Error::NoBinary(binary.to_owned()));
    }
    let help = Command::new(binary).args(["load", "--help"]).output().await;
    let help = help.map_err(|error| Error::Run(binary.to_owned(), error))?;
    match unknown_option(&String::from_utf8_lossy(&help.stdout)) {
        Some(option) => Err(Error::UnknownOption { binary: binary.to_owned(), option }),
        None => Ok(()),
    }
}

/// An option that is not in this help text.
fn unknown_option(help: &str) -> Option<&'static str> {
    NEEDED.into_iter().find(|option| !help.split_whitespace().any(|word| word == *option))
}

/// Runs the load command of this binary and returns its report.
async fn measure(binary: &Path, options: Options, report: &Path) -> Result<Value, Error> {
    fs::remove_file(report).ok();
    let mut command = Command::new(binary);
    command.arg("load").args(arguments(options)).arg("--json").arg(report);
    if !binary.starts_with(tools::target()) {
        // This is where cargo builds this checkout. The other one has its own folder.
        command.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR");
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    // A report of a load test that failed says what failed.
    let status = command.status().await.map_err(|error| Error::Run(binary.to_owned(), error))?;
    let text =
        fs::read(report).map_err(|_| Error::NoReport { binary: binary.to_owned(), status })?;
    serde_json::from_slice(&text).map_err(|error| Error::Malformed(report.to_owned(), error))
}

fn arguments(options: Options) -> Vec<String> {
    let micros = options.database_delay.as_micros();
    vec![
        format!("--seconds={}", options.length.as_secs()),
        format!("--at-once={}", options.at_once),
        format!("--database-delay-ms={}.{:03}", micros / 1000, micros % 1000),
    ]
}

/// The load average of the last minute, or nothing outside Linux.
fn machine_load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("-").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_delay_is_passed_on_in_milliseconds() {
        let options = Options {
            length: Duration::from_secs(20),
            at_once: 8,
            database_delay: Duration::from_micros(1050),
        };

        assert_eq!(
            arguments(options),
            ["--seconds=20", "--at-once=8", "--database-delay-ms=1.050"]
        );
    }

    #[test]
    fn an_option_that_the_other_build_lacks_is_named() {
        let all = "  --seconds <N>\n  --at-once <N>\n  --json <FILE>\n";

        assert_eq!(unknown_option(all), Some("--database-delay-ms"));
        assert_eq!(unknown_option(&format!("{all}  --database-delay-ms <MS>")), None);
    }

    #[tokio::test]
    async fn a_checkout_without_a_release_build_is_refused_with_what_to_run() {
        let options =
            Options { length: Duration::from_secs(1), at_once: 1, database_delay: Duration::ZERO };

        let nowhere = Path::new("/nonexistent");
        let error = run(options, nowhere, 1, &Progress::silent()).await.unwrap_err();

        assert!(error.to_string().contains("/nonexistent/target/release/local"), "{error}");
        assert!(error.to_string().contains("cargo build --release"), "{error}");
    }
}
