//! Crashes while a parcel is shipped.

use super::{CrashFixture, Functions, PaidOrder, one_each};
use domain::id::OrderId;
use serde_json::json;
use std::cell::Cell;
use testkit::{ApiClient, Call, User, at_every_crash_point};

fn ship(orders: &ApiClient, order: OrderId, staff: &User, key: &str) -> Call {
    let path = format!("/v1/orders/{order}/fulfillments");
    orders.post(&path, &json!({"carrier": "DHL"})).by(staff).key(key)
}

#[tokio::test]
async fn a_parcel_whose_function_is_killed_at_any_await_is_shipped_once_and_told_by_one_mail() {
    let fixture = CrashFixture::new().await;
    let sold = Cell::new(0);

    let points = at_every_crash_point(async |crash_point| {
        let PaidOrder { order, buyer, .. } = fixture.paid_order().await;
        let key = format!("a-parcel, {crash_point}");
        let request = {
            let (staff, key) = (fixture.staff.clone(), key.clone());
            move |api: &ApiClient| ship(api, order, &staff, &key)
        };
        let first = fixture.call_and_crash(crash_point, Functions::orders, request).await;
        let again = ship(&fixture.orders, order, &fixture.staff, &key).await;
        fixture.drain().await;

        assert_eq!(again.status, 201, "{crash_point}: {}", again.body);
        if let Some(first) = &first {
            assert_eq!((first.status, &first.bytes), (201, &again.bytes), "{crash_point}");
        }
        let subjects = ["Your order is confirmed", "Your order is on its way"];
        assert_eq!(fixture.emails_to(&buyer), one_each(subjects), "{crash_point}");
        sold.set(sold.get() + 1);
        first.is_none()
    })
    .await;

    assert!(points >= 12, "killed at {points} points");
    let parcels = fixture.shop.one::<i64>("select count(*) from fulfillments").await;
    assert_eq!(parcels, i64::from(sold.get()));
    assert_eq!(fixture.shop.stock(fixture.mug).await, (1000 - sold.get(), 0));
    fixture.shop.check_invariants().await;
}
