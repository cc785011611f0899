//! Shared test support: a shop with its own database, factories for users, products and orders, and an API client.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot set up should fail"
)]

mod api_client;
mod crash;
mod factory;
mod invariants;
mod log;
mod order_states;
mod pricing_rules;
mod secret_store;
mod statement_recorder;
mod stripe;
mod users;

pub use api_client::{ApiClient, Call, Response, send_all};
pub use crash::{CrashPoint, at_every_crash_point};
pub use factory::{Category, Count, Order, Product};
pub use log::Log;
pub use pricing_rules::{Discount, TaxRate};
pub use secret_store::SecretStore;
pub use statement_recorder::StatementRecorder;
pub use stripe::{Intent, WEBHOOK_SECRET, stripe};
pub use users::{SIGNING_KEY, User, link_key, signer, token_keys};

use domain::db::Db;
use lambda::config::Clock;
use lambda::http::token::Verifier;
use lambda::http::{App, TrustedProxies};
use stack::Postgres;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

const TEMPLATE: &str = "shop_template";
/// Connections of a test, so that it can run races; a deployed function has one.
const CONNECTIONS: usize = 8;

/// A shop with its own migrated database, which no other test uses.
pub struct Shop {
    /// The database as the functions connect to it, as the role `app_rw`.
    pub db: Db,
    /// A connection as the owner of the schema, to set up and to inspect data.
    pub admin: Client,
    url: String,
}

impl Shop {
    pub async fn open() -> Self {
        static TEMPLATE_READY: OnceCell<()> = OnceCell::const_new();
        TEMPLATE_READY.get_or_init(make_template).await;

        let name = format!("test_{}", Uuid::now_v7().simple());
        let create = format!("create database {name} template {TEMPLATE} strategy file_copy");
        let server = server().await;
        connect(&server.url("postgres")).await.batch_execute(&create).await.unwrap();
        Self::at(server, &name).await
    }

    /// A shop in a database that sorts by the rules of a language.
    pub async fn open_in_language(language: &str) -> Self {
        let server = server().await;
        let name = format!("test_{}", Uuid::now_v7().simple());
        let create = format!(
            "create database {name} template template0 encoding 'UTF8' locale_provider icu icu_locale '{language}'"
        );
        connect(&server.url("postgres")).await.batch_execute(&create).await.unwrap();
        Db::connect(&server.url(&name), 1).unwrap().migrate().await.unwrap();
        Self::at(server, &name).await
    }

    /// Creates the database `shop` on a server that the test may stop and start.
    pub async fn open_on(server: &Postgres) -> Self {
        let name = "shop";
        let create = format!("create database {name}");
        connect(&server.url("postgres")).await.batch_execute(&create).await.unwrap();
        Db::connect(&server.url(name), 1).unwrap().migrate().await.unwrap();
        Self::at(server, name).await
    }

    async fn at(server: &Postgres, database: &str) -> Self {
        let url = server.url_as("app_rw", database);
        let db = Db::connect(&url, CONNECTIONS).unwrap();
        Self { db, admin: connect(&server.url(database)).await, url }
    }

    /// The database URL of the functions.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A new connection as the role `app_rw`.
    pub async fn connect_as_app_rw(&self) -> Client {
        connect(&self.url).await
    }

    /// Records the statements of the functions from now on. `db` then has one connection, as in AWS.
    pub async fn record_statements(&mut self) -> StatementRecorder {
        let url = self.url.clone();
        let (front, rest) = url.split_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let (recorder, address) = StatementRecorder::start(server.to_owned()).await;
        self.db = Db::connect(&format!("{front}@{address}/{database}"), 1).unwrap();
        recorder
    }

    /// The state that all HTTP functions share.
    pub fn app(&self) -> App {
        let verifier = Verifier::from_jwks(&token_keys()).unwrap();
        let trusted_proxies = TrustedProxies::default();
        App { db: self.db.clone(), verifier, clock: clock(), trusted_proxies }
    }

    /// The single value that a query returns.
    pub async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(&self, sql: &str) -> T {
        self.admin.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Commits a transaction that was started with `run("begin")` as soon as another one waits for its locks. Panics
    /// after 30 s.
    pub async fn commit_once_awaited(&self) {
        self.until_awaited().await;
        self.run("commit").await;
    }

    /// Returns once another transaction waits for the locks of the one that was started with `run("begin")`. Panics after
    /// 30 s.
    pub async fn until_awaited(&self) {
        let is_awaited = "select exists (select from pg_locks
                          where not granted and transactionid = pg_current_xact_id()::xid)";
        let awaited = async { while !self.one::<bool>(is_awaited).await {} };
        tokio::time::timeout(Duration::from_secs(30), awaited)
            .await
            .expect("no transaction waits for it");
    }

    /// Executes a statement as the owner and returns the number of affected rows.
    pub async fn run(&self, sql: &str) -> u64 {
        self.admin.execute(sql, &[]).await.unwrap()
    }
}

/// The system clock. Tests use it because tokens and signatures expire.
#[expect(clippy::disallowed_methods, reason = "tests read the clock, as a main function does")]
pub fn clock() -> Clock {
    Clock(OffsetDateTime::now_utc)
}

async fn make_template() {
    let server = server().await;
    let admin = connect(&server.url("postgres")).await;
    // Test binaries may run concurrently; the first one creates the template.
    admin.batch_execute("select pg_advisory_lock(1)").await.unwrap();
    let known = "select 1 from pg_database where datname = $1";
    if admin.query_opt(known, &[&TEMPLATE]).await.unwrap().is_none() {
        admin.batch_execute(&format!("create database {TEMPLATE}")).await.unwrap();
    }
    Db::connect(&server.url(TEMPLATE), 1).unwrap().migrate().await.unwrap();
    admin.batch_execute("select pg_advisory_unlock(1)").await.unwrap();
}

/// The server of this process, which is started by the first test that needs it.
async fn server() -> &'static Postgres {
    Postgres::shared().await.unwrap_or_else(|error| panic!("{error}"))
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
