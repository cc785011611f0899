//! The allowed dependencies between crates, and the functions that get each secret. Modules within a crate: [`crate::floors`].

use crate::routes::template;
use crate::workspace::{self, Crate, crates};
use std::collections::BTreeSet;

/// The functions that call Stripe or are called by it.
const STRIPE_FUNCTIONS: [&str; 4] = ["payments", "reconcile", "stripe-webhook", "sweep"];
/// Each secret, by its environment variable of local runs, with the functions that get it.
const SECRETS: [(&str, &[&str]); 6] = [
    ("LINK_KEY", &["accounts", "send-email"]),
    ("MIGRATE_DATABASE_URL", &["migrate"]),
    ("REFRESH_KEY", &["accounts"]),
    ("STRIPE_SECRET_KEY", &["payments", "reconcile", "sweep"]),
    ("STRIPE_WEBHOOK_SECRETS", &["stripe-webhook"]),
    ("TOKEN_SIGNING_KEY", &["accounts"]),
];
/// The entries of the root folder, other than those whose names begin with a dot.
const TOP_LEVEL: [&str; 11] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "events",
    "findings",
    "functions",
    "samconfig.toml",
    "shared",
    "template.yaml",
    "tests",
];

/// Fails if `forbidden` holds for a crate of ours and the name of one of its dependencies.
fn forbid(why: &str, forbidden: impl Fn(&Crate, &str) -> bool) {
    let crates = crates();
    assert!(crates.len() > 15, "crates are missing");
    let pairs = crates
        .values()
        .flat_map(|ours| ours.dependencies.iter().map(move |dependency| (ours, dependency)));
    let wrong = pairs.filter(|(ours, dependency)| forbidden(ours, dependency));
    let wrong: Vec<_> =
        wrong.map(|(ours, dependency)| format!("{} needs {dependency}", ours.name)).collect();
    assert!(wrong.is_empty(), "{why}: {wrong:?}");
}

#[test]
fn the_domain_knows_nobody_of_us_and_none_of_the_outside() {
    let crates = crates();
    forbid(
        "the domain depends on no other crate of ours and on no HTTP, AWS or Stripe crate",
        |ours, dependency| {
            let outside =
                ["axum", "aws", "lambda", "tower", "hyper", "http", "async-stripe", "reqwest"];
            let outside = outside
                .iter()
                .any(|prefix| dependency.starts_with(prefix) && dependency != "aws-lc-rs");
            ours.name == "domain" && (crates.contains_key(dependency) || outside)
        },
    );
}

#[test]
fn what_is_shared_needs_nothing_but_the_domain() {
    let crates = crates();
    forbid("shared crates depend on the domain only", |ours, dependency| {
        ours.folder.starts_with("shared/")
            && crates.contains_key(dependency)
            && dependency != "domain"
    });
}

#[test]
fn functions_do_not_need_each_other() {
    let crates = crates();
    forbid("functions do not depend on each other", |ours, dependency| {
        let is_function = |of: &Crate| of.folder.starts_with("functions/");
        is_function(ours) && crates.get(dependency).is_some_and(is_function)
    });
}

#[test]
fn nothing_that_is_deployed_needs_the_tests() {
    let crates = crates();
    forbid("deployed crates do not depend on test crates", |ours, dependency| {
        let is_test = |of: &Crate| of.folder.starts_with("tests/");
        !is_test(ours) && crates.get(dependency).is_some_and(is_test)
    });
}

#[test]
fn stripe_is_known_to_its_gateway_and_that_to_few() {
    forbid("only stripe-gateway depends on async-stripe", |ours, dependency| {
        dependency.starts_with("async-stripe") && ours.name != "stripe-gateway"
    });
    forbid("only STRIPE_FUNCTIONS depend on stripe-gateway", |ours, dependency| {
        let is_function = ours.folder.starts_with("functions/");
        dependency == "stripe-gateway"
            && is_function
            && !STRIPE_FUNCTIONS.contains(&ours.name.as_str())
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
    // What git ignores may be there.
    let ignored = workspace::read(".gitignore");
    let ignored = |name: &str| ignored.lines().any(|line| line.trim_matches('/') == name);
    let names = workspace::names(&workspace::root()).into_iter();
    let names = names.map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
    let more = names.filter(|name| !name.starts_with('.') && !ignored(name));
    assert_eq!(more.collect::<Vec<_>>(), TOP_LEVEL);
}

/// The values of a key in all entries of Cargo.lock.
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
    assert!(sources.iter().all(|source| source == registry), "a crate is not from crates.io");
    assert_eq!(sources.len(), sums.len(), "a crate has no checksum");
    assert_eq!(
        names.len(),
        sources.len() + crates().len(),
        "a crate is neither a member nor from crates.io"
    );
}

/// `.ci/run` checks more with cargo-deny where it is installed.
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
