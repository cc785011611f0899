//! Prepares an external benchmark that runs the binaries itself: a filled database, files of valid events, and a
//! stand-in for SQS.

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
/// The first buyers have all existing orders, more than the limit of unpaid ones, so they place no others.
const BUYERS_WITH_ORDERS: u16 = 4_000;
const PRODUCTS: i32 = 10_000;
/// Unpaid orders, each with a payment that a webhook event will confirm.
const ORDERS: i32 = 100_000;
const EVENTS: i64 = 20_000;
const DATABASE: &str = "tradepost";
const WEBHOOK_SECRET: &str = "whsec_of_the_benchmark";

/// Why the benchmark could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not write {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("could not start the queue")]
    Queue(#[source] io::Error),
    #[error(transparent)]
    Address(#[from] BadAddress),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("could not fill the database")]
    Rows(#[from] tokio_postgres::Error),
    #[error("could not issue a token")]
    Token(#[from] KeyError),
    #[error(transparent)]
    Measure(#[from] measure::Error),
    #[error("could not create the admin: {0}")]
    Admin(String),
}

/// The database and the queue of a benchmark. The benchmark starts the functions itself.
pub struct Benchmark {
    folder: PathBuf,
    client: Client,
    signer: Signer,
    /// Sorted.
    buyers: Vec<UserId>,
    products: Vec<Uuid>,
    /// The password of all users.
    password: String,
    queue: Queue,
}

impl Benchmark {
    /// Recreates the database on the server at `url`, and writes `product.json` and the events into `folder`.
    pub async fn open(url: &str, binaries: &Path, folder: &Path) -> Result<Self, Error> {
        let base = url.rsplit_once('/').map_or(url, |(base, _)| base);
        let (client, password) = fresh_database(url, base).await?;
        let buyers = client.query(INSERT_BUYERS, &[&BUYERS]).await?;
        let mut buyers: Vec<UserId> = buyers.iter().map(|row| row.get(0)).collect();
        buyers.sort_unstable();
        let products = measure::insert_products(&client, PRODUCTS).await?;
        client
            .execute(INSERT_ORDERS, &[&ORDERS, &i32::from(BUYERS_WITH_ORDERS), &PRODUCTS])
            .await?;
        client.batch_execute("vacuum (analyze)").await?;

        let keys = Keys::generate();
        let queue = Queue::open().await.map_err(Error::Queue)?;
        let app = format!("{}/{DATABASE}", base.replacen("postgres@", "app_rw@", 1));
        let benchmark = Self {
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
            "LINK_KEY": keys.link, "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET, "STRIPE_LIVEMODE": "false",
            "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_ENDPOINT_URL_SQS": benchmark.queue.url(), "MAIL_QUEUE_URL": format!("{}/0/mail", benchmark.queue.url()),
            "INVENTORY_QUEUE_URL": format!("{}/0/inventory", benchmark.queue.url()),
        });
        benchmark.write("product.json", &manifest(binaries, folder, &settings).to_string())?;
        benchmark.refresh().await?;
        Ok(benchmark)
    }

    /// Writes events with new tokens, which are valid for 15 minutes, and signatures, which are valid for five.
    pub async fn refresh(&self) -> Result<(), Error> {
        #[expect(clippy::disallowed_methods, reason = "tokens and signatures are issued now")]
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
            &events::orders(&tokens[usize::from(BUYERS_WITH_ORDERS)..], &self.products),
        )?;
        let payments = self.client.query(UNPAID_PAYMENTS, &[&EVENTS]).await?;
        let payments = events::UnpaidPayment::of(&payments, &self.buyers);
        self.write("order_get.jsonl", &events::show_orders(&payments, &tokens))?;
        self.write("webhook.jsonl", &events::payment_events(&payments, WEBHOOK_SECRET, now))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.folder.join(name);
        // Replaced atomically, since the benchmark may be reading it.
        let new = self.folder.join(format!("{name}.new"));
        let written = fs::create_dir_all(&self.folder).and_then(|()| fs::write(&new, text));
        let written = written.and_then(|()| fs::rename(&new, &path));
        written.map_err(|source| Error::File { path, source })
    }
}

/// Recreates the database with its schema and an admin. Returns a connection as the owner and the admin's password.
async fn fresh_database(url: &str, base: &str) -> Result<(Client, String), Error> {
    let (server, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    server.batch_execute(&format!("drop database if exists {DATABASE} with (force)")).await?;
    server.batch_execute(&format!("create database {DATABASE}")).await?;
    // As for the implementations it is compared with: commits do not wait for the disk.
    let no_sync = format!("alter database {DATABASE} set synchronous_commit = off");
    server.batch_execute(&no_sync).await?;
    let owner = format!("{base}/{DATABASE}");
    let db = Db::connect(&owner, 1)?;
    db.migrate().await?;
    server.batch_execute("alter role app_rw login").await?;
    let email = Email::parse(ADMIN).map_err(|no| Error::Admin(no.to_string()))?;
    // All buyers get this password.
    let admin = accounts::create_first_admin(&db, &email).await;
    let admin = admin.map_err(|no| Error::Admin(domain::failure::chain(&no)))?;
    let (client, connection) = tokio_postgres::connect(&owner, NoTls).await?;
    tokio::spawn(connection);
    Ok((client, admin.password))
}

/// `product.json`: the environment of the functions, and the binary, the events and the route of each operation.
fn manifest(binaries: &Path, folder: &Path, settings: &Value) -> Value {
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

const INSERT_BUYERS: &str = "
    insert into users (id, email, email_norm, password_hash, email_verified_at)
    select gen_random_uuid(), n || '@peers.example', n || '@peers.example',
           (select password_hash from users where role = 'admin'), now()
    from generate_series(1, $1) n
    returning id";

/// Unpaid orders of one piece each, with their payments and reservations.
const INSERT_ORDERS: &str = "
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

/// Unpaid payments with their orders.
const UNPAID_PAYMENTS: &str = "
    select p.id as payment, p.provider_pi, p.amount_minor, o.id as order_id, o.user_id
    from payments p join orders o on o.id = p.order_id
    where p.status = 'requires_payment_method' limit $1";
