//! Each table is written by one module of the domain.

use crate::workspace::files;
use std::collections::{BTreeMap, BTreeSet};

/// Every table with the modules that write it.
const OWNERS: [(&str, &[&str]); 47] = [
    ("acknowledgements", &["acknowledgement"]),
    // Written by triggers.
    ("audit_head", &[]),
    ("audit_log", &[]),
    ("categories", &["catalog"]),
    ("checkout_sessions", &["payments"]),
    ("checkouts", &["checkouts"]),
    ("discount_uses", &["pricing"]),
    ("discounts", &["pricing"]),
    ("disputes", &["payments"]),
    ("emails", &["mail"]),
    ("fraud_warnings", &["payments"]),
    ("fulfillment_lines", &["ordering"]),
    ("fulfillments", &["ordering"]),
    ("idempotency_keys", &["idempotency"]),
    ("inbox", &["inbox"]),
    ("inventory_sources", &["inventory"]),
    ("ledger", &["payments"]),
    ("links", &["accounts"]),
    // Written by triggers.
    ("order_changes", &[]),
    ("order_history", &[]),
    ("order_comments", &["ordering"]),
    ("order_edits", &["ordering"]),
    ("order_guests", &["guests"]),
    ("order_lines", &["ordering"]),
    ("order_taxes", &["ordering"]),
    ("orders", &["ordering"]),
    ("outbox", &["outbox"]),
    ("payments", &["payments"]),
    // COUNTS by the inventory, the other columns by the catalog.
    ("products", &["catalog", "inventory"]),
    ("rate_buckets", &["accounts"]),
    ("reconciliation_findings", &["payments"]),
    ("reconciliations", &["payments"]),
    ("refresh_tokens", &["accounts"]),
    ("refund_lines", &["payments"]),
    ("refunds", &["payments"]),
    ("return_lines", &["ordering"]),
    ("returns", &["ordering"]),
    ("shipping_methods", &["pricing"]),
    ("shop_pricing", &["pricing"]),
    ("sign_in_places", &["accounts"]),
    ("stock_discrepancies", &["inventory"]),
    ("stock_moves", &["inventory"]),
    ("stripe_events", &["payments"]),
    ("tax_countries", &["pricing"]),
    ("tax_exemptions", &[]),
    ("tax_rates", &["pricing"]),
    ("users", &["accounts"]),
];
/// The columns of `products` that the inventory writes.
const COUNTS: [&str; 3] = ["on_hand", "reserved", "low_stock_threshold"];

/// A statement that writes a table.
struct Change {
    module: String,
    table: String,
    /// The columns that an update sets.
    columns: BTreeSet<String>,
}

/// Every write of the statements of the domain.
fn changes() -> Vec<Change> {
    let mut changes = Vec::new();
    for file in files("shared/domain/src", &[".rs"]) {
        let below = file.path.trim_start_matches("shared/domain/src/");
        let module = below.split(['/', '.']).next().unwrap_or_default();
        let lines = file.text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let words: Vec<_> = lines.flat_map(str::split_whitespace).collect();
        for (at, pair) in words.windows(2).enumerate() {
            let before = at.checked_sub(1).map_or("", |before| words[before]);
            let table = match *pair {
                ["into", table] if before == "insert" => table,
                ["from", table] if before == "delete" => table,
                // Not `for update`, `for no key update` or `on conflict do update`.
                ["update", table] if !["for", "key", "do"].contains(&before) => table,
                _ => continue,
            };
            let table = table.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
            if OWNERS.iter().any(|(known, _)| *known == table) {
                let columns =
                    if pair[0] == "update" { set_by(&words[at..]) } else { BTreeSet::new() };
                changes.push(Change {
                    module: module.to_owned(),
                    table: table.to_owned(),
                    columns,
                });
            }
        }
    }
    changes
}

/// The columns before an equals sign in the list that begins with `set`.
fn set_by(words: &[&str]) -> BTreeSet<String> {
    let list = words.iter().skip_while(|word| **word != "set").skip(1);
    let ends = ["where", "from", "returning", "\";"];
    let list: Vec<_> = list.take_while(|word| !ends.contains(word)).collect();
    let assigned = list.windows(2).filter(|pair| *pair[1] == "=");
    assigned.map(|pair| (*pair[0]).to_owned()).collect()
}

#[test]
fn every_table_has_an_owner() {
    let migrations = files("shared/domain/migrations", &[".sql"]);
    let lines = migrations.iter().flat_map(|file| file.text.lines());
    let made = lines.filter_map(|line| line.strip_prefix("create table "));
    let made: BTreeSet<_> = made.filter_map(|rest| rest.split([' ', '(']).next()).collect();

    assert_eq!(made, OWNERS.iter().map(|(table, _)| *table).collect());
}

#[test]
fn a_module_changes_its_own_tables_only() {
    let owners = BTreeMap::from(OWNERS);
    let changes = changes();
    assert!(changes.len() > 40, "statements are missing");
    let mut unused: BTreeSet<_> =
        OWNERS.iter().flat_map(|(table, by)| by.iter().map(move |by| (*table, *by))).collect();
    for Change { module, table, .. } in &changes {
        let may = owners[table.as_str()].contains(&module.as_str());
        assert!(may, "{module} writes {table}: call the owner in the same transaction instead");
        unused.remove(&(table.as_str(), module.as_str()));
    }
    assert!(unused.is_empty(), "these modules do not write the tables that they own: {unused:?}");
}

#[test]
fn the_inventory_moves_the_counts_of_products_and_the_catalog_the_rest() {
    for change in changes().iter().filter(|change| change.table == "products") {
        let mut columns = change.columns.clone();
        columns.remove("updated_at");
        let counts = columns.iter().filter(|column| COUNTS.contains(&column.as_str())).count();
        match change.module.as_str() {
            "inventory" => assert_eq!(counts, columns.len(), "the inventory sets {columns:?}"),
            other => assert_eq!(counts, 0, "{other} sets {columns:?}"),
        }
    }
}
