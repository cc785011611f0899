//! The function `migrate`: invoked directly, and as a custom resource of `CloudFormation`.

use axum::Router;
use axum::routing::put;
use domain::catalog::{self, Filter, SearchTerms, Viewer};
use domain::db::Db;
use domain::page::PageRequest;
use migrate::deploy::Deploy;
use migrate::{App, TimeLimit};
use serde_json::{Value, json};
use stack::Postgres;
use std::time::Duration;
use testkit::Shop;
use tokio::sync::mpsc;
use tokio_postgres::{Client, NoTls};

mod connections;
pub(crate) mod waiting;

/// Leaves the role `app_rw` alone: it belongs to all tests.
pub(crate) const NO_APP: App = App { sign_in: Ok(None), connections: None };
/// Time for the migrations, and none to wait for the database.
pub(crate) const AT_ONCE: TimeLimit =
    TimeLimit { left: Duration::from_mins(1), step: Duration::from_millis(10) };

/// An empty database, and a connection that holds a lock as long as it lives. Migrations change roles, which are shared
/// by all databases of a server, and PostgreSQL fails if two transactions change the same role at once.
async fn empty_database() -> (Db, Client) {
    let (url, lock) = empty_url().await;
    (Db::connect(&url, 2).unwrap(), lock)
}

/// As [`empty_database`], with the owner's URL of the database.
async fn empty_url() -> (String, Client) {
    let shop = Shop::open().await;
    let server = Postgres::shared().await.unwrap();
    let (lock, connection) = tokio_postgres::connect(&server.url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    // The same advisory lock that testkit takes to migrate its template database.
    lock.batch_execute("select pg_advisory_lock(1)").await.unwrap();
    let name = format!("empty_{}", shop.one::<String>("select current_database()::text").await);
    lock.batch_execute(&format!("create database {name}")).await.unwrap();
    (server.url(&name), lock)
}

async fn migrate(db: &Db) -> Result<Value, String> {
    let outcome = migrate::handle(db, NO_APP, json!({}), AT_ONCE).await;
    outcome.map(|outcome| serde_json::to_value(outcome).unwrap()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_second_migration_finds_nothing_to_do() {
    let (db, _lock) = empty_database().await;

    let first = migrate(&db).await.unwrap();
    let second = migrate(&db).await.unwrap();

    assert!(first["applied"].as_u64().unwrap() >= 6, "{first}");
    assert_eq!(second, json!({"applied": 0}));
}

#[tokio::test]
async fn two_migrations_at_once_share_the_steps() {
    let (url, _lock) = empty_url().await;
    let db = Db::connect(&url, 1).unwrap();
    let other = Db::connect(&url, 1).unwrap();

    let (one, other) = tokio::join!(migrate(&db), migrate(&other));

    let applied = [one, other].map(|done| done.unwrap()["applied"].as_i64().unwrap());
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let count = "select count(*) from refinery_schema_history";
    let count: i64 = client.query_one(count, &[]).await.unwrap().get(0);
    assert!(count >= 6 && applied.iter().sum::<i64>() == count, "{applied:?} of {count}");
}

/// The test's server has `pg_trgm`. A view of the same name, earlier in the search path, hides it from the migration.
#[tokio::test]
async fn a_server_without_trigrams_finds_exact_words_only() {
    let (url, _lock) = empty_url().await;
    let (admin, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let hide = "create view public.pg_available_extensions as select ''::text as name where false";
    admin.batch_execute(hide).await.unwrap();
    let separator = if url.contains('?') { '&' } else { '?' };
    let without_trigrams = format!("{url}{separator}options=-c%20search_path%3Dpublic,pg_catalog");

    migrate(&Db::connect(&without_trigrams, 1).unwrap()).await.unwrap();

    let product = "insert into products (id, sku, name, price_minor, currency, on_hand)
                 values (gen_random_uuid(), 'K', 'Keyboard', 1, 'EUR', 0)";
    admin.batch_execute(product).await.unwrap();
    for (terms, expected) in [("keybord", 0), ("keyboard", 1)] {
        let terms = SearchTerms::parse(terms).unwrap();
        let page = PageRequest::new(None, None).unwrap();
        let filter = Filter { terms, ..Filter::default() };
        let db = Db::connect(&url, 1).unwrap();
        let found = catalog::list_products(&db, Viewer::Public, &filter, None, &page).await;
        assert_eq!(found.unwrap().items.len(), expected);
    }
}

#[tokio::test]
async fn a_database_out_of_reach_fails_the_deploy() {
    let nowhere = Db::connect("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap();

    let error = migrate(&nowhere).await.unwrap_err();

    assert!(error.starts_with("could not reach the database: "), "{error}");
}

/// Sends `migrate` a custom resource request. The response that `CloudFormation` gets at its response URL.
async fn response(request: &str, db: &Db, app: App) -> Value {
    response_within(AT_ONCE, request, db, app).await
}

async fn response_within(time: TimeLimit, request: &str, db: &Db, app: App) -> Value {
    let (sender, mut responses) = mpsc::unbounded_channel::<String>();
    let receive = put(async move |body: String| sender.send(body).unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/answer?signature=x", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, Router::new().route("/answer", receive)).await });
    let event = json!({
        "RequestType": request,
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/tradepost/1",
        "RequestId": "r-1",
        "ResourceType": "Custom::Schema",
        "LogicalResourceId": "Schema",
        "ResourceProperties": {"Version": "7"},
    });

    let outcome = Deploy::from_event(&event).unwrap().migrate(db, app, time).await;

    let response: Value = serde_json::from_str(&responses.recv().await.unwrap()).unwrap();
    // An error would be an invocation that Lambda repeats.
    let outcome = serde_json::to_value(outcome.unwrap()).unwrap();
    assert_eq!(outcome.get("failed"), response.get("Reason").filter(|reason| !reason.is_null()));
    assert_eq!(outcome.get("failed").is_some(), response["Status"] == "FAILED");
    assert_eq!(
        (&response["RequestId"], &response["LogicalResourceId"]),
        (&json!("r-1"), &json!("Schema"))
    );
    response
}

#[tokio::test]
async fn a_deploy_hears_that_the_schema_is_up_to_date() {
    let (db, _lock) = empty_database().await;

    let response = response("Create", &db, NO_APP).await;

    assert_eq!(response["Status"], "SUCCESS");
    assert_eq!(migrate(&db).await.unwrap(), json!({"applied": 0}));
}

#[tokio::test]
async fn a_deploy_hears_why_the_schema_is_not() {
    let nowhere = Db::connect("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap();

    let response = response("Update", &nowhere, NO_APP).await;

    assert_eq!(response["Status"], "FAILED");
    let reason = response["Reason"].as_str().unwrap();
    assert!(reason.starts_with("could not reach the database: "), "{reason}");
}

#[tokio::test]
async fn an_answer_that_cloudformation_did_not_take_is_an_error() {
    let nowhere = Db::connect("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap();
    let event = json!({
        "RequestType": "Update", "ResponseURL": "http://127.0.0.1:1/", "StackId": "s", "RequestId": "r",
        "LogicalResourceId": "Schema",
    });

    let outcome = Deploy::from_event(&event).unwrap().migrate(&nowhere, NO_APP, AT_ONCE).await;

    assert!(outcome.is_err());
}

#[tokio::test]
async fn a_deploy_hears_that_the_password_of_the_functions_is_not_to_be_had() {
    let (db, _lock) = empty_database().await;

    let app = App { sign_in: Err("Secrets Manager is unavailable".into()), connections: None };
    let response = response("Create", &db, app).await;

    assert_eq!(response["Status"], "FAILED");
    assert_eq!(response["Reason"], "Secrets Manager is unavailable");
}

#[tokio::test]
async fn a_deploy_hears_of_migrations_that_take_too_long_before_the_function_is_ended() {
    let (db, _lock) = empty_database().await;

    let ending = TimeLimit { left: Duration::from_secs(15), ..AT_ONCE };
    let response = response_within(ending, "Create", &db, NO_APP).await;

    assert_eq!(response["Status"], "FAILED");
    assert_eq!(response["Reason"], "the migrations took longer than the function may");
}

#[tokio::test]
async fn a_stack_that_goes_asks_nothing_of_the_database() {
    let nowhere = Db::connect("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap();

    assert_eq!(response("Delete", &nowhere, NO_APP).await["Status"], "SUCCESS");
}

#[test]
fn whoever_else_calls_is_no_deploy() {
    assert!(Deploy::from_event(&json!({"appoint_admin": "ada@example.com"})).is_none());
}
