//! What the database refuses by itself: every constraint and trigger, and the privileges of the functions' role.

use std::collections::{BTreeMap, BTreeSet};
use testkit::Shop;
use tokio_postgres::Client;
use tokio_postgres::error::DbError;

/// At least one row of every table.
const ROWS: &str = include_str!("constraints/rows.sql");
const REFUSED: [&str; 16] = [
    include_str!("constraints/refused.sql"),
    include_str!("constraints/refused/acknowledgements.sql"),
    include_str!("constraints/refused/accounts.sql"),
    include_str!("constraints/refused/audit.sql"),
    include_str!("constraints/refused/checkouts.sql"),
    include_str!("constraints/refused/comments.sql"),
    include_str!("constraints/refused/dispute.sql"),
    include_str!("constraints/refused/edits.sql"),
    include_str!("constraints/refused/fraud_warning.sql"),
    include_str!("constraints/refused/fulfillments.sql"),
    include_str!("constraints/refused/goods_back.sql"),
    include_str!("constraints/refused/guests.sql"),
    include_str!("constraints/refused/parts.sql"),
    include_str!("constraints/refused/payment.sql"),
    include_str!("constraints/refused/pricing.sql"),
    include_str!("constraints/refused/returns.sql"),
];

/// Triggers that write rows or columns and refuse nothing.
const WRITING_TRIGGERS: [&str; 32] = [
    "acknowledgements_audited",
    "audit_log_chained",
    "categories_audited",
    "discounts_audited",
    "discounts_keep_pricing",
    "fulfillments_audited",
    "ledger_keep_surplus_apart",
    "order_comments_audited",
    "order_edits_audited",
    "order_guests_audited",
    "orders_address_removed",
    "orders_audited",
    "orders_changes",
    "orders_give_back_discounts",
    "orders_history",
    "payments_audited",
    "products_audited",
    "products_low_stock",
    "products_search_terms",
    "refunds_audited",
    "refunds_split_tax",
    "returns_audited",
    "shipping_methods_audited",
    "shipping_methods_keep_pricing",
    "shop_pricing_audited",
    "tax_countries_audited",
    "tax_countries_keep_pricing",
    "tax_exemptions_audited",
    "tax_exemptions_keep_pricing",
    "tax_rates_audited",
    "tax_rates_keep_pricing",
    "users_audited",
];
/// Tables whose rows the functions never update.
const INSERT_ONLY: [&str; 17] = [
    "acknowledgements",
    "audit_head",
    "audit_log",
    "discount_uses",
    "fulfillment_lines",
    "order_changes",
    "order_edits",
    "ledger",
    "order_history",
    // All but how far its pieces are.
    "order_lines",
    "order_taxes",
    "reconciliation_findings",
    "refund_lines",
    // All but what arrived.
    "return_lines",
    "stock_discrepancies",
    "stock_moves",
    "tax_rates",
];

/// Days of a calendar, wherever one is: the others are moments.
const DAYS: [&str; 2] = ["orders.deliver_from", "orders.deliver_until"];

/// A change that must be refused.
struct Case {
    constraint: &'static str,
    /// The constraint that the error names. A trigger may name another than itself.
    reported: &'static str,
    sql: &'static str,
}

fn cases() -> Vec<Case> {
    let blocks = REFUSED.into_iter().flat_map(|file| file.split("\n-- ").skip(1));
    let case = |block: &'static str| {
        let (head, sql) = block.split_once('\n').unwrap();
        let (constraint, reported) = head.split_once(": ").unwrap_or((head, head));
        Case { constraint, reported, sql }
    };
    blocks.map(case).collect()
}

/// Every constraint, unique index and named refusal of a trigger, with the SQLSTATE that it answers with.
async fn constraints(admin: &Client) -> BTreeMap<String, String> {
    let sql = "
        select conname::text, case contype when 'f' then '23503' when 'p' then '23505' when 'u' then '23505' else '23514' end
        from pg_constraint
        where connamespace = 'public'::regnamespace and contype <> 'n' and conrelid::regclass::text <> 'refinery_schema_history'
        union
        select indexrelid::regclass::text, '23505'
        from pg_index join pg_class on pg_class.oid = indexrelid
        where indisunique and relnamespace = 'public'::regnamespace
          and indexrelid not in (select conindid from pg_constraint)
        union
        select (regexp_matches(prosrc, 'constraint = ''([a-z_]+)''', 'g'))[1], '23514'
        from pg_proc where pronamespace = 'public'::regnamespace";
    let rows = admin.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// The error that `sql` ends with, if any. It is rolled back.
async fn refusal(client: &Client, sql: &str) -> Option<DbError> {
    let sql = format!("begin; {sql}; set constraints all immediate");
    let outcome = client.batch_execute(&sql).await;
    client.batch_execute("rollback").await.unwrap();
    outcome.err().map(|error| error.as_db_error().unwrap().clone())
}

async fn tables(admin: &Client) -> Vec<String> {
    let sql = "select table_name::text from information_schema.tables
               where table_schema = 'public' and table_name <> 'refinery_schema_history' order by 1";
    admin.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_constraint_refuses_what_it_is_there_for() {
    let shop = Shop::open().await;
    shop.admin.batch_execute(ROWS).await.unwrap();
    let known = constraints(&shop.admin).await;

    let mut wrong = Vec::new();
    for Case { constraint, reported, sql } in cases() {
        let Some(state) = known.get(constraint) else {
            wrong.push(format!("the schema has no constraint {constraint}"));
            continue;
        };
        let found = refusal(&shop.admin, sql).await;
        let found = found.as_ref().map(|error| (error.code().code(), error.constraint(), error));
        if found.is_none_or(|(code, name, _)| code != state || name != Some(reported)) {
            wrong.push(format!("{constraint} should answer {state}, but: {found:?}"));
        }
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn no_constraint_is_without_a_case() {
    let shop = Shop::open().await;
    let tried: BTreeSet<_> = cases().iter().map(|case| case.constraint).collect();

    let known = constraints(&shop.admin).await;
    let is_untried = |name: &&String| {
        !tried.contains(name.as_str()) && !WRITING_TRIGGERS.contains(&name.as_str())
    };
    let untried: Vec<_> = known.keys().filter(is_untried).collect();

    assert!(untried.is_empty(), "add to refused.sql: {untried:?}");
}

#[tokio::test]
async fn every_trigger_refuses_by_name_or_is_known_to_write() {
    let shop = Shop::open().await;
    let sql = "select tgname::text from pg_trigger join pg_proc on pg_proc.oid = tgfoid
               where not tgisinternal and prosrc not like '%constraint = ''%' order by 1";

    let silent = shop.admin.query(sql, &[]).await.unwrap();

    let silent: Vec<String> = silent.iter().map(|row| row.get(0)).collect();
    assert_eq!(silent, WRITING_TRIGGERS);
}

#[tokio::test]
async fn every_change_of_status_is_written_into_the_history() {
    let shop = Shop::open().await;
    shop.admin.batch_execute(ROWS).await.unwrap();
    // One order is enough.
    let one = "set session_replication_role = replica;
               delete from discount_uses; delete from order_lines where discount_minor > 0;
               delete from order_history where order_id in (select id from orders where discount_minor > 0);
               delete from orders where discount_minor > 0; reset session_replication_role";
    shop.admin.batch_execute(one).await.unwrap();

    shop.run("update orders set captured_minor = 1000, status = 'confirmed', expires_at = null")
        .await;
    shop.run("update orders set close_at = now()").await;
    let cancel =
        "update orders set status = 'cancelled', cancelled_at = now(), cancel_reason = 'requested'";
    shop.run(cancel).await;

    let path = "select string_agg(concat_ws(' ', version, from_status, to_status, reason), ', ' order by version)
                from order_history";
    let expected = "1 pending, 2 pending confirmed, 4 confirmed cancelled requested";
    assert_eq!(shop.one::<String>(path).await, expected);
    assert_eq!(shop.one::<i64>("select version from orders").await, 4);
}

#[tokio::test]
async fn functions_delete_nothing_but_empty_categories() {
    let shop = Shop::open().await;
    let function = shop.connect_as_app_rw().await;

    for table in tables(&shop.admin).await {
        let deleted = refusal(&function, &format!("delete from {table}")).await;
        let emptied = refusal(&function, &format!("truncate {table}")).await;

        let allowed = if table == "categories" { None } else { Some("42501") };
        assert_eq!(deleted.as_ref().map(|no| no.code().code()), allowed, "{table}");
        assert_eq!(emptied.unwrap().code().code(), "42501", "{table}");
    }
}

#[tokio::test]
async fn functions_change_nothing_that_is_written_once() {
    let shop = Shop::open().await;
    let function = shop.connect_as_app_rw().await;

    for table in tables(&shop.admin).await {
        let column = "select attname::text from pg_attribute
                      where attrelid = $1::text::regclass and attnum > 0 and attidentity = '' limit 1";
        let column: String = shop.admin.query_one(column, &[&table]).await.unwrap().get(0);
        let changed = refusal(&function, &format!("update {table} set {column} = {column}")).await;

        let allowed = if INSERT_ONLY.contains(&&*table) { Some("42501") } else { None };
        assert_eq!(changed.as_ref().map(|no| no.code().code()), allowed, "{table}");
    }
}

#[tokio::test]
async fn functions_leave_the_schema_alone() {
    let shop = Shop::open().await;
    let function = shop.connect_as_app_rw().await;

    for sql in [
        "create table loot (id int)",
        "create schema loot",
        "create function loot() returns int language sql as 'select 1'",
        "alter table ledger add column loot int",
        "alter table orders disable trigger orders_guard",
        "drop table ledger",
        "create index loot on orders (id)",
        "create role loot",
        "alter role app_rw superuser",
        "set role postgres",
        "set session_replication_role = 'replica'",
        "select * from refinery_schema_history",
        "copy orders to program 'cat'",
        "select pg_read_file('/etc/hostname')",
    ] {
        let no = refusal(&function, sql).await;
        assert_eq!(no.map(|no| no.code().code().to_owned()).as_deref(), Some("42501"), "{sql}");
    }
}

#[tokio::test]
async fn functions_neither_wait_nor_work_for_ever() {
    let shop = Shop::open().await;
    let function = shop.connect_as_app_rw().await;

    for (setting, expected) in [
        ("statement_timeout", "3s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "5s"),
    ] {
        let row = function.query_one(&format!("show {setting}"), &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), expected, "{setting}");
    }
}

#[tokio::test]
async fn amounts_are_whole_numbers_and_times_know_their_zone() {
    let shop = Shop::open().await;
    let columns = "select table_name || '.' || column_name as name, case udt_name when '_int8' then 'bigint' else data_type end from information_schema.columns
                   where table_schema = 'public' and table_name <> 'refinery_schema_history'";

    for row in shop.admin.query(columns, &[]).await.unwrap() {
        let (name, kind): (String, String) = (row.get(0), row.get(1));
        assert!(!["real", "double precision", "money"].contains(&&*kind), "{name} is a {kind}");
        assert!(!kind.contains("without time zone"), "{name} is a {kind}");
        assert!(kind != "date" || DAYS.contains(&&*name), "{name} is a {kind}");
        if name.ends_with("_minor") {
            assert_eq!(kind, "bigint", "{name}");
        }
    }
}
