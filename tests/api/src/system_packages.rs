//! The programs that tests of all crates start and that neither pip nor npm brings. `cargo test --workspace` runs this
//! crate early, so whoever must install one by hand reads it before the long tests run.

use stack::{Progress, tools};

#[test]
fn every_system_package_that_the_tests_need_is_installed() {
    let progress = Progress::silent();
    let needed = [
        tools::python(&progress),
        tools::browser(&progress).map(drop),
        tools::faketime(&progress).map(drop),
        tools::pgbouncer(&progress).map(drop),
        tools::strip(&progress).map(drop),
    ];

    let missing = needed.into_iter().filter_map(Result::err).map(|error| error.to_string());
    let missing: Vec<_> = missing.collect();

    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
