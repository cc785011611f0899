//! Inserts many rows, with one statement per table.

use super::Error;
use crate::Shop;
use crate::measure::{Buyers, insert_buyers};
use domain::catalog;
use domain::db::Db;
use domain::id::UserId;
use stack::Progress;
use std::time::Instant;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// A common part, then a part for each table, which begins with the name of the table.
const GROW: &str = include_str!("rows.sql");

/// Up to 1000 products and buyers, spread evenly over all, in random order.
const SAMPLE: &str = "
    select pg_temp.id(3, 1 + k * ($1 / least($1, 1000))), pg_temp.buyer(1 + k * ($1 / least($1, 1000))), translate(md5((1 + k * ($1 / least($1, 1000)))::text), '0123456789', 'ghijklmnop')
    from generate_series(0, least($1, 1000) - 1) k
    order by md5(k::text)";

/// The rows that were inserted so far.
pub(super) struct Rows {
    client: Client,
    db: Db,
    size: i32,
}

/// A sample of the rows.
pub(super) struct Sample {
    pub(super) products: Vec<String>,
    pub(super) buyers: Vec<UserId>,
    /// Words that each occur in the name of one product only.
    pub(super) words: Vec<String>,
}

impl Rows {
    pub(super) async fn empty(shop: &Shop) -> Result<Self, Error> {
        let (client, connection) = tokio_postgres::connect(shop.database_url(), NoTls).await?;
        tokio::spawn(connection);
        let db = Db::connect(shop.database_url(), 1)?;
        Ok(Self { client, db, size: 0 })
    }

    /// Inserts rows until there are `to` products and orders.
    pub(super) async fn grow(&mut self, to: i32, progress: &Progress) -> Result<(), Error> {
        let mut parts = GROW.split("--table ");
        let range =
            "select set_config('growth.first', $1, false), set_config('growth.last', $2, false)";
        self.client.execute(range, &[&(self.size + 1).to_string(), &to.to_string()]).await?;
        self.client.batch_execute(parts.next().unwrap_or_default()).await?;
        for part in parts {
            let (table, sql) = part.split_once('\n').unwrap_or((part, ""));
            let start = Instant::now();
            self.client.batch_execute(sql).await?;
            progress.say(&format!("{to} rows: {table} after {:.1?}", start.elapsed()));
        }
        self.client.batch_execute("reset session_replication_role").await?;
        // As the sweep does after a deploy.
        while catalog::make_search_terms(&self.db).await?.made > 0 {}
        // Vacuum as well: GIN indexes keep new entries in a pending list until then.
        self.client.batch_execute("vacuum (analyze)").await?;
        self.size = to;
        Ok(())
    }

    pub(super) async fn sample(&self) -> Result<Sample, Error> {
        let rows = self.client.query(SAMPLE, &[&self.size]).await?;
        let (mut products, mut buyers, mut words) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            products.push(format!("prod_{}", row.get::<_, Uuid>(0).simple()));
            buyers.push(row.get(1));
            words.push(row.get(2));
        }
        Ok(Sample { products, buyers, words })
    }

    /// Inserts buyers without orders.
    pub(super) async fn new_buyers(
        &self,
        shop: &Shop,
        count: usize,
        products: Vec<String>,
    ) -> Result<Buyers, Error> {
        Ok(Buyers::of(shop, &insert_buyers(&self.client, count).await?, products)?)
    }
}
