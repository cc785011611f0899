//! The indexes of requirements, faults and defences name only tests that exist.

use crate::workspace;
use std::collections::BTreeSet;

/// A requirement a line; below it, indented, the tests that would fail if it were not met, by file and name.
const PROMISES: &str = include_str!("promises.txt");
/// The same for attacks: requirements of the OWASP API Security Top 10 (2023) and ASVS 5.0.
const SECURITY: &str = include_str!("security.txt");
/// The same for failures, numbered from F1. One that cannot be produced on one machine says why.
const FAULTS: &str = include_str!("faults.txt");
const NOT_HERE: &str = "not here: ";

/// The headings of an index, and what is wrong with it.
fn read(index: &str) -> (BTreeSet<&str>, Vec<String>) {
    let files: Vec<_> = ["tests", "shared", "functions"]
        .iter()
        .flat_map(|folder| workspace::files(folder, &[".rs"]))
        .collect();
    let mut faults = Vec::new();
    let mut headings = BTreeSet::new();
    for paragraph in index.split("\n\n") {
        let (heading, tests) = paragraph.trim_end().split_once('\n').unwrap_or((paragraph, ""));
        if !headings.insert(heading) || tests.is_empty() {
            faults.push(format!("{heading}: listed twice, or without tests"));
        }
        for line in tests.lines() {
            if line.trim_start().starts_with(NOT_HERE) {
                continue;
            }
            let (path, test) = line.trim_start().split_once(' ').unwrap_or((line, ""));
            let there = files.iter().find(|file| file.path == path);
            if !there.is_some_and(|file| file.text.contains(&format!("fn {test}("))) {
                faults.push(format!("{heading}: {path} has no test {test}"));
            }
        }
    }
    (headings, faults)
}

#[test]
fn every_promise_is_shown_by_tests_that_exist() {
    let (headings, faults) = read(PROMISES);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(headings.len() > 30, "promises are missing");
}

#[test]
fn every_fault_is_answered_for() {
    let (headings, faults) = read(FAULTS);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let numbers: Vec<_> =
        headings.iter().filter_map(|fault| fault.split(' ').next()?.strip_prefix('F')).collect();
    let missing: Vec<_> =
        (1..=66).filter(|number| !numbers.contains(&&*number.to_string())).collect();
    assert!(missing.is_empty(), "no heading for {missing:?}");
    assert!(FAULTS.matches(NOT_HERE).count() <= 3, "too many faults have no test");
}

#[test]
fn every_defence_is_shown_by_tests_that_exist() {
    let (headings, faults) = read(SECURITY);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(headings.len() > 25, "defences are missing");
}
