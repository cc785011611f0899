//! Who buys, and what there is to buy: put in at once, so that the time goes into the load.

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
/// So many unpaid orders the shop lets each have.
const MOST_UNPAID: usize = 5;
/// Nobody signs in with this password: nothing hashes to zeros.
const HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

const STOCK_UP: &str = "
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

/// A thousand buyers, and a thousand products for them.
pub(crate) async fn gather(shop: &Shop) -> Result<Crowd, Error> {
    let (client, connection) = tokio_postgres::connect(shop.database_url(), NoTls).await?;
    let connection = tokio::spawn(connection);
    let ids = admit(&client, BUYERS).await?;
    let products = stock_up(&client, PRODUCTS).await?;
    client.batch_execute("analyze").await?;
    drop(client);
    let _ = connection.await;
    let id = |id: &Uuid| format!("prod_{}", id.simple());
    Crowd::of(shop, &ids, products.iter().map(id).collect())
}

/// Puts so many products on the shelves, enough of each for everybody.
pub(crate) async fn stock_up(client: &Client, count: i32) -> Result<Vec<Uuid>, Error> {
    let made = client.query(STOCK_UP, &[&count]).await?;
    Ok(made.iter().map(|row| row.get(0)).collect())
}

/// What autovacuum does within a minute: plans of the first seconds, when the tables were empty, are made anew.
pub(crate) async fn analyze(shop: &Shop) -> Result<(), Error> {
    let (client, connection) = tokio_postgres::connect(shop.database_url(), NoTls).await?;
    tokio::spawn(connection);
    Ok(client.batch_execute("analyze").await?)
}

/// Lets new buyers in.
pub(crate) async fn admit(client: &Client, count: usize) -> Result<Vec<UserId>, Error> {
    let ids: Vec<_> = (0..count).map(|_| UserId::generate()).collect();
    let sql = "insert into users (id, email, email_norm, password_hash)
               select id, id || '@load.example', id || '@load.example', $2 from unnest($1::uuid[]) id";
    client.execute(sql, &[&ids, &HASH]).await?;
    Ok(ids)
}

/// Buyers with their tokens, products, and the orders that are on their way.
pub(crate) struct Crowd {
    pub(crate) api: String,
    pub(crate) http: reqwest::Client,
    tokens: Vec<String>,
    pub(crate) products: Vec<String>,
    next: AtomicUsize,
    /// Placed and not paid yet, the oldest first.
    unpaid: Mutex<VecDeque<Placed>>,
}

/// An order of one of the buyers.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) order: String,
    pub(crate) buyer: usize,
}

impl Crowd {
    /// These buyers in front of these products.
    pub(crate) fn of(shop: &Shop, ids: &[UserId], products: Vec<String>) -> Result<Self, Error> {
        let signer = Signer::from_pem(&shop.keys.signing)?;
        #[expect(clippy::disallowed_methods, reason = "a token runs from now")]
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

    /// A buyer who may place one more order, as long as there is one.
    pub(crate) fn next_with_room(&self) -> Option<usize> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        (next < self.tokens.len() * MOST_UNPAID).then(|| next % self.tokens.len())
    }

    /// One after the other, so that nobody has more unpaid orders than the shop allows.
    pub(crate) fn next_buyer(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed) % self.tokens.len()
    }

    pub(crate) fn token(&self, buyer: usize) -> &str {
        &self.tokens[buyer]
    }

    pub(crate) fn keep(&self, placed: Placed) {
        self.unpaid().push_back(placed);
    }

    /// Takes the oldest unpaid order.
    pub(crate) fn take(&self) -> Option<Placed> {
        self.unpaid().pop_front()
    }

    /// The newest unpaid order, which stays.
    pub(crate) fn newest(&self) -> Option<Placed> {
        self.unpaid().back().cloned()
    }

    fn unpaid(&self) -> std::sync::MutexGuard<'_, VecDeque<Placed>> {
        self.unpaid.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
