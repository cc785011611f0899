//! Refunds of an order of three mugs, at 12.50 EUR each and ten in stock, before all of it is shipped.

use super::refund::{Sale, euros};
use crate::order_lifecycle;
use serde_json::{Value, json};
use stack::stripe::{Fault, Reply};
use testkit::{ApiClient, Response};

impl Sale {
    fn orders(&self) -> ApiClient {
        order_lifecycle::api(&self.fixture.shop)
    }

    async fn mugs(&self, quantity: i32, restock: i32) -> Value {
        let mug = "select 'prod_' || replace(id::text, '-', '') from products";
        let mug = self.fixture.shop.one::<String>(mug).await;
        json!({"lines": [{"product": mug, "quantity": quantity, "restock": restock}]})
    }

    /// Ships so many mugs, or only packs them.
    async fn parcel(&self, quantity: i32, carrier: Option<&str>) -> Response {
        let mut body = self.mugs(quantity, 0).await;
        body["lines"][0].as_object_mut().unwrap().remove("restock");
        body["carrier"] = carrier.into();
        let path = format!("/v1/orders/{}/fulfillments", self.order);
        let key = format!("a-key-of-a-parcel-of-{quantity}-{}", carrier.unwrap_or("none"));
        self.orders().post(&path, &body).by(&self.staff).key(&key).await
    }

    async fn ship(&self) -> Response {
        let path = format!("/v1/orders/{}/ship", self.order);
        self.orders().post(&path, &json!({"carrier": "DHL"})).by(&self.staff).await
    }

    /// Its status, the pieces that are on hand and reserved, and of the order's that are shipped and removed.
    async fn state(&self) -> String {
        let sql = "select format('%s %s-%s %s-%s', o.status, p.on_hand, p.reserved, l.shipped, l.removed)
                   from orders o join order_lines l on l.order_id = o.id join products p on p.id = l.product_id";
        self.fixture.shop.one(sql).await
    }

    async fn holds(&self) {
        self.fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn refunded_pieces_are_not_shipped_and_the_rest_is() {
    let sale = Sale::paid().await;

    let refund = sale.refund("one of three mugs", &sale.mugs(1, 0).await).await;
    let again = sale.refund("one of three mugs", &sale.mugs(1, 0).await).await;
    let refunded = sale.state().await;
    let shipped = sale.ship().await;

    assert_eq!((refund.status, &refund.body["amount"]), (201, &euros(1250)), "{}", refund.body);
    assert_eq!(again.body, refund.body);
    assert_eq!(refunded, "confirmed 10-2 0-1");
    assert_eq!((shipped.status, shipped.text("/fulfillment_status")), (200, "fulfilled"));
    assert_eq!(shipped.body["lines"][0]["shipped"], 2);
    assert_eq!(sale.state().await, "shipped 8-0 2-1");
    sale.holds().await;
}

#[tokio::test]
async fn a_goodwill_by_amount_does_not_touch_the_goods() {
    let sale = Sale::paid().await;
    sale.refund("for the long wait, some", &json!({"amount": euros(500)})).await;

    let shipped = sale.ship().await;

    assert_eq!(shipped.status, 200, "{}", shipped.body);
    assert_eq!(sale.state().await, "shipped 7-0 3-0");
    sale.holds().await;
}

#[tokio::test]
async fn an_order_is_shipped_once_its_last_pieces_are_refunded() {
    let sale = Sale::paid().await;
    sale.parcel(2, Some("DHL")).await;

    let refund = sale.refund("the third mug is broken", &sale.mugs(1, 0).await).await;
    let order = format!("/v1/orders/{}", sale.order);
    let order = sale.orders().get(&order).by(&sale.fixture.buyer).await;

    assert_eq!(refund.status, 201, "{}", refund.body);
    assert_eq!(sale.state().await, "shipped 8-0 2-1");
    assert_eq!(order.body["shipment"]["carrier"], "DHL");
    let mails = "select count(*) from outbox where payload ->> 'type' = 'order_shipped'";
    assert_eq!(sale.fixture.shop.one::<i64>(mails).await, 1);
    sale.holds().await;
}

#[tokio::test]
async fn shipped_pieces_come_back_while_others_are_left() {
    let sale = Sale::paid().await;
    sale.parcel(2, Some("DHL")).await;

    let too_many = sale.refund("three of two come back", &sale.mugs(3, 3).await).await;
    let back = sale.refund("two of two come back", &sale.mugs(2, 2).await).await;

    assert_eq!(too_many.refusal(), (422, "too_many_restocked"));
    assert_eq!((back.status, &back.body["lines"][0]["restocked"]), (201, &json!(2)));
    assert_eq!(sale.state().await, "confirmed 10-1 2-0");
    let rest = sale.parcel(1, Some("UPS")).await;
    assert_eq!((rest.status, sale.state().await.as_str()), (201, "shipped 9-0 3-0"));
    sale.holds().await;
}

#[tokio::test]
async fn packed_pieces_are_refunded_once_their_parcel_is_shipped_or_cancelled() {
    let sale = Sale::paid().await;
    let packed = sale.parcel(2, None).await.text("/id").to_owned();
    let before = sale.state().await;

    let refused = sale.refund("two mugs, one of them packed", &sale.mugs(2, 0).await).await;
    let unchanged = sale.state().await;
    let cancel = format!("/v1/fulfillments/{packed}/cancel");
    sale.orders().post(&cancel, &json!({})).by(&sale.staff).await;
    let refund = sale.refund("two mugs, none of them packed", &sale.mugs(2, 0).await).await;

    assert_eq!((refused.refusal(), unchanged), ((409, "pieces_packed"), before));
    assert_eq!(refund.status, 201);
    assert_eq!(sale.state().await, "confirmed 10-1 0-2");
    sale.holds().await;
}

#[tokio::test]
async fn a_refund_that_fails_takes_no_other_pieces_when_it_is_made_again() {
    let sale = Sale::paid().await;
    sale.fixture.stripe.inject_on("POST /v1/refunds", Fault::Answer(Reply::CHARGE_DISPUTED));
    let failed = sale.refund("one mug, which fails", &sale.mugs(1, 0).await).await;
    let after_failure = sale.state().await;

    let again = sale.refund("one mug, once more", &sale.mugs(1, 0).await).await;

    assert_eq!(sale.shown(&failed).await.text("/status"), "failed");
    assert_eq!(sale.shown(&again).await.text("/status"), "succeeded");
    assert_eq!(
        (after_failure.as_str(), sale.state().await.as_str()),
        ("confirmed 10-2 0-1", "confirmed 10-2 0-1")
    );
    sale.holds().await;
}

#[tokio::test]
async fn nothing_is_shipped_that_nobody_pays_for() {
    let sale = Sale::paid().await;
    sale.parcel(1, Some("DHL")).await;
    let packed = sale.parcel(1, None).await.text("/id").to_owned();
    sale.refund("all of the money", &json!({})).await;

    let parcel = sale.parcel(1, Some("UPS")).await;
    let ship = sale.ship().await;
    let packed = format!("/v1/fulfillments/{packed}/ship");
    let packed = sale.orders().post(&packed, &json!({"carrier": "DHL"})).by(&sale.staff).await;

    for refused in [parcel, ship, packed] {
        assert_eq!(refused.refusal(), (409, "order_refunded"));
    }
    assert_eq!(sale.state().await, "confirmed 9-2 1-0");
    sale.holds().await;
}

#[tokio::test]
async fn pieces_that_the_release_before_refunded_are_not_shipped_however_often_it_does() {
    let sale = Sale::paid().await;
    // As that release leaves a mug that it refunds: neither counted nor released.
    let as_before = "update order_lines set removed = removed - 1; update products set reserved = reserved + 1;
                     delete from stock_moves where source = 'order_reduced' and source_id like 're\\_%'";
    let refund = async |key: &str| {
        assert_eq!(sale.refund(key, &sale.mugs(1, 0).await).await.status, 201);
        sale.fixture.shop.admin.batch_execute(as_before).await.unwrap();
    };

    refund("one of three mugs").await;
    let packed = sale.parcel(1, None).await;
    let cancel = format!("/v1/fulfillments/{}/cancel", packed.text("/id"));
    sale.orders().post(&cancel, &json!({})).by(&sale.staff).await;
    refund("another of three mugs").await;
    let shipped = sale.ship().await;

    assert_eq!((packed.status, shipped.status), (201, 200), "{}", shipped.body);
    assert_eq!(sale.state().await, "shipped 9-0 1-2");
    sale.holds().await;
}

#[tokio::test]
async fn a_refund_and_a_shipment_at_once_never_give_the_same_piece_twice() {
    for turn in 0..8 {
        let sale = Sale::paid().await;
        let (key, body) = (format!("a refund beside parcels {turn}"), sale.mugs(2, 0).await);

        let (refund, shipped) =
            tokio::join!(async { sale.refund(&key, &body).await }, sale.parcel(3, Some("DHL")));

        assert_eq!(refund.status, 201, "{}", refund.body);
        let expected = match shipped.status {
            201 => "shipped 7-0 3-0",
            _ => "confirmed 10-1 0-2",
        };
        assert_eq!(sale.state().await, expected);
        sale.holds().await;
    }
}
