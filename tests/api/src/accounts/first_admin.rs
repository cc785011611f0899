//! How `migrate` appoints the first admin.

use super::{Fixture, PASSWORD};
use domain::db::Db;
use serde_json::{Value, json};
use stack::Postgres;

/// Invokes `migrate` with `{"appoint_admin": address}`, as the owner of the database.
async fn appoint(fixture: &Fixture, address: Value) -> Result<Value, String> {
    let name = fixture.shop.one::<String>("select current_database()::text").await;
    let owner = Db::connect(&Postgres::shared().await.unwrap().url(&name), 1).unwrap();
    let event = json!({"appoint_admin": address});
    let outcome =
        migrate::handle(&owner, crate::migrate::NO_APP, event, crate::migrate::AT_ONCE).await;
    outcome.map(|outcome| serde_json::to_value(outcome).unwrap()).map_err(|error| error.to_string())
}

async fn users(fixture: &Fixture) -> i64 {
    fixture.shop.one("select count(*) from users").await
}

#[tokio::test]
async fn a_fresh_shop_has_nobody_until_an_admin_is_appointed_once() {
    let fixture = Fixture::new().await;
    assert_eq!(users(&fixture).await, 0);

    let admin = appoint(&fixture, json!("Boss@example.com")).await.unwrap();
    let again = appoint(&fixture, json!("vice@example.com")).await.unwrap_err();

    let fields: Vec<_> = admin.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((fields, &admin["email"]), (vec!["email", "password"], &json!("Boss@example.com")));
    let session = fixture.log_in("boss@example.com", admin["password"].as_str().unwrap()).await;
    assert_eq!(fixture.me(session.text("/access_token")).await.text("/role"), "admin");
    assert!(again.contains("has an admin already"), "{again}");
    assert_eq!(users(&fixture).await, 1);
}

#[tokio::test]
async fn of_two_appointments_at_once_one_wins() {
    let fixture = Fixture::new().await;

    let (one, other) = tokio::join!(
        appoint(&fixture, json!("boss@example.com")),
        appoint(&fixture, json!("vice@example.com")),
    );

    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(users(&fixture).await, 1);
}

#[tokio::test]
async fn a_customer_is_not_made_admin_by_appointing_their_address() {
    let fixture = Fixture::new().await;
    fixture.open_account("ann@example.com").await;

    let refused = appoint(&fixture, json!("ANN@example.com")).await.unwrap_err();

    assert!(refused.contains("an account with this address already"), "{refused}");
    assert_eq!(fixture.shop.one::<String>("select role from users").await, "customer");
    assert_eq!(fixture.log_in("ann@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn what_is_no_address_is_nobody() {
    let fixture = Fixture::new().await;

    for invalid in [json!("boss"), json!(1), json!({})] {
        appoint(&fixture, invalid).await.unwrap_err();
    }

    assert_eq!(users(&fixture).await, 0);
}
