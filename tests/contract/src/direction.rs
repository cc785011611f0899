//! Who may depend on whom, and who may hold which secret (architecture, direction rules).

use crate::routes::template;
use crate::workspace::{self, Crate, crates};
use std::collections::BTreeSet;

/// Whose functions call Stripe, or are called by it.
const SPEAK_STRIPE: [&str; 4] = ["payments", "reconcile", "stripe-webhook", "sweep"];
/// Each secret with the functions that get it, as they are called where there is nothing to fetch them from.
const SECRETS: [(&str, &[&str]); 6] = [
    ("LINK_KEY", &["accounts", "send-email"]),
    ("MIGRATE_DATABASE_URL", &["migrate"]),
    ("REFRESH_KEY", &["accounts"]),
    ("STRIPE_SECRET_KEY", &["payments", "reconcile", "sweep"]),
    ("STRIPE_WEBHOOK_SECRETS", &["stripe-webhook"]),
    ("TOKEN_SIGNING_KEY", &["accounts"]),
];
/// What lies at the top, besides what tools demand, whose names begin with a dot.
const TOP_LEVEL: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "events",
    "functions",
    "samconfig.toml",
    "shared",
    "template.yaml",
    "tests",
];

/// Every pair of a crate and what it needs that `forbidden` finds must not be.
fn nobody_needs(why: &str, forbidden: impl Fn(&Crate, &str) -> bool) {
    let crates = crates();
    assert!(crates.len() > 15, "crates are missing");
    let pairs = crates.values().flat_map(|ours| ours.needs.iter().map(move |need| (ours, need)));
    let wrong = pairs.filter(|(ours, need)| forbidden(ours, need));
    let wrong: Vec<_> = wrong.map(|(ours, need)| format!("{} needs {need}", ours.name)).collect();
    assert!(wrong.is_empty(), "{why}: {wrong:?}");
}

#[test]
fn the_domain_knows_nobody_of_us_and_none_of_the_outside() {
    let crates = crates();
    nobody_needs("the shop does not know its surroundings", |ours, need| {
        let outside =
            ["axum", "aws", "lambda", "tower", "hyper", "http", "async-stripe", "reqwest"];
        let outside = outside.iter().any(|prefix| need.starts_with(prefix) && need != "aws-lc-rs");
        ours.name == "domain" && (crates.contains_key(need) || outside)
    });
}

#[test]
fn what_is_shared_needs_nothing_but_the_domain() {
    let crates = crates();
    nobody_needs("functions stand on shared, not the other way round", |ours, need| {
        ours.folder.starts_with("shared/") && crates.contains_key(need) && need != "domain"
    });
}

#[test]
fn functions_do_not_need_each_other() {
    let crates = crates();
    nobody_needs("a function is deployed alone", |ours, need| {
        let is_function = |of: &Crate| of.folder.starts_with("functions/");
        is_function(ours) && crates.get(need).is_some_and(is_function)
    });
}

#[test]
fn nothing_that_is_deployed_needs_the_tests() {
    let crates = crates();
    nobody_needs("tests are not deployed", |ours, need| {
        let is_test = |of: &Crate| of.folder.starts_with("tests/");
        !is_test(ours) && crates.get(need).is_some_and(is_test)
    });
}

#[test]
fn stripe_is_known_to_its_gateway_and_that_to_few() {
    nobody_needs("one crate speaks Stripe", |ours, need| {
        need.starts_with("async-stripe") && ours.name != "stripe-gateway"
    });
    nobody_needs("few functions have to do with Stripe", |ours, need| {
        let is_function = ours.folder.starts_with("functions/");
        need == "stripe-gateway" && is_function && !SPEAK_STRIPE.contains(&ours.name.as_str())
    });
}

#[test]
fn each_secret_goes_to_those_who_need_it() {
    let template = template();
    for (secret, holders) in SECRETS {
        let got = template.functions.values().filter(|one| one.variables.contains(secret));
        let got: BTreeSet<_> = got.map(|one| one.binary.as_str()).collect();
        assert_eq!(got, holders.iter().copied().collect(), "who gets {secret}");
    }
}

#[test]
fn the_top_level_holds_what_it_should_and_no_more() {
    // Whatever git does not see is nobody's business.
    let ignored = workspace::read(".gitignore");
    let ignored = |name: &str| ignored.lines().any(|line| line.trim_matches('/') == name);
    let names = workspace::names(&workspace::root()).into_iter();
    let names = names.map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
    let more = names.filter(|name| !name.starts_with('.') && !ignored(name));
    assert_eq!(more.collect::<Vec<_>>(), TOP_LEVEL);
}

/// What Cargo.lock has of a crate, by the keys of its entries.
fn locked(key: &str) -> Vec<String> {
    let lock = workspace::read("Cargo.lock");
    let key = format!("{key} = ");
    let values = lock.lines().filter_map(|line| Some(line.strip_prefix(&key)?.trim_matches('"')));
    values.map(str::to_owned).collect()
}

#[test]
fn every_crate_is_pinned_and_comes_from_the_registry() {
    let (sources, sums, names) = (locked("source"), locked("checksum"), locked("name"));
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    assert!(sources.iter().all(|source| source == registry), "a crate comes from elsewhere");
    assert_eq!(sources.len(), sums.len(), "a crate is not pinned to what it holds");
    assert_eq!(names.len(), sources.len() + crates().len(), "a crate is neither ours nor theirs");
}

/// `.ci/run` asks cargo-deny for more, where there is one.
#[test]
fn there_is_one_tls_and_no_openssl() {
    let second =
        ["openssl", "openssl-sys", "native-tls", "boring", "hyper-tls", "tokio-native-tls"];
    let names = locked("name");
    let found: Vec<_> = names.iter().filter(|name| second.contains(&name.as_str())).collect();
    assert!(found.is_empty(), "TLS is rustls: {found:?}");
    let rules = workspace::read(".deny.toml");
    for name in second {
        assert!(rules.contains(&format!("crate = \"{name}\"")), ".deny.toml lets {name} in");
    }
}
