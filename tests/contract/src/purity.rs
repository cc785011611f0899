//! What the sources may not hold: clocks and settings out of their place, SQL out of its place, too many lines.

use crate::workspace::{File, files, folders};

/// Files of a capability that are neither rules nor plain SQL: use cases beside `mod.rs`, and rows.
const NOT_RULES: [&str; 9] = [
    "accounts/people.rs",
    "accounts/recovery.rs",
    "accounts/throttle.rs",
    "catalog/row.rs",
    "ordering/close.rs",
    "payment/checkout.rs",
    "payment/event.rs",
    "payment/offline.rs",
    "payment/whole.rs",
];
/// Domain modules without a folder keep their statements beside their rules.
const DOMAIN: &str = "shared/domain/src/";
/// The one place that reads the environment and the clock.
const CONFIG: &str = "shared/lambda/src/config.rs";
/// The one place that speaks to PostgreSQL.
const DATABASE: &str = "shared/domain/src/db.rs";
/// Whether it still answers. Only the clock tells a process that it was frozen, and nothing else depends on it.
const PULSE: &str = "shared/domain/src/db/pulse.rs";

fn deployed() -> Vec<File> {
    ["functions", "shared"].into_iter().flat_map(|folder| files(folder, &[".rs"])).collect()
}

/// The lines that run in production: comments and the unit tests at the end are left out.
fn code(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let lines = file.text.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines.take_while(|(_, line)| !line.starts_with("#[cfg(test)]")).filter(|(_, line)| {
        let line = line.trim_start();
        !line.starts_with("//")
    })
}

/// Fails with every line of `files` that holds one of `words`.
fn nowhere<'a>(files: impl Iterator<Item = &'a File>, words: &[&str], why: &str) {
    let mut found = Vec::new();
    for file in files {
        for (at, line) in code(file) {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{at}: {}", file.path, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{why}:\n{}", found.join("\n"));
}

#[test]
fn rules_are_plain_functions() {
    let files = files(DOMAIN, &[".rs"]);
    let capabilities = folders(DOMAIN).into_iter().filter(|folder| folder != "db");
    let capabilities: Vec<_> = capabilities.collect();
    assert!(capabilities.len() >= 5, "capabilities are missing: {capabilities:?}");
    let is_rule = |file: &&File| {
        let below = file.path.strip_prefix(DOMAIN).unwrap_or_default();
        let Some((folder, name)) = below.split_once('/') else { return false };
        capabilities.iter().any(|capability| capability == folder)
            && !["mod.rs", "sql.rs"].iter().any(|file| name.split('/').next_back() == Some(file))
            && !name.split('/').any(|part| part == "sql")
            && !NOT_RULES.contains(&below)
    };
    for file in NOT_RULES {
        assert!(files.iter().any(|known| known.path.ends_with(file)), "{file} is gone");
    }
    nowhere(
        files.iter().filter(is_rule),
        &["async ", ".await", "queries!", "tokio", "&Db", "Tx<", "sql::", "now_utc", "fastrand"],
        "a rule needs no database, no clock and no luck",
    );
}

#[test]
fn the_environment_and_the_clock_are_read_in_one_place() {
    let files = deployed();
    assert!(files.iter().any(|file| file.path == CONFIG));
    nowhere(
        files.iter().filter(|file| ![CONFIG, PULSE].contains(&&*file.path)),
        &["std::env", "env::var", "now_utc", "SystemTime::now", "now_local"],
        "settings and times are arguments",
    );
}

#[test]
fn one_module_speaks_to_postgresql() {
    let files = deployed();
    assert!(files.iter().any(|file| file.path == DATABASE));
    nowhere(
        files.iter().filter(|file| ![DATABASE, PULSE].contains(&&*file.path)),
        &["batch_execute", "simple_query", "query_raw", "prepare_cached", ".prepare(", "copy_in"],
        "statements go through domain::db",
    );
}

/// With [`crate::direction`], by which the domain needs no crate that calls anybody: no transaction waits for the network.
#[test]
fn only_the_domain_opens_transactions_and_it_calls_nobody() {
    let files = deployed();
    let (domain, others): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| file.path.starts_with(DOMAIN));
    assert!(domain.iter().any(|file| file.text.contains(".transaction(")));
    nowhere(others.into_iter(), &[".transaction("], "the domain opens transactions");
    nowhere(
        domain.into_iter(),
        &["tokio::net", "std::net::Tcp", "reqwest"],
        "the domain calls nobody",
    );
}

#[test]
fn statements_are_never_put_together_at_run_time() {
    let files = deployed();
    let words =
        ["select ", "insert into ", "update ", "delete from ", "with ", "where ", "order by "];
    let mut found = Vec::new();
    for file in &files {
        let text = code(file).map(|(_, line)| line).collect::<Vec<_>>().join("\n");
        for opening in ["format!(", "push_str(", "write!(f,"] {
            for (at, _) in text.match_indices(opening) {
                let literal = text[at + opening.len()..].trim_start().trim_start_matches('"');
                if words.iter().any(|word| literal.trim_start().starts_with(word)) {
                    found.push(format!(
                        "{}: {}",
                        file.path,
                        literal.lines().next().unwrap_or_default()
                    ));
                }
            }
        }
    }
    assert!(found.is_empty(), "a statement is a constant:\n{}", found.join("\n"));
}

/// Where luck decides how long to pause, and nothing else.
const PAUSES: [&str; 3] = [
    "functions/send-email/src/patience.rs",
    "shared/domain/src/db.rs",
    "shared/stripe-gateway/src/ask.rs",
];

#[test]
fn secrets_are_neither_drawn_by_lot_nor_compared_byte_by_byte() {
    let files = deployed();
    nowhere(
        files.iter().filter(|file| !PAUSES.contains(&&*file.path)),
        &["fastrand", "rand::thread_rng", "SmallRng"],
        "a generator that can be guessed makes no secret",
    );
    let secret = ["secret", "token", "signature", "password", "mac", "digest", "hash"];
    let mut found = Vec::new();
    for file in &files {
        for (at, line) in code(file) {
            let sides = [" == ", " != "].iter().find_map(|sign| line.split_once(sign));
            let Some((left, right)) = sides else { continue };
            // The last word of the left side and the first of the right one: `claims.token`, `hash(secret)`.
            let word = |c: char| !c.is_alphanumeric() && c != '_';
            let left = left.rsplit(word).next().unwrap_or_default();
            let right = right.trim_start_matches(['&', '*']).split(word).next().unwrap_or_default();
            if secret.iter().any(|name| [left, right].contains(name)) {
                found.push(format!("{}:{at}: {}", file.path, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "compare in constant time:\n{}", found.join("\n"));
}

#[test]
fn a_file_holds_one_idea() {
    let limits = [("functions", 300), ("shared", 300), ("tests", 400)];
    for (folder, most) in limits {
        for file in files(folder, &[".rs", ".sql", ".html", ".css", ".md"]) {
            let lines = file.text.lines().count();
            assert!(lines <= most, "{} has {lines} lines, more than {most}", file.path);
        }
    }
}

#[test]
fn no_module_is_called_after_nothing() {
    let vague = [
        "utils",
        "util",
        "helpers",
        "helper",
        "common",
        "core",
        "misc",
        "manager",
        "service",
        "repository",
        "models",
        "types",
    ];
    for folder in ["functions", "shared", "tests"] {
        for file in files(folder, &[".rs", "Cargo.toml"]) {
            let words = file.path.split(['/', '.']);
            let vague: Vec<_> = words.filter(|word| vague.contains(word)).collect();
            assert!(vague.is_empty(), "{}: {vague:?} says nothing", file.path);
        }
    }
}
