//! No statement reads a whole table once the tables are large.

use domain::db::every_query;
use testkit::Shop;
use tokio_postgres::SimpleQueryMessage;

/// A shop that has sold for years: so many of everything that grows with its customers.
const GROWN: &str = include_str!("plans/grown.sql");
/// What grows with customers and orders. Buckets, categories and sources stay few.
const LARGE: [&str; 14] = [
    "emails",
    "idempotency_keys",
    "ledger",
    "order_history",
    "order_lines",
    "orders",
    "outbox",
    "payments",
    "products",
    "refresh_tokens",
    "refunds",
    "stock_moves",
    "stripe_events",
    "users",
];
/// What may read whole tables, by how its purpose begins, and why.
const MAY: [(&str, &str); 2] = [
    ("look for an admin", "once per deploy, by migrate"),
    ("check ", "the audit of the whole shop, when an admin asks for it"),
];

#[tokio::test]
async fn no_statement_reads_a_large_table_from_end_to_end() {
    let shop = Shop::open().await;
    shop.admin.batch_execute(GROWN).await.unwrap();
    // Plans that know no value, as a warm function's are from its sixth call on.
    shop.admin.batch_execute("set plan_cache_mode = force_generic_plan").await.unwrap();
    let mut faults = Vec::new();
    for (number, query) in every_query().enumerate() {
        let plan = plan(&shop, number, query.sql).await;
        let scanned = |table: &&&str| plan.contains(&format!("Seq Scan on {table} "));
        let read: Vec<_> = LARGE.iter().filter(scanned).collect();
        if !read.is_empty() && !may(query.doing) {
            faults.push(format!("to {} reads all of {read:?}:\n{plan}", query.doing));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_exception_is_a_statement() {
    let known: Vec<_> = every_query().map(|query| query.doing).collect();
    for (doing, why) in MAY {
        assert!(known.iter().any(|known| known.starts_with(doing)), "{doing} {why}");
    }
}

fn may(doing: &str) -> bool {
    MAY.iter().any(|(begins, _)| doing.starts_with(begins))
}

async fn plan(shop: &Shop, number: usize, sql: &str) -> String {
    let inputs = shop.admin.prepare(sql).await.unwrap().params().len();
    let inputs = vec!["null"; inputs].join(", ");
    let with = if inputs.is_empty() { String::new() } else { format!("({inputs})") };
    let explain = format!("prepare q{number} as {sql}; explain execute q{number}{with}");
    let told = shop.admin.simple_query(&explain).await.unwrap();
    let lines = told.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}
