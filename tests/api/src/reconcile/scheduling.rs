//! Who may request a run, and when one starts.

use super::Fixture;
use axum::http::Method;
use serde_json::{Value, json};
use testkit::send_all;

const PATH: &str = "/v1/ops/reconciliations";

#[tokio::test]
async fn an_admin_asks_and_reads_what_was_found() {
    let fixture = Fixture::open().await;
    let (_, intent) = fixture.paid_without_webhook().await;

    let asked = fixture.operations.call(Method::POST, PATH).by(&fixture.admin).await;
    let report = fixture.reconcile.tick().await.unwrap();
    let shown = fixture.operations.get(asked.header("location").unwrap()).by(&fixture.admin).await;

    assert_eq!((asked.status, &asked.body["started_at"]), (202, &Value::Null), "{}", asked.body);
    assert_eq!(asked.body["requested_by"], json!(fixture.admin.id));
    assert!(report.ran);
    assert_eq!(shown.body["id"], asked.body["id"]);
    assert!(shown.body["finished_at"].is_string(), "{}", shown.body);
    let found = json!([{
        "kind": "payment_behind", "subject": intent, "ours": "requires_payment_method 19.99 EUR",
        "stripes": "succeeded 19.99 EUR", "healed": true, "acknowledged": null,
    }]);
    assert_eq!((&shown.body["findings"], &shown.body["open"]), (&found, &json!(0)));
}

#[tokio::test]
async fn many_who_ask_get_one_comparison() {
    let fixture = Fixture::open().await;

    let asked =
        send_all((0..5).map(|_| fixture.operations.call(Method::POST, PATH).by(&fixture.admin)))
            .await;

    assert!(asked.iter().all(|response| response.status == 202), "{asked:?}");
    assert!(asked.iter().all(|response| response.text("/id") == asked[0].text("/id")));
    assert_eq!(fixture.shop.one::<i64>("select count(*) from reconciliations").await, 1);
}

#[tokio::test]
async fn there_is_one_an_hour_and_one_at_a_time() {
    let fixture = Fixture::open().await;

    let ticks = tokio::join!(fixture.reconcile.tick(), fixture.reconcile.tick());
    let soon = fixture.reconcile.tick().await.unwrap();
    let later = fixture.next_run().await;

    let ran = [ticks.0.unwrap().ran, ticks.1.unwrap().ran].into_iter().filter(|ran| *ran).count();
    assert_eq!((ran, soon.ran, later.ran), (1, false, true));
}

#[tokio::test]
async fn a_run_that_died_is_followed_by_another() {
    let fixture = Fixture::open().await;
    fixture.paid_without_webhook().await;
    fixture.stripe.accept_only_key("sk_test_another");

    let died = fixture.reconcile.tick().await;
    let while_leased = fixture.reconcile.tick().await.unwrap();
    fixture.stripe.accept_only_key("sk_test_of_this_run");
    fixture.shop.run("update reconciliations set leased_until = now()").await;
    let report = fixture.reconcile.tick().await.unwrap();

    assert!(died.is_err());
    assert_eq!((while_leased.ran, report.healed), (false, 1));
    assert_eq!(fixture.shop.one::<i64>("select count(*) from reconciliations").await, 1);
}

#[tokio::test]
async fn only_admins_request_and_see_reconciliations() {
    let fixture = Fixture::open().await;
    let staff = fixture.shop.staff().await;
    let none = format!("{PATH}/rec_0193f2a7c1d87b3e9a5f4c2d1e0b9a87");

    let by_staff = fixture.operations.call(Method::POST, PATH).by(&staff).await;
    let missing = fixture.operations.get(&none).by(&fixture.admin).await;

    assert_eq!(by_staff.refusal(), (403, "wrong_role"));
    assert_eq!(missing.refusal(), (404, "reconciliation_not_found"));
}
