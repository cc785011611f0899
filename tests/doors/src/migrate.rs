use domain::db::Db;
use serde_json::{Value, json};
use stack::Postgres;
use testkit::Shop;
use tokio_postgres::{Client, NoTls};

/// An empty database, and a hold on the server: roles belong to all of its databases, and PostgreSQL does not
/// let two migrations change one at the same time.
async fn empty_database() -> (Db, Client) {
    let shop = Shop::open().await;
    let server = Postgres::shared().await.unwrap();
    let (alone, connection) =
        tokio_postgres::connect(&server.url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    // The same lock that the testkit takes to migrate its template.
    alone.batch_execute("select pg_advisory_lock(1)").await.unwrap();
    let name = format!("empty_{}", shop.one::<String>("select current_database()::text").await);
    alone.batch_execute(&format!("create database {name}")).await.unwrap();
    (Db::connect(&server.url(&name), 2).unwrap(), alone)
}

async fn migrate(db: &Db) -> Result<Value, String> {
    let done = migrate::handle(db, json!({})).await;
    done.map(|done| serde_json::to_value(done).unwrap()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_second_migration_finds_nothing_to_do() {
    let (db, _alone) = empty_database().await;

    let first = migrate(&db).await.unwrap();
    let second = migrate(&db).await.unwrap();

    assert!(first["applied"].as_u64().unwrap() >= 6, "{first}");
    assert_eq!(second, json!({"applied": 0}));
}

#[tokio::test]
async fn two_migrations_at_once_share_the_steps() {
    let (db, _alone) = empty_database().await;

    let (one, other) = tokio::join!(migrate(&db), migrate(&db));

    let applied = [one, other].map(|done| done.unwrap()["applied"].as_u64().unwrap());
    assert!(applied.contains(&0), "{applied:?}");
    assert!(applied.iter().sum::<u64>() >= 6, "{applied:?}");
}

#[tokio::test]
async fn a_database_out_of_reach_fails_the_deploy() {
    let nowhere = Db::connect("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap();

    let error = migrate(&nowhere).await.unwrap_err();

    assert!(error.starts_with("could not migrate the schema: "), "{error}");
}
