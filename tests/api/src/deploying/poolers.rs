//! `PgBouncer` in front of the server.

use super::{Customer, connect, migrate};
use domain::db::Db;
use serde_json::json;
use stack::postgres::{Location, PgBouncer, PoolMode};
use stack::{Postgres, Progress};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use testkit::Shop;
use tokio::task::JoinHandle;

const LOCKS: &str = "select count(*) from pg_locks where locktype = 'advisory'";

/// A server of this test with the database `empty`, and a pooler with three sessions in front of it.
async fn pooled(mode: PoolMode) -> (Postgres, PgBouncer) {
    let server = Postgres::start(&Location::Temporary, &Progress::silent()).await.unwrap();
    let admin = connect(&server.url("postgres")).await;
    admin.batch_execute("create database empty").await.unwrap();
    let pooler = PgBouncer::start(&server, mode, 3).await.unwrap();
    (server, pooler)
}

/// Two clients that run one transaction after another, until they are told to stop.
struct BusyClients {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    clients: Vec<JoinHandle<()>>,
}

impl BusyClients {
    async fn start(url: &str) -> Self {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut clients = Vec::new();
        for _ in 0..2 {
            let (client, stop, done) = (connect(url).await, Arc::clone(&stop), Arc::clone(&done));
            clients.push(tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    client.batch_execute("begin; select pg_sleep(0.003); commit").await.unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }));
        }
        Self { stop, done, clients }
    }

    /// The number of transactions.
    async fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
        self.done.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_pooler_that_confuses_statements_is_refused_in_one_sentence() {
    let (server, pooler) = pooled(PoolMode::Transaction).await;
    let quiet = migrate(&Db::connect(&pooler.url("empty"), 1).unwrap()).await;
    let busy = BusyClients::start(&pooler.url("empty")).await;
    let mut answers = vec![quiet];
    for _ in 0..3 {
        answers.push(migrate(&Db::connect(&pooler.url("empty"), 1).unwrap()).await);
    }
    assert!(busy.stop().await > 0);

    for answer in answers {
        let refused = answer.unwrap_err();
        let sentence = "could not migrate the schema: a connection pooler shares the sessions of the server and \
                        confuses prepared statements: connect to the server itself, or let the pooler pool by \
                        session or track prepared statements: ";
        assert!(refused.starts_with(sentence), "{refused}");
    }
    let admin = connect(&server.url("empty")).await;
    let tables = "select count(*) from pg_tables where schemaname = 'public'";
    assert_eq!(
        admin.query_one(tables, &[]).await.unwrap().get::<_, i64>(0),
        0,
        "nothing is changed"
    );
}

#[tokio::test]
async fn migrations_through_a_pooler_leave_no_lock_in_it() {
    let (server, pooler) = pooled(PoolMode::Transaction).await;
    let busy = BusyClients::start(&pooler.url("empty")).await;

    // Without the check that refuses this pooler.
    let mut applied = Vec::new();
    for _ in 0..4 {
        let db = Db::connect(&pooler.url("empty"), 1).unwrap();
        applied.push(db.migrate().await.unwrap());
    }
    let direct = migrate(&Db::connect(&server.url("empty"), 1).unwrap()).await;

    assert!(busy.stop().await > 0);
    assert!(applied[0] >= 20 && applied[1..] == [0, 0, 0], "{applied:?}");
    assert_eq!(direct, Ok(json!({"applied": 0})));
    let admin = connect(&server.url("empty")).await;
    assert_eq!(admin.query_one(LOCKS, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_pooler_by_session_serves_the_shop() {
    let (server, pooler) = pooled(PoolMode::Session).await;
    let shop = Shop::open_on(&server).await;

    let migrated = migrate(&Db::connect(&pooler.url("empty"), 1).unwrap()).await.unwrap();
    let db = Db::connect(&pooler.url_as("app_rw", "shop"), 1).unwrap();
    let mut customer = Customer::of(&shop, db).await;
    let order = customer.order().await;

    assert!(migrated["applied"].as_u64().unwrap() >= 20, "{migrated}");
    assert_eq!(order.status, 201, "{}", order.body);
    shop.check_invariants().await;
}
