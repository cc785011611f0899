//! What a benchmark needs that drives our binaries itself: the shop in its PostgreSQL, events that are good when they are
//! sent, and a queue that takes everything.

mod events;
mod queue;

use crate::keys::Keys;
use crate::measure;
use crate::seed::ADMIN;
use domain::accounts::{self, Email};
use domain::db::{BadAddress, Db, DbError};
use domain::id::{FamilyId, UserId};
use lambda::http::token::{KeyError, Signer};
use queue::Queue;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

const BUYERS: i32 = 20_000;
/// The first of them have more unpaid orders than they may, and place no other.
const INDEBTED: u16 = 4_000;
const PRODUCTS: i32 = 10_000;
/// Waiting for their payment, of which Stripe will tell.
const ORDERS: i32 = 100_000;
const EVENTS: i64 = 20_000;
const DATABASE: &str = "tradepost";
const SECRET: &str = "whsec_of_the_benchmark";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} cannot be written", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("no queue could be opened")]
    Queue(#[source] io::Error),
    #[error(transparent)]
    Address(#[from] BadAddress),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the database could not be filled")]
    Rows(#[from] tokio_postgres::Error),
    #[error("no token could be made")]
    Token(#[from] KeyError),
    #[error(transparent)]
    Measure(#[from] measure::Error),
    #[error("no admin could be made: {0}")]
    Admin(String),
}

/// The shop without its doors: whoever measures opens those.
pub struct Stand {
    folder: PathBuf,
    client: Client,
    signer: Signer,
    /// By their ids.
    buyers: Vec<UserId>,
    products: Vec<Uuid>,
    /// Everybody's.
    password: String,
    queue: Queue,
}

impl Stand {
    /// Makes the shop anew on the server at `url`, and writes what does not run out into `folder`.
    pub async fn open(url: &str, binaries: &Path, folder: &Path) -> Result<Self, Error> {
        let base = url.rsplit_once('/').map_or(url, |(base, _)| base);
        let (client, password) = fresh_database(url, base).await?;
        let buyers = client.query(ADMIT, &[&BUYERS]).await?;
        let mut buyers: Vec<UserId> = buyers.iter().map(|row| row.get(0)).collect();
        buyers.sort_unstable();
        let products = measure::stock_up(&client, PRODUCTS).await?;
        client.execute(SELL, &[&ORDERS, &i32::from(INDEBTED), &PRODUCTS]).await?;
        client.batch_execute("vacuum (analyze)").await?;

        let keys = Keys::generate();
        let queue = Queue::open().await.map_err(Error::Queue)?;
        let app = format!("{}/{DATABASE}", base.replacen("postgres@", "app_rw@", 1));
        let stand = Self {
            folder: folder.to_owned(),
            client,
            signer: Signer::from_pem(&keys.signing)?,
            buyers,
            products,
            password,
            queue,
        };
        let settings = json!({
            "DATABASE_URL": app, "DATABASE_AUTH": "", "DATABASE_PASSWORD_ARN": "",
            "TOKEN_KEYS": keys.public, "TOKEN_SIGNING_KEY": keys.signing, "REFRESH_KEY": keys.refresh,
            "LINK_KEY": keys.link, "STRIPE_WEBHOOK_SECRETS": SECRET, "STRIPE_LIVEMODE": "false",
            "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_ENDPOINT_URL_SQS": stand.queue.url(), "MAIL_QUEUE_URL": format!("{}/0/mail", stand.queue.url()),
            "INVENTORY_QUEUE_URL": format!("{}/0/inventory", stand.queue.url()),
        });
        stand.write("product.json", &product(binaries, folder, &settings).to_string())?;
        stand.refresh().await?;
        Ok(stand)
    }

    /// Writes events that are good for some minutes: tokens run out after 15, signatures after five.
    pub async fn refresh(&self) -> Result<(), Error> {
        #[expect(clippy::disallowed_methods, reason = "tokens and signatures run from now")]
        let now = OffsetDateTime::now_utc();
        let tokens =
            self.buyers.iter().map(|id| self.signer.issue(*id, FamilyId::generate(), 0, now));
        let tokens: Vec<_> = tokens.collect::<Result<_, _>>()?;
        self.write("list.jsonl", &events::list())?;
        self.write("search.jsonl", &events::search())?;
        self.write("detail.jsonl", &events::details(&self.products))?;
        self.write("login.jsonl", &events::log_in(BUYERS, &self.password))?;
        self.write(
            "order.jsonl",
            &events::orders(&tokens[usize::from(INDEBTED)..], &self.products),
        )?;
        let held = self.client.query(HELD, &[&EVENTS]).await?;
        let held = events::Held::of(&held, &self.buyers);
        self.write("order_get.jsonl", &events::looks(&held, &tokens))?;
        self.write("webhook.jsonl", &events::payments(&held, SECRET, now))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.folder.join(name);
        // Whoever reads at this moment reads the old file to its end.
        let new = self.folder.join(format!("{name}.new"));
        let written = fs::create_dir_all(&self.folder).and_then(|()| fs::write(&new, text));
        let written = written.and_then(|()| fs::rename(&new, &path));
        written.map_err(|source| Error::File { path, source })
    }
}

async fn fresh_database(url: &str, base: &str) -> Result<(Client, String), Error> {
    let (server, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    server.batch_execute(&format!("drop database if exists {DATABASE} with (force)")).await?;
    server.batch_execute(&format!("create database {DATABASE}")).await?;
    // As for the peers: written to the log, without waiting for this machine's disk.
    let lazy = format!("alter database {DATABASE} set synchronous_commit = off");
    server.batch_execute(&lazy).await?;
    let owner = format!("{base}/{DATABASE}");
    let db = Db::connect(&owner, 1)?;
    db.migrate().await?;
    server.batch_execute("alter role app_rw login").await?;
    let email = Email::parse(ADMIN).map_err(|no| Error::Admin(no.to_string()))?;
    // All buyers have its password.
    let admin = accounts::appoint_admin(&db, &email).await;
    let admin = admin.map_err(|no| Error::Admin(domain::failure::chain(&no)))?;
    let (client, connection) = tokio_postgres::connect(&owner, NoTls).await?;
    tokio::spawn(connection);
    Ok((client, admin.password))
}

/// One entry for each job that the peers have, and those that they have not.
fn product(binaries: &Path, folder: &Path, settings: &Value) -> Value {
    let op = |binary: &str, name: &str, route: &str| json!({"bin": binaries.join(binary), "event": folder.join(format!("{name}.jsonl")), "route": route});
    json!({
        "env": settings,
        "ops": {
            "list": op("catalog", "list", "GET /v1/products"),
            "search": op("catalog", "search", "GET /v1/products"),
            "detail": op("catalog", "detail", "GET /v1/products/{id}"),
            "order": op("orders", "order", "POST /v1/orders"),
            "order_get": op("orders", "order_get", "GET /v1/orders/{id}"),
            "login": op("accounts", "login", "POST /v1/auth/login"),
            "webhook": op("stripe-webhook", "webhook", "POST /v1/webhooks/stripe"),
        },
    })
}

const ADMIT: &str = "
    insert into users (id, email, email_norm, password_hash)
    select gen_random_uuid(), n || '@peers.example', n || '@peers.example', (select password_hash from users where role = 'admin')
    from generate_series(1, $1) n
    returning id";

/// An order of one piece each, its payment begun, with the stock that it holds.
const SELL: &str = "
    with buyer as (
        select id, row_number() over (order by id) - 1 as place from users where role = 'customer'
    ), goods as (
        select *, row_number() over () - 1 as place from products
    ), sold as (
        select gen_random_uuid() as id, buyer.id as buyer, goods.id as product, goods.sku, goods.name, goods.price_minor, n
        from generate_series(0, $1 - 1) n
             join buyer on buyer.place = n % $2 join goods on goods.place = n % $3
    ), placed as (
        insert into orders (id, user_id, currency, subtotal_minor, total_minor, expires_at, close_at)
        select id, buyer, 'EUR', price_minor, price_minor, now() + interval '1 day', now() + interval '1 day' from sold
    ), lines as (
        insert into order_lines (order_id, product_id, sku, name, currency, quantity, unit_minor)
        select id, product, sku, name, 'EUR', 1, price_minor from sold
    ), moved as (
        insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
        select product, 'order_placed', 'ord_' || replace(id::text, '-', ''), 0, 1 from sold
    ), held as (
        update products set reserved = reserved + sum.pieces
        from (select product, count(*)::int4 as pieces from sold group by product) sum
        where products.id = sum.product
    )
    insert into payments (id, order_id, currency, provider_pi, amount_minor, status)
    select gen_random_uuid(), id, 'EUR', 'pi_peers' || n, price_minor, 'requires_payment_method' from sold";

/// Payments that Stripe has not told of yet.
const HELD: &str = "
    select p.id as payment, p.provider_pi, p.amount_minor, o.id as order_id, o.user_id
    from payments p join orders o on o.id = p.order_id
    where p.status = 'requires_payment_method' limit $1";
