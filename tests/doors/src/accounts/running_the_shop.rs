//! How the first admin comes to be.

use super::{PASSWORD, Reception};
use domain::db::Db;
use serde_json::{Value, json};
use stack::Postgres;

/// As `migrate` is called: as the owner of the database.
async fn appoint(here: &Reception, address: Value) -> Result<Value, String> {
    let name = here.shop.one::<String>("select current_database()::text").await;
    let owner = Db::connect(&Postgres::shared().await.unwrap().url(&name), 1).unwrap();
    let done = migrate::handle(&owner, Ok(None), json!({"appoint_admin": address})).await;
    done.map(|done| serde_json::to_value(done).unwrap()).map_err(|error| error.to_string())
}

async fn users(here: &Reception) -> i64 {
    here.shop.one("select count(*) from users").await
}

#[tokio::test]
async fn a_fresh_shop_has_nobody_until_an_admin_is_appointed_once() {
    let here = Reception::open().await;
    assert_eq!(users(&here).await, 0);

    let boss = appoint(&here, json!("Boss@example.com")).await.unwrap();
    let again = appoint(&here, json!("vice@example.com")).await.unwrap_err();

    let fields: Vec<_> = boss.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((fields, &boss["email"]), (vec!["email", "password"], &json!("Boss@example.com")));
    let session = here.log_in("boss@example.com", boss["password"].as_str().unwrap()).await;
    assert_eq!(here.me(session.text("/access_token")).await.text("/role"), "admin");
    assert!(again.contains("has an admin already"), "{again}");
    assert_eq!(users(&here).await, 1);
}

#[tokio::test]
async fn of_two_appointments_at_once_one_wins() {
    let here = Reception::open().await;

    let (one, other) = tokio::join!(
        appoint(&here, json!("boss@example.com")),
        appoint(&here, json!("vice@example.com")),
    );

    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(users(&here).await, 1);
}

#[tokio::test]
async fn a_customer_is_not_made_admin_by_appointing_their_address() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;

    let refused = appoint(&here, json!("ANN@example.com")).await.unwrap_err();

    assert!(refused.contains("an account with this address already"), "{refused}");
    assert_eq!(here.shop.one::<String>("select role from users").await, "customer");
    assert_eq!(here.log_in("ann@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn what_is_no_address_is_nobody() {
    let here = Reception::open().await;

    for nobody in [json!("boss"), json!(1), json!({})] {
        appoint(&here, nobody).await.unwrap_err();
    }

    assert_eq!(users(&here).await, 0);
}
