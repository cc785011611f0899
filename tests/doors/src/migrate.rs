use domain::catalog::{self, Filter, Sort, Viewer, Words};
use domain::db::Db;
use domain::page::Page;
use serde_json::{Value, json};
use stack::Postgres;
use testkit::Shop;
use tokio_postgres::{Client, NoTls};

/// An empty database, and a hold on the server: roles belong to all of its databases, and PostgreSQL does not
/// let two migrations change one at the same time.
async fn empty_database() -> (Db, Client) {
    let (url, alone) = empty().await;
    (Db::connect(&url, 2).unwrap(), alone)
}

async fn empty() -> (String, Client) {
    let shop = Shop::open().await;
    let server = Postgres::shared().await.unwrap();
    let (alone, connection) =
        tokio_postgres::connect(&server.url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    // The same lock that the testkit takes to migrate its template.
    alone.batch_execute("select pg_advisory_lock(1)").await.unwrap();
    let name = format!("empty_{}", shop.one::<String>("select current_database()::text").await);
    alone.batch_execute(&format!("create database {name}")).await.unwrap();
    (server.url(&name), alone)
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

/// The test's server has the extension: a view hides it.
#[tokio::test]
async fn a_server_without_trigrams_finds_exact_words_only() {
    let (url, _alone) = empty().await;
    let (admin, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let hide = "create view public.pg_available_extensions as select ''::text as name where false";
    admin.batch_execute(hide).await.unwrap();
    let and = if url.contains('?') { '&' } else { '?' };
    let blind = format!("{url}{and}options=-c%20search_path%3Dpublic,pg_catalog");

    migrate(&Db::connect(&blind, 1).unwrap()).await.unwrap();

    let goods = "insert into products (id, sku, name, price_minor, currency, on_hand)
                 values (gen_random_uuid(), 'K', 'Keyboard', 1, 'EUR', 0)";
    admin.batch_execute(goods).await.unwrap();
    for (words, expected) in [("keybord", 0), ("keyboard", 1)] {
        let words = Words::parse(words).unwrap();
        let page = Page::new(None, None).unwrap();
        let filter = Filter { words, ..Filter::default() };
        let db = Db::connect(&url, 1).unwrap();
        let found = catalog::list_products(&db, Viewer::Public, &filter, Sort::Name, &page).await;
        assert_eq!(found.unwrap().items.len(), expected);
    }
}

#[tokio::test]
async fn a_database_out_of_reach_fails_the_deploy() {
    let nowhere = Db::connect("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap();

    let error = migrate(&nowhere).await.unwrap_err();

    assert!(error.starts_with("could not migrate the schema: "), "{error}");
}
