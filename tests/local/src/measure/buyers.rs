//! Buyers and products of a measurement, inserted directly into the database.

use super::Error;
use crate::Shop;
use domain::id::{FamilyId, UserId};
use lambda::http::token::Signer;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use time::OffsetDateTime;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

const BUYERS: usize = 1000;
const PRODUCTS: i32 = 1000;
/// How many unpaid orders the shop allows each buyer.
const MAX_UNPAID: usize = 5;
/// No password has this hash.
const HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

const INSERT_PRODUCTS: &str = "
    with made as (
        insert into products (id, sku, name, description, price_minor, currency, on_hand)
        select gen_random_uuid(), 'LOAD-' || n, (array['Red', 'Blue', 'Green'])[1 + n % 3] || ' thing ' || n,
               repeat('One of many, for many hands at once. ', 5), 100 + n % 5000, 'EUR', 10000000
        from generate_series(1, $1) n
        returning id, on_hand
    ), moved as (
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
        select id, 'created', 'created', on_hand, 0 from made
    )
    select id from made";

/// Inserts 1000 buyers and 1000 products.
pub(crate) async fn create_buyers_and_products(shop: &Shop) -> Result<Buyers, Error> {
    let (client, connection) = tokio_postgres::connect(shop.database_url(), NoTls).await?;
    let connection = tokio::spawn(connection);
    let ids = insert_buyers(&client, BUYERS).await?;
    let products = insert_products(&client, PRODUCTS).await?;
    client.batch_execute("analyze").await?;
    drop(client);
    let _ = connection.await;
    let id = |id: &Uuid| format!("prod_{}", id.simple());
    Buyers::of(shop, &ids, products.iter().map(id).collect())
}

/// Inserts products with a stock of ten million each.
pub(crate) async fn insert_products(client: &Client, count: i32) -> Result<Vec<Uuid>, Error> {
    let made = client.query(INSERT_PRODUCTS, &[&count]).await?;
    Ok(made.iter().map(|row| row.get(0)).collect())
}

/// Updates the statistics, as autovacuum does within a minute. This also invalidates plans from when the tables were
/// empty.
pub(crate) async fn analyze(shop: &Shop) -> Result<(), Error> {
    let (client, connection) = tokio_postgres::connect(shop.database_url(), NoTls).await?;
    tokio::spawn(connection);
    Ok(client.batch_execute("analyze").await?)
}

/// Inserts users.
pub(crate) async fn insert_buyers(client: &Client, count: usize) -> Result<Vec<UserId>, Error> {
    let ids: Vec<_> = (0..count).map(|_| UserId::generate()).collect();
    let sql = "insert into users (id, email, email_norm, password_hash, email_verified_at)
               select id, id || '@load.example', id || '@load.example', $2, now() from unnest($1::uuid[]) id";
    client.execute(sql, &[&ids, &HASH]).await?;
    Ok(ids)
}

/// Buyers with their access tokens, the products, and the unpaid orders.
pub(crate) struct Buyers {
    pub(crate) api: String,
    pub(crate) http: reqwest::Client,
    tokens: Vec<String>,
    pub(crate) products: Vec<String>,
    next: AtomicUsize,
    /// The oldest first.
    unpaid: Mutex<VecDeque<PlacedOrder>>,
}

/// An order and the index of its buyer.
#[derive(Clone, Debug)]
pub(crate) struct PlacedOrder {
    pub(crate) order: String,
    pub(crate) buyer: usize,
}

impl Buyers {
    /// Issues tokens for the users `ids`.
    pub(crate) fn of(shop: &Shop, ids: &[UserId], products: Vec<String>) -> Result<Self, Error> {
        let signer = Signer::from_pem(&shop.keys.signing)?;
        #[expect(clippy::disallowed_methods, reason = "tokens are issued now")]
        let now = OffsetDateTime::now_utc();
        let tokens = ids.iter().map(|id| signer.issue(*id, FamilyId::generate(), 0, now));
        Ok(Self {
            api: shop.url().to_owned(),
            http: reqwest::Client::new(),
            tokens: tokens.collect::<Result<_, _>>()?,
            products,
            next: AtomicUsize::new(0),
            unpaid: Mutex::default(),
        })
    }

    /// The next buyer, or none if all have reached the limit of unpaid orders.
    pub(crate) fn next_with_room(&self) -> Option<usize> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        (next < self.tokens.len() * MAX_UNPAID).then(|| next % self.tokens.len())
    }

    /// The next buyer. Round robin spreads the unpaid orders evenly.
    pub(crate) fn next_buyer(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed) % self.tokens.len()
    }

    pub(crate) fn token(&self, buyer: usize) -> &str {
        &self.tokens[buyer]
    }

    pub(crate) fn add_unpaid(&self, order: PlacedOrder) {
        self.unpaid().push_back(order);
    }

    /// Takes the oldest unpaid order.
    pub(crate) fn take_oldest_unpaid(&self) -> Option<PlacedOrder> {
        self.unpaid().pop_front()
    }

    /// The newest unpaid order.
    pub(crate) fn newest_unpaid(&self) -> Option<PlacedOrder> {
        self.unpaid().back().cloned()
    }

    fn unpaid(&self) -> std::sync::MutexGuard<'_, VecDeque<PlacedOrder>> {
        self.unpaid.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
