//! Rules for the text of the source files: which calls may stand where, how long a file may be, what it may be called.

use crate::workspace::{File, files, folders};

/// Files of a capability that hold neither rules nor statements alone: use cases outside of `mod.rs`, and rows.
const NOT_RULES: [&str; 18] = [
    "accounts/erasure.rs",
    "accounts/rate_limit.rs",
    "accounts/rate_limit/in_transaction.rs",
    "accounts/rate_limit/shopping.rs",
    "accounts/recovery.rs",
    "accounts/users.rs",
    "catalog/best_match.rs",
    "catalog/missing_terms.rs",
    "catalog/row.rs",
    "checkouts/claim.rs",
    "checkouts/write.rs",
    "payments/erasure.rs",
    "payments/event.rs",
    "payments/full_refund.rs",
    "payments/hosted_page.rs",
    "payments/missing.rs",
    "payments/offline.rs",
    "payments/surplus.rs",
];
pub(crate) const DOMAIN: &str = "shared/domain/src/";
/// The only file that reads the environment and the clock.
const ENVIRONMENT: &str = "shared/lambda/src/environment.rs";
/// The only files that call `tokio-postgres`; the second one for the migrations.
const DATABASE: [&str; 4] = [
    "shared/domain/src/db.rs",
    "shared/domain/src/db/flight.rs",
    "shared/domain/src/db/schema.rs",
    "shared/domain/src/db/slow.rs",
];
/// Checks connections. It reads the clock to notice that the process was frozen, and decides nothing else by it.
const LIVENESS: &str = "shared/domain/src/db/liveness.rs";
/// Draw the length of a pause, or the order of some work, at random.
const HARMLESS_RANDOM: [&str; 6] = [
    "functions/send-email/src/backoff.rs",
    "functions/sweep/src/stripe_steps.rs",
    "shared/domain/src/catalog/missing_terms.rs",
    "shared/domain/src/db/schema.rs",
    "shared/domain/src/db/transaction.rs",
    "shared/stripe-gateway/src/client.rs",
];

/// The source files of what is deployed.
pub(crate) fn deployed() -> Vec<File> {
    ["functions", "shared"].into_iter().flat_map(|folder| files(folder, &[".rs"])).collect()
}

/// The numbered lines of a file without comments and without the unit tests at its end.
fn code(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let lines = file.text.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines.take_while(|(_, line)| !line.starts_with("#[cfg(test)]")).filter(|(_, line)| {
        let line = line.trim_start();
        !line.starts_with("//")
    })
}

/// Fails with every line of `files` that contains one of `words`.
pub(crate) fn nowhere<'a>(files: impl Iterator<Item = &'a File>, words: &[&str], why: &str) {
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
    let others = ["db", "failure", "workflows"];
    let capabilities = folders(DOMAIN).into_iter().filter(|name| !others.contains(&name.as_str()));
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
        assert!(files.iter().any(|known| known.path.ends_with(file)), "there is no {file}");
    }
    nowhere(
        files.iter().filter(is_rule),
        &["async ", ".await", "queries!", "tokio", "&Db", "Tx<", "sql::", "now_utc", "fastrand"],
        "a rule uses no database, no clock and no random numbers",
    );
}

#[test]
fn the_environment_and_the_clock_are_read_in_one_place() {
    let files = deployed();
    assert!(files.iter().any(|file| file.path == ENVIRONMENT));
    nowhere(
        files.iter().filter(|file| ![ENVIRONMENT, LIVENESS].contains(&&*file.path)),
        &["std::env", "env::var", "now_utc", "SystemTime::now", "now_local"],
        "settings and times are arguments",
    );
}

#[test]
fn one_module_speaks_to_postgresql() {
    let files = deployed();
    let allowed = [&DATABASE[..], &[LIVENESS]].concat();
    assert!(files.iter().any(|file| file.path == DATABASE[0]));
    nowhere(
        files.iter().filter(|file| !allowed.contains(&&*file.path)),
        &["batch_execute", "simple_query", "query_raw", "prepare_cached", ".prepare(", "copy_in"],
        "statements are sent by domain::db",
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

#[test]
fn secrets_are_neither_drawn_by_lot_nor_compared_byte_by_byte() {
    let files = deployed();
    nowhere(
        files.iter().filter(|file| !HARMLESS_RANDOM.contains(&&*file.path)),
        &["fastrand", "rand::thread_rng", "SmallRng"],
        "this generator is predictable: secrets need aws_lc_rs::rand",
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
