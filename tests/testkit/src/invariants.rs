//! What must be true of every shop at every moment, whatever happened to it.

use crate::Shop;
use books::Books;
use std::collections::BTreeMap;
use std::fmt::Write as _;

impl Shop {
    /// The shop's books, beside which others can be laid.
    pub fn books(&self) -> Books<'_> {
        Books::of(&self.db, &self.admin)
    }

    /// Looks for rows that break a promise, and names them.
    pub async fn check_invariants(&self) {
        self.books().hold().await;
    }

    /// Every row of every table as text: what a refused request must leave as it was.
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

    /// The tables in which a secret can be read, in plain text or as the bytes of it.
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
