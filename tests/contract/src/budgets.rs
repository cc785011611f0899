//! Each function has a budget for the size of its binary and the CPU time of its start.

use crate::routes::template;
use local::load::budget;
use stack::functions::Profile;

#[test]
fn every_function_has_a_budget_and_nobody_else() {
    let budgets = budget::all().unwrap();
    let functions = template().functions;
    assert_eq!(budgets.keys().collect::<Vec<_>>(), functions.keys().collect::<Vec<_>>());
}

/// Checks the binaries that were built for release, by `cargo run -- load` or a deploy.
#[test]
fn no_binary_that_is_there_weighs_too_much() {
    let folder = stack::tools::target().join(Profile::Release.folder());
    let budgets = budget::all().unwrap();
    let functions = template().functions;
    let over = functions.values().filter_map(|function| {
        let file = std::fs::metadata(folder.join(&function.binary)).ok()?;
        budgets[&function.id].exceeded(&function.id, file.len(), None)
    });
    let over: Vec<_> = over.collect();
    assert!(over.is_empty(), "{over:#?}");
}

#[test]
fn a_budget_is_exceeded_by_weight_or_by_time() {
    let budget = budget::Budget { binary_kb: 2, init_cpu_us: 5, first_answer_cpu_us: 3 };
    let spent = |init, first_answer| {
        let [init, first_answer] = [init, first_answer].map(std::time::Duration::from_micros);
        Some(budget::StartCost { init, first_answer })
    };
    assert_eq!(budget.exceeded("Docs", 2000, spent(5, 3)), None);
    assert!(budget.exceeded("Docs", 2001, None).is_some());
    assert!(budget.exceeded("Docs", 0, spent(6, 3)).is_some());
    assert!(budget.exceeded("Docs", 0, spent(5, 4)).is_some());
}
