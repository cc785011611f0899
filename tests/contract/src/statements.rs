//! PostgreSQL accepts every statement, and the role of the functions has the privileges for it.

use domain::statements;
use std::collections::BTreeSet;
use testkit::Shop;

#[tokio::test]
async fn postgresql_understands_every_statement() {
    let shop = Shop::open().await;
    let mut faults = Vec::new();
    for query in statements::all() {
        if let Err(error) = shop.admin.prepare(query.sql).await {
            faults.push(format!("could not {}: {}", query.doing, domain::failure::chain(&error)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// `explain execute` fails if the role lacks a privilege that the execution would need.
#[tokio::test]
async fn the_role_of_the_functions_may_run_every_statement() {
    let shop = Shop::open().await;
    shop.admin
        .batch_execute("set role app_rw; set plan_cache_mode = force_generic_plan")
        .await
        .unwrap();
    let mut faults = Vec::new();
    for (number, query) in statements::all().enumerate() {
        let inputs = shop.admin.prepare(query.sql).await.unwrap().params().len();
        let inputs = vec!["null"; inputs].join(", ");
        let with = if inputs.is_empty() { String::new() } else { format!("({inputs})") };
        let plan = format!("prepare q{number} as {}; explain execute q{number}{with}", query.sql);
        if let Err(error) = shop.admin.batch_execute(&plan).await {
            faults.push(format!("could not {}: {}", query.doing, domain::failure::chain(&error)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// It may leave in one flight with `begin`, and would take effect by itself behind one that fails: see `db/query.rs`.
#[tokio::test]
async fn a_select_does_not_write() {
    let shop = Shop::open().await;
    // Harmless outside a transaction; a number drawn from chance, which is volatile and writes nothing; and those that
    // delete, which are never the first statement of one.
    let allowed = |name: &str| {
        ["begin_turn", "begin_guest_turn", "order_number"].contains(&name)
            || ["take_back_discounts", "take_out_lines"].contains(&name)
            || name.starts_with("forget_")
    };
    let writing = "
        select proname::text from pg_proc
        where pronamespace = 'public'::regnamespace and provolatile = 'v' and prorettype <> 'trigger'::regtype";
    let writing = shop.admin.query(writing, &[]).await.unwrap();
    let writing: Vec<String> = writing.iter().map(|row| row.get(0)).collect();
    assert!(writing.iter().any(|name| allowed(name)), "{writing:?}");
    let selects = statements::all().filter(|query| query.sql.trim_start().starts_with("select "));
    let mut faults = Vec::new();
    for query in selects {
        let calls = |name: &&String| query.sql.contains(&format!("{name}(")) && !allowed(name);
        faults.extend(writing.iter().find(calls).map(|name| format!("{name}, to {}", query.doing)));
    }
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn no_two_statements_are_for_the_same() {
    let mut seen = BTreeSet::new();
    let twice: Vec<_> = statements::all().filter(|query| !seen.insert(query.doing)).collect();
    assert!(twice.is_empty(), "a log line must name one statement: {twice:?}");
    assert!(seen.len() > 50, "statements are missing");
}
