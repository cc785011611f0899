//! Who may ask for a comparison, and when there is one.

use super::Books;
use axum::http::Method;
use serde_json::{Value, json};
use testkit::all;

const PATH: &str = "/v1/ops/reconciliations";

#[tokio::test]
async fn an_admin_asks_and_reads_what_was_found() {
    let books = Books::open().await;
    let (_, intent) = books.paid_in_silence().await;

    let asked = books.office.call(Method::POST, PATH).by(&books.admin).await;
    let report = books.reconcile.tick().await.unwrap();
    let shown = books.office.get(asked.header("location").unwrap()).by(&books.admin).await;

    assert_eq!((asked.status, &asked.body["started_at"]), (202, &Value::Null), "{}", asked.body);
    assert_eq!(asked.body["requested_by"], json!(books.admin.id));
    assert!(report.ran);
    assert_eq!(shown.body["id"], asked.body["id"]);
    assert!(shown.body["finished_at"].is_string(), "{}", shown.body);
    let found = json!([{
        "kind": "payment_behind", "subject": intent, "ours": "requires_payment_method 19.99 EUR",
        "stripes": "succeeded 19.99 EUR", "healed": true,
    }]);
    assert_eq!((&shown.body["findings"], &shown.body["open"]), (&found, &json!(0)));
}

#[tokio::test]
async fn many_who_ask_get_one_comparison() {
    let books = Books::open().await;

    let asked = all((0..5).map(|_| books.office.call(Method::POST, PATH).by(&books.admin))).await;

    assert!(asked.iter().all(|answer| answer.status == 202), "{asked:?}");
    assert!(asked.iter().all(|answer| answer.text("/id") == asked[0].text("/id")));
    assert_eq!(books.shop.one::<i64>("select count(*) from reconciliations").await, 1);
}

#[tokio::test]
async fn there_is_one_an_hour_and_one_at_a_time() {
    let books = Books::open().await;

    let ticks = tokio::join!(books.reconcile.tick(), books.reconcile.tick());
    let soon = books.reconcile.tick().await.unwrap();
    let later = books.next_run().await;

    let ran = [ticks.0.unwrap().ran, ticks.1.unwrap().ran].into_iter().filter(|ran| *ran).count();
    assert_eq!((ran, soon.ran, later.ran), (1, false, true));
}

#[tokio::test]
async fn a_run_that_died_is_followed_by_another() {
    let books = Books::open().await;
    books.paid_in_silence().await;
    books.stripe.accept_only("sk_test_another");

    let died = books.reconcile.tick().await;
    let while_leased = books.reconcile.tick().await.unwrap();
    books.stripe.accept_only("sk_test_of_this_run");
    books.shop.run("update reconciliations set leased_until = now()").await;
    let report = books.reconcile.tick().await.unwrap();

    assert!(died.is_err());
    assert_eq!((while_leased.ran, report.healed), (false, 1));
    assert_eq!(books.shop.one::<i64>("select count(*) from reconciliations").await, 1);
}

#[tokio::test]
async fn the_books_are_compared_for_admins_only() {
    let books = Books::open().await;
    let staff = books.shop.staff().await;
    let none = format!("{PATH}/rec_0193f2a7c1d87b3e9a5f4c2d1e0b9a87");

    let by_staff = books.office.call(Method::POST, PATH).by(&staff).await;
    let missing = books.office.get(&none).by(&books.admin).await;

    assert_eq!(by_staff.refusal(), (403, "wrong_role"));
    assert_eq!(missing.refusal(), (404, "reconciliation_not_found"));
}
