//! Staff give a buyer more time to pay.

use super::{api, path};
use domain::id::OrderId;
use serde_json::json;
use testkit::{ApiClient, Call, Order, Product, Shop, User};

struct Fixture {
    shop: Shop,
    api: ApiClient,
    staff: User,
    order: OrderId,
}

impl Fixture {
    async fn new() -> Self {
        let shop = Shop::open().await;
        let product = shop.product(Product::any()).await;
        let (buyer, staff) = (shop.customer().await, shop.staff().await);
        let order = shop.order(&buyer, Order { product, quantity: 1 }).await;
        Self { api: api(&shop), shop, staff, order }
    }

    fn extend(&self, minutes: i64) -> Call {
        self.api.post(&path(self.order, "extend"), &json!({"minutes": minutes})).by(&self.staff)
    }

    /// In how many hours from placing the order ends, rounded.
    async fn hours(&self) -> i64 {
        let sql =
            "select round(extract(epoch from expires_at - created_at) / 3600)::int8 from orders";
        self.shop.one(sql).await
    }
}

#[tokio::test]
async fn an_order_gets_more_time_and_repeating_the_request_adds_none() {
    let fixture = Fixture::new().await;
    let key = "a-key-to-extend-with";
    fixture.shop.run("update orders set expires_at = now() + interval '1 minute'").await;

    let first = fixture.extend(72 * 60).key(key).await;
    let again = fixture.extend(72 * 60).key(key).await;

    assert_eq!((first.status, first.text("/status")), (200, "pending"), "{}", first.body);
    assert_eq!(again.body, first.body);
    assert_eq!(fixture.hours().await, 72);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn no_order_waits_longer_than_thirty_days_and_none_gets_less_time() {
    let fixture = Fixture::new().await;

    fixture.extend(30 * 24 * 60).await;
    fixture.extend(30 * 24 * 60).await;
    let longest = fixture.hours().await;
    let less = fixture.extend(1).await;
    let too_long = fixture.extend(30 * 24 * 60 + 1).await;
    let none = fixture.extend(0).await;

    assert_eq!(longest, 30 * 24);
    assert_eq!((less.status, fixture.hours().await), (200, 30 * 24));
    assert_eq!(
        (too_long.refusal(), none.refusal()),
        ((422, "invalid_value"), (422, "invalid_value"))
    );
}

#[tokio::test]
async fn what_has_ended_or_is_about_to_gets_no_more_time() {
    let fixture = Fixture::new().await;
    fixture.shop.run("update orders set expires_at = now() - interval '1 second'").await;

    let due = fixture.extend(60).await;
    fixture.api.post(&path(fixture.order, "cancel"), &json!(null)).by(&fixture.staff).await;
    let ended = fixture.extend(60).await;

    assert_eq!(due.refusal(), (409, "order_ending"));
    assert_eq!(ended.refusal(), (409, "illegal_move"));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_whose_payment_is_open_is_extended_once_that_is_released() {
    let fixture = Fixture::new().await;
    let start = "insert into payments (id, order_id, amount_minor, currency, status, provider_pi)
                 select gen_random_uuid(), id, total_minor, currency, 'requires_payment_method', 'pi_1' from orders";
    fixture.shop.run(start).await;

    let open = fixture.extend(72 * 60).await;
    fixture.shop.run("update payments set status = 'canceled'").await;
    let released = fixture.extend(72 * 60).await;

    assert_eq!(open.refusal(), (409, "payment_in_progress"));
    assert_eq!((released.status, fixture.hours().await), (200, 72));
}
