//! No network call is made inside a database transaction: only the domain opens transactions, and it makes no such calls. That it
//! needs no crate that could is tested in [`crate::direction`].

use crate::source_rules::{DOMAIN, deployed, nowhere};

#[test]
fn only_the_domain_opens_transactions_and_it_calls_nobody() {
    let files = deployed();
    let (domain, others): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| file.path.starts_with(DOMAIN));
    assert!(domain.iter().any(|file| file.text.contains(".transaction(")));
    nowhere(others.into_iter(), &[".transaction("], "only the domain opens transactions");
    nowhere(
        domain.into_iter(),
        &["tokio::net", "std::net::Tcp", "reqwest"],
        "the domain makes no network calls",
    );
}
