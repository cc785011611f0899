//! Crashes while the goods of a return arrive, before their money goes back.

use super::{CrashFixture, Functions, PaidOrder};
use serde_json::json;
use std::cell::Cell;
use testkit::{ApiClient, Call, User, at_every_crash_point};

fn send(api: &ApiClient, path: &str, body: &str, staff: &User, key: &str) -> Call {
    let body = serde_json::from_str(body).unwrap();
    api.post(path, &body).by(staff).key(key)
}

#[tokio::test]
async fn goods_whose_function_is_killed_at_any_await_arrive_once_and_their_money_goes_back_once() {
    let fixture = CrashFixture::new().await;
    let (staff, mug) = (fixture.staff.clone(), fixture.mug);
    let sold = Cell::new(0);

    let points = at_every_crash_point(async |crash_point| {
        let PaidOrder { order, buyer, .. } = fixture.paid_order().await;
        let key = |what: &str| format!("{what} at crash point {crash_point}");
        let post = async |path: &str, body: &str, what: &str| {
            send(&fixture.orders, path, body, &staff, &key(what)).await
        };
        let order = format!("/v1/orders/{order}");
        post(&format!("{order}/ship"), r#"{"carrier": "DHL"}"#, "shipped").await;
        let made = post(&format!("{order}/returns"), "{}", "requested").await;
        let back = made.text("/id").to_owned();
        post(&format!("/v1/returns/{back}/approve"), "{}", "approved").await;
        let path = format!("/v1/returns/{back}/receive");
        let lines = json!([{"product": mug, "received": 1, "condition": "new", "restock": 1}]);
        let body = json!({"lines": lines}).to_string();

        let request = {
            let (path, body, staff, key) =
                (path.clone(), body.clone(), staff.clone(), key("received"));
            move |api: &ApiClient| send(api, &path, &body, &staff, &key)
        };
        let first = fixture.call_and_crash(crash_point, Functions::orders, request).await;
        let again = post(&path, &body, "received").await;
        let payments = fixture.payments.get(&format!("{order}/payments")).by(&staff).await;
        let path = format!("/v1/payments/{}/refunds", payments.text("/data/0/id"));
        let refund =
            json!({"amount": {"amount": 500, "currency": "EUR"}, "return": back}).to_string();
        let refunded = send(&fixture.payments, &path, &refund, &staff, &key("refunded")).await;
        fixture.drain().await;

        assert_eq!(again.status, 200, "{crash_point}: {}", again.body);
        assert_eq!(refunded.status, 201, "{crash_point}: {}", refunded.body);
        if let Some(first) = &first {
            assert_eq!((first.status, &first.bytes), (200, &again.bytes), "{crash_point}");
        }
        let mails = fixture.emails_to(&buyer);
        let arrived = mails.iter().filter(|(subject, _)| subject.starts_with("Your goods"));
        let arrived: Vec<_> = arrived.map(|(_, times)| *times).collect();
        assert_eq!(arrived, [1], "{crash_point}: {mails:?}");
        sold.set(sold.get() + 1);
        first.is_none()
    })
    .await;

    assert!(points >= 10, "killed at {points} points");
    let moves = "select count(*) from stock_moves where source = 'received_return'";
    assert_eq!(fixture.shop.one::<i64>(moves).await, i64::from(sold.get()));
    assert_eq!(fixture.shop.stock(fixture.mug).await, (1000, 0));
    fixture.shop.check_invariants().await;
}
