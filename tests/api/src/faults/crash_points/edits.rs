//! Crashes while an order is edited whose payment was started.

use super::{CrashFixture, Functions, PRICE, start_payment};
use domain::id::{OrderId, ProductId};
use serde_json::json;
use std::cell::Cell;
use testkit::{ApiClient, Call, User, at_every_crash_point};

fn edit(payments: &ApiClient, order: OrderId, mug: ProductId, buyer: &User, key: &str) -> Call {
    let body = json!({
        "lines": [{"product": mug, "quantity": 3}],
        "expected_total": {"amount": 3 * PRICE, "currency": "EUR"},
    });
    let call = payments.post(&format!("/v1/orders/{order}/edits"), &body);
    call.by(buyer).header("if-match", "*").key(key)
}

#[tokio::test]
async fn an_edit_whose_function_is_killed_at_any_await_is_made_once_and_never_charged_at_the_old_total()
 {
    let fixture = CrashFixture::new().await;
    let (edited, let_go) = (Cell::new(0), Cell::new(0));

    let points = at_every_crash_point(async |crash_point| {
        let (mug, buyer) = (fixture.mug, fixture.shop.customer().await);
        let order = fixture.order(&buyer).await;
        let old = start_payment(&fixture.payments, order, &buyer).await;
        let old = old.text("/stripe_payment_intent").to_owned();
        let key = format!("an edit, {crash_point}");
        let request = {
            let (buyer, key) = (buyer.clone(), key.clone());
            move |api: &ApiClient| edit(api, order, mug, &buyer, &key)
        };
        let first = fixture.call_and_crash(crash_point, Functions::payments, request).await;
        let sql = "select total_minor = $2 and exists (
                       select from payments p where p.order_id = $1 and p.replaced_at is not null)
                   from orders where id = $1";
        let row = fixture.shop.admin.query_one(sql, &[&order, &PRICE]).await.unwrap();
        let_go.set(let_go.get() + i32::from(row.get::<_, bool>(0)));
        let again = edit(&fixture.payments, order, mug, &buyer, &key).await;

        assert_eq!(again.status, 200, "{crash_point}: {}", again.body);
        if let Some(first) = &first {
            assert_eq!((first.status, &first.bytes), (200, &again.bytes), "{crash_point}");
        }
        assert!(fixture.stripe.pay(&old, stack::stripe::Card::Visa).is_err(), "{crash_point}");
        let anew = start_payment(&fixture.payments, order, &buyer).await;
        fixture.pay(&anew).await;
        fixture.drain().await;
        let sql = "select concat_ws(' ', status, total_minor, captured_minor,
                                    (select count(*) from order_edits e where e.order_id = orders.id))
                   from orders where id = $1";
        let row = fixture.shop.admin.query_one(sql, &[&order]).await.unwrap();
        let paid = format!("confirmed {0} {0} 1", 3 * PRICE);
        assert_eq!(row.get::<_, String>(0), paid, "{crash_point}");
        edited.set(edited.get() + 1);
        first.is_none()
    })
    .await;

    assert!(points >= 20, "killed at {points} points");
    assert!(let_go.get() > 0, "never killed between the payment's end and the edit");
    assert_eq!(fixture.shop.stock(fixture.mug).await, (1000, 3 * edited.get()));
    fixture.shop.check_invariants().await;
}
