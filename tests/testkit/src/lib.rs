//! What tests share: a shop with a database of its own, its people and goods, and doors to knock on.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot set up should fail"
)]

mod death;
mod door;
mod factory;
mod fulfilment;
mod invariants;
mod log;
mod people;
mod stripe;
mod tap;
mod vault;

pub use death::{Death, everywhere};
pub use door::{Answer, Call, Door, all};
pub use factory::{Category, Count, Order, Product};
pub use log::Log;
pub use people::{Person, SIGNING_KEY, link_key, signer, token_keys};
pub use stripe::{Intent, WEBHOOK_SECRET, stripe};
pub use tap::Tap;
pub use vault::Vault;

use domain::db::Db;
use lambda::config::Clock;
use lambda::http::App;
use lambda::http::token::Verifier;
use stack::Postgres;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

const TEMPLATE: &str = "shop_template";
/// Enough for races; a function has one.
const CONNECTIONS: usize = 8;

/// A shop with a migrated database that no other test sees.
pub struct Shop {
    /// As the functions see it: the role `app_rw`.
    pub db: Db,
    /// As the owner sees it, to set up and to look.
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

    /// The only shop on a server that a test may stop and start.
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

    /// Where the functions find the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database as the functions see it, for statements of one's own.
    pub async fn as_function(&self) -> Client {
        connect(&self.url).await
    }

    /// From now on the functions have one connection, as in AWS, and a tap on it.
    pub async fn tap(&mut self) -> Tap {
        let url = self.url.clone();
        let (front, rest) = url.split_once('@').unwrap();
        let (place, database) = rest.split_once('/').unwrap();
        let (tap, tapped) = Tap::before(place.to_owned()).await;
        self.db = Db::connect(&format!("{front}@{tapped}/{database}"), 1).unwrap();
        tap
    }

    /// What an HTTP function gets at its start.
    pub fn app(&self) -> App {
        let verifier = Verifier::from_jwks(&token_keys()).unwrap();
        App { db: self.db.clone(), verifier, clock: clock() }
    }

    /// The one value that a query finds.
    pub async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(&self, sql: &str) -> T {
        self.admin.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Commits what was begun with `run("begin")`, as soon as somebody waits for it.
    pub async fn commit_once_awaited(&self) {
        let is_awaited = "select exists (select from pg_locks
                          where not granted and transactionid = pg_current_xact_id()::xid)";
        let awaited = async { while !self.one::<bool>(is_awaited).await {} };
        tokio::time::timeout(Duration::from_secs(30), awaited).await.expect("nobody waits for it");
        self.run("commit").await;
    }

    /// Changes the database behind the shop's back, and says how many rows that hit.
    pub async fn run(&self, sql: &str) -> u64 {
        self.admin.execute(sql, &[]).await.unwrap()
    }
}

/// The real time: tokens and signatures expire.
#[expect(clippy::disallowed_methods, reason = "tests read the clock like a main does")]
pub fn clock() -> Clock {
    Clock(OffsetDateTime::now_utc)
}

async fn make_template() {
    let server = server().await;
    let admin = connect(&server.url("postgres")).await;
    // Test binaries may run side by side; the first one builds the template.
    admin.batch_execute("select pg_advisory_lock(1)").await.unwrap();
    let known = "select 1 from pg_database where datname = $1";
    if admin.query_opt(known, &[&TEMPLATE]).await.unwrap().is_none() {
        admin.batch_execute(&format!("create database {TEMPLATE}")).await.unwrap();
    }
    Db::connect(&server.url(TEMPLATE), 1).unwrap().migrate().await.unwrap();
    admin.batch_execute("select pg_advisory_unlock(1)").await.unwrap();
}

/// The server of this run: started by the first test that needs it, gone with the process.
async fn server() -> &'static Postgres {
    Postgres::shared().await.unwrap_or_else(|error| panic!("{error}"))
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
