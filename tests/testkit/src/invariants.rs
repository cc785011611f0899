//! Checks of the invariants of a shop, and snapshots of its database.

use crate::Shop;
use invariants::Audit;
use std::collections::BTreeMap;
use std::fmt::Write as _;

impl Shop {
    /// An audit of the database, to which other records can be added.
    pub fn audit(&self) -> Audit<'_> {
        Audit::of(&self.db, &self.admin)
    }

    /// Panics with the rows that break an invariant, if there are any.
    pub async fn check_invariants(&self) {
        self.audit().assert_holds().await;
    }

    /// All rows of every table as text, by table name. A refused request must not change them.
    pub async fn snapshot(&self) -> BTreeMap<String, String> {
        let tables = "select table_name::text from information_schema.tables
                      where table_schema = 'public' and table_type = 'BASE TABLE'";
        let mut rows = BTreeMap::new();
        for table in self.admin.query(tables, &[]).await.unwrap() {
            let table: String = table.get(0);
            let sql = format!(
                "select coalesce(string_agg(t::text, e'\\n' order by t::text), '') from {table} t"
            );
            rows.insert(table, self.one(&sql).await);
        }
        rows
    }

    /// The tables that contain a secret, as text or as bytes.
    pub async fn tables_with(&self, secret: &str) -> Vec<String> {
        let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        let found = |rows: &str| rows.contains(secret) || rows.contains(&hex);
        let tables = self.snapshot().await.into_iter();
        tables.filter(|(_, rows)| found(rows)).map(|(table, _)| table).collect()
    }
}
