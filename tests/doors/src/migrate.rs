use axum::Router;
use axum::routing::put;
use domain::catalog::{self, Filter, Sort, Viewer, Words};
use domain::db::Db;
use domain::page::Page;
use migrate::App;
use migrate::deploy::Deploy;
use serde_json::{Value, json};
use stack::Postgres;
use testkit::Shop;
use tokio::sync::mpsc;
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
    let done = migrate::handle(db, Ok(None), json!({})).await;
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

/// What `CloudFormation` hears after it asked.
async fn heard(request: &str, db: &Db, app: App) -> Value {
    let (told, mut answers) = mpsc::unbounded_channel::<String>();
    let ear = put(async move |body: String| told.send(body).unwrap());
    let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/answer?signature=x", door.local_addr().unwrap());
    tokio::spawn(async { axum::serve(door, Router::new().route("/answer", ear)).await });
    let event = json!({
        "RequestType": request,
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/tradepost/1",
        "RequestId": "r-1",
        "ResourceType": "Custom::Schema",
        "LogicalResourceId": "Schema",
        "ResourceProperties": {"Version": "7"},
    });

    let done = Deploy::asking(&event).unwrap().migrate(db, app).await;

    let heard: Value = serde_json::from_str(&answers.recv().await.unwrap()).unwrap();
    assert_eq!(done.is_ok(), heard["Status"] == "SUCCESS");
    assert_eq!(
        (&heard["RequestId"], &heard["LogicalResourceId"]),
        (&json!("r-1"), &json!("Schema"))
    );
    heard
}

#[tokio::test]
async fn a_deploy_hears_that_the_schema_is_up_to_date() {
    let (db, _alone) = empty_database().await;

    let heard = heard("Create", &db, Ok(None)).await;

    assert_eq!(heard["Status"], "SUCCESS");
    assert_eq!(migrate(&db).await.unwrap(), json!({"applied": 0}));
}

#[tokio::test]
async fn a_deploy_hears_why_the_schema_is_not() {
    let nowhere = Db::connect("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap();

    let heard = heard("Update", &nowhere, Ok(None)).await;

    assert_eq!(heard["Status"], "FAILED");
    let reason = heard["Reason"].as_str().unwrap();
    assert!(reason.starts_with("could not migrate the schema: "), "{reason}");
}

#[tokio::test]
async fn a_deploy_hears_that_the_password_of_the_functions_is_not_to_be_had() {
    let (db, _alone) = empty_database().await;

    let heard = heard("Create", &db, Err("Secrets Manager does not give it".into())).await;

    assert_eq!(heard["Status"], "FAILED");
    assert_eq!(heard["Reason"], "Secrets Manager does not give it");
}

#[tokio::test]
async fn a_stack_that_goes_asks_nothing_of_the_database() {
    let nowhere = Db::connect("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap();

    assert_eq!(heard("Delete", &nowhere, Ok(None)).await["Status"], "SUCCESS");
}

#[test]
fn whoever_else_calls_is_no_deploy() {
    assert!(Deploy::asking(&json!({"appoint_admin": "ada@example.com"})).is_none());
}
