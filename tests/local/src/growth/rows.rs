//! Makes the shop larger, a statement a table.

use super::Error;
use crate::Shop;
use crate::measure::{Crowd, admit};
use domain::id::UserId;
use stack::Progress;
use std::time::Instant;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// Each part begins with the name of its table; what comes before them is for all.
const GROW: &str = include_str!("rows.sql");

/// Of the products and the buyers, evenly over all of them.
const SAMPLE: &str = "
    select pg_temp.id(3, 1 + k * ($1 / least($1, 1000))), pg_temp.buyer(1 + k * ($1 / least($1, 1000))), translate(md5((1 + k * ($1 / least($1, 1000)))::text), '0123456789', 'ghijklmnop')
    from generate_series(0, least($1, 1000) - 1) k
    order by md5(k::text)";

/// A shop that grows.
pub(super) struct Rows {
    client: Client,
    now: i32,
}

/// Some of what there is.
pub(super) struct Sample {
    pub(super) products: Vec<String>,
    pub(super) buyers: Vec<UserId>,
    /// Of which each stands in the name of one product.
    pub(super) words: Vec<String>,
}

impl Rows {
    pub(super) async fn none(shop: &Shop) -> Result<Self, Error> {
        let (client, connection) = tokio_postgres::connect(shop.database_url(), NoTls).await?;
        tokio::spawn(connection);
        Ok(Self { client, now: 0 })
    }

    /// Grows to so many products and orders.
    pub(super) async fn grow(&mut self, to: i32, progress: &Progress) -> Result<(), Error> {
        let mut parts = GROW.split("--table ");
        let range =
            "select set_config('growth.first', $1, false), set_config('growth.last', $2, false)";
        self.client.execute(range, &[&(self.now + 1).to_string(), &to.to_string()]).await?;
        self.client.batch_execute(parts.next().unwrap_or_default()).await?;
        for part in parts {
            let (table, sql) = part.split_once('\n').unwrap_or((part, ""));
            let start = Instant::now();
            self.client.batch_execute(sql).await?;
            progress.say(&format!("{to} rows: {table} after {:.1?}", start.elapsed()));
        }
        self.client.batch_execute("reset session_replication_role").await?;
        // Not analyze alone: words wait in a list beside their index until somebody vacuums.
        self.client.batch_execute("vacuum (analyze)").await?;
        self.now = to;
        Ok(())
    }

    pub(super) async fn sample(&self) -> Result<Sample, Error> {
        let rows = self.client.query(SAMPLE, &[&self.now]).await?;
        let (mut products, mut buyers, mut words) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            products.push(format!("prod_{}", row.get::<_, Uuid>(0).simple()));
            buyers.push(row.get(1));
            words.push(row.get(2));
        }
        Ok(Sample { products, buyers, words })
    }

    /// Buyers without an order yet.
    pub(super) async fn strangers(
        &self,
        shop: &Shop,
        count: usize,
        products: Vec<String>,
    ) -> Result<Crowd, Error> {
        Ok(Crowd::of(shop, &admit(&self.client, count).await?, products)?)
    }
}
