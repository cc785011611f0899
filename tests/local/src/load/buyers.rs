//! Who buys, and what there is to buy: put in at once, so that the time goes into the load.

use super::Error;
use crate::Shop;
use domain::id::{FamilyId, UserId};
use lambda::http::token::Signer;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use time::OffsetDateTime;
use tokio_postgres::NoTls;
use uuid::Uuid;

const BUYERS: usize = 1000;
const PRODUCTS: i32 = 1000;
/// Nobody signs in with this password: nothing hashes to zeros.
const HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

const STOCK_UP: &str = "
    with made as (
        insert into products (id, sku, name, description, price_minor, currency, on_hand)
        select gen_random_uuid(), 'LOAD-' || n, (array['Red', 'Blue', 'Green'])[1 + n % 3] || ' thing ' || n,
               'One of many, for many hands at once.', 100 + n, 'EUR', 10000000
        from generate_series(1, $1) n
        returning id, on_hand
    ), moved as (
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
        select id, 'created', 'created', on_hand, 0 from made
    )
    select id from made";

/// Buyers with their tokens, products, and the orders that are on their way.
pub(super) struct Crowd {
    pub(super) api: String,
    pub(super) http: reqwest::Client,
    tokens: Vec<String>,
    pub(super) products: Vec<String>,
    next: AtomicUsize,
    /// Placed and not paid yet, the oldest first.
    unpaid: Mutex<VecDeque<Placed>>,
}

/// An order of one of the buyers.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) order: String,
    pub(super) buyer: usize,
}

impl Crowd {
    pub(super) async fn gather(shop: &Shop) -> Result<Self, Error> {
        let (client, connection) = tokio_postgres::connect(shop.database_url(), NoTls).await?;
        let connection = tokio::spawn(connection);
        let signer = Signer::from_pem(&shop.keys.signing)?;
        #[expect(clippy::disallowed_methods, reason = "a token runs from now")]
        let now = OffsetDateTime::now_utc();
        let (mut ids, mut tokens) = (Vec::new(), Vec::new());
        for _ in 0..BUYERS {
            let id = UserId::generate();
            tokens.push(signer.issue(id, FamilyId::generate(), 0, now)?);
            ids.push(id);
        }
        let sql = "insert into users (id, email, email_norm, password_hash)
                   select id, id || '@load.example', id || '@load.example', $2 from unnest($1::uuid[]) id";
        client.execute(sql, &[&ids, &HASH]).await?;
        let products = client.query(STOCK_UP, &[&PRODUCTS]).await?;
        client.batch_execute("analyze").await?;
        drop(client);
        let _ = connection.await;
        let id = |row: &tokio_postgres::Row| format!("prod_{}", row.get::<_, Uuid>(0).simple());
        Ok(Self {
            api: shop.url().to_owned(),
            http: reqwest::Client::new(),
            tokens,
            products: products.iter().map(id).collect(),
            next: AtomicUsize::new(0),
            unpaid: Mutex::default(),
        })
    }

    /// One after the other, so that nobody has more unpaid orders than the shop allows.
    pub(super) fn next_buyer(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed) % self.tokens.len()
    }

    pub(super) fn token(&self, buyer: usize) -> &str {
        &self.tokens[buyer]
    }

    pub(super) fn keep(&self, placed: Placed) {
        self.unpaid().push_back(placed);
    }

    /// Takes the oldest unpaid order.
    pub(super) fn take(&self) -> Option<Placed> {
        self.unpaid().pop_front()
    }

    /// The newest unpaid order, which stays.
    pub(super) fn newest(&self) -> Option<Placed> {
        self.unpaid().back().cloned()
    }

    fn unpaid(&self) -> std::sync::MutexGuard<'_, VecDeque<Placed>> {
        self.unpaid.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
