//! No statement needs a sequential scan of a large table.

use domain::statements;
use testkit::Shop;
use tokio_postgres::SimpleQueryMessage;

/// Fills the tables that grow.
const LARGE_SHOP: &str = include_str!("query_plans/large_shop.sql");
/// Tables that grow with users, products and orders.
const LARGE: [&str; 16] = [
    "audit_log",
    "checkouts",
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
/// The statements that may scan whole tables, by the beginning of their labels, and why.
const EXCEPTIONS: [(&str, &str); 2] = [
    ("look for an admin", "once per deploy, by migrate"),
    ("check ", "the audit of the whole shop, when an admin asks for it"),
];

#[tokio::test]
async fn no_statement_reads_a_large_table_from_end_to_end() {
    let shop = Shop::open().await;
    shop.admin.batch_execute(LARGE_SHOP).await.unwrap();
    // PostgreSQL may use generic plans from the sixth execution of a prepared statement on.
    shop.admin.batch_execute("set plan_cache_mode = force_generic_plan").await.unwrap();
    let mut faults = Vec::new();
    for (number, query) in statements::all().enumerate() {
        let plan = plan(&shop, number, query.sql).await;
        let scanned = |table: &&&str| plan.contains(&format!("Seq Scan on {table} "));
        let read: Vec<_> = LARGE.iter().filter(scanned).collect();
        if !read.is_empty() && !is_exception(query.doing) {
            faults.push(format!("to {} reads all of {read:?}:\n{plan}", query.doing));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_exception_is_a_statement() {
    let known: Vec<_> = statements::all().map(|query| query.doing).collect();
    for (doing, why) in EXCEPTIONS {
        assert!(known.iter().any(|known| known.starts_with(doing)), "{doing} {why}");
    }
}

fn is_exception(doing: &str) -> bool {
    EXCEPTIONS.iter().any(|(begins, _)| doing.starts_with(begins))
}

/// The plan of a statement whose parameters are unknown, as `explain` prints it.
async fn plan(shop: &Shop, number: usize, sql: &str) -> String {
    let parameters = shop.admin.prepare(sql).await.unwrap().params().len();
    let nulls = vec!["null"; parameters].join(", ");
    let with = if nulls.is_empty() { String::new() } else { format!("({nulls})") };
    let explain = format!("prepare q{number} as {sql}; explain execute q{number}{with}");
    let messages = shop.admin.simple_query(&explain).await.unwrap();
    let lines = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}
