//! What the shop promises and what it defends itself against, and the tests that show it.

use crate::workspace;
use std::collections::BTreeSet;

/// A promise to a line; below it, indented, the tests that would fail if it were broken, as file and name.
const PROMISES: &str = include_str!("promises.txt");
/// The same for what others would try: a requirement of OWASP's API Top 10 (2023) or ASVS 5.0 to a line.
const SECURITY: &str = include_str!("security.txt");

/// And for what may go wrong: the faults of the catalogue, by their numbers. One that cannot be made on one machine says why.
const FAULTS: &str = include_str!("faults.txt");
const NOT_HERE: &str = "not here: ";

/// Every promise of an index, and what is wrong with it.
fn read(index: &str) -> (BTreeSet<&str>, Vec<String>) {
    let files: Vec<_> = ["tests", "shared", "functions"]
        .iter()
        .flat_map(|folder| workspace::files(folder, &[".rs"]))
        .collect();
    let mut faults = Vec::new();
    let mut told = BTreeSet::new();
    for paragraph in index.split("\n\n") {
        let (promise, tests) = paragraph.trim_end().split_once('\n').unwrap_or((paragraph, ""));
        if !told.insert(promise) || tests.is_empty() {
            faults.push(format!("{promise}: made twice, or shown by nothing"));
        }
        for line in tests.lines() {
            if line.trim_start().starts_with(NOT_HERE) {
                continue;
            }
            let (path, test) = line.trim_start().split_once(' ').unwrap_or((line, ""));
            let there = files.iter().find(|file| file.path == path);
            if !there.is_some_and(|file| file.text.contains(&format!("fn {test}("))) {
                faults.push(format!("{promise}: {path} has no test {test}"));
            }
        }
    }
    (told, faults)
}

#[test]
fn every_promise_is_shown_by_tests_that_exist() {
    let (told, faults) = read(PROMISES);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(told.len() > 30, "promises are missing");
}

#[test]
fn every_fault_is_answered_for() {
    let (told, faults) = read(FAULTS);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let numbers: Vec<_> =
        told.iter().filter_map(|fault| fault.split(' ').next()?.strip_prefix('F')).collect();
    let missing: Vec<_> =
        (1..=66).filter(|number| !numbers.contains(&&*number.to_string())).collect();
    assert!(missing.is_empty(), "nobody answers for {missing:?}");
    assert!(FAULTS.matches(NOT_HERE).count() <= 3, "too many are not here");
}

#[test]
fn every_defence_is_shown_by_tests_that_exist() {
    let (told, faults) = read(SECURITY);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(told.len() > 25, "defences are missing");
}
