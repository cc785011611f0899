//! The money of goods that come back: of an order of three mugs, at 12.50 EUR each and ten in stock.

use super::refund::{Sale, euros};
use crate::order_lifecycle;
use domain::money::{Currency, Money};
use domain::payments::refund::{self, RefundUpdate};
use domain::workflows;
use serde_json::{Value, json};
use testkit::{Order, Response};

struct Returned {
    sale: Sale,
    mug: String,
}

impl Returned {
    /// The three mugs were shipped.
    async fn shipped() -> Self {
        let returned = Self::paid().await;
        let body = json!({"carrier": "DHL"});
        let ship = order_lifecycle::api(&returned.sale.fixture.shop)
            .post(&format!("/v1/orders/{}/ship", returned.sale.order), &body);
        assert_eq!(ship.by(&returned.sale.staff).await.status, 200);
        returned
    }

    async fn paid() -> Self {
        let sale = Sale::paid().await;
        let mug = "select 'prod_' || replace(id::text, '-', '') from products";
        let mug = sale.fixture.shop.one::<String>(mug).await;
        Self { sale, mug }
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        let api = order_lifecycle::api(&self.sale.fixture.shop);
        api.post(path, body).by(&self.sale.staff).key(&format!("a key for {path} {body}")).await
    }

    /// The id of a return of so many mugs.
    async fn requested(&self, quantity: i32) -> String {
        let path = format!("/v1/orders/{}/returns", self.sale.order);
        let body = json!({"lines": [{"product": self.mug, "quantity": quantity}]});
        let made = self.post(&path, &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.text("/id").to_owned()
    }

    async fn approved(&self, quantity: i32) -> String {
        let id = self.requested(quantity).await;
        assert_eq!(self.post(&format!("/v1/returns/{id}/approve"), &json!({})).await.status, 200);
        id
    }

    async fn receive(&self, id: &str, received: i32, restock: i32) -> Response {
        let line = json!({"product": self.mug, "received": received, "condition": "opened", "restock": restock});
        self.post(&format!("/v1/returns/{id}/receive"), &json!({"lines": [line]})).await
    }

    async fn shown(&self, id: &str) -> Value {
        let api = order_lifecycle::api(&self.sale.fixture.shop);
        api.get(&format!("/v1/returns/{id}")).by(&self.sale.fixture.buyer).await.body
    }

    fn mugs(&self, quantity: i32, restock: i32) -> Value {
        json!([{"product": self.mug, "quantity": quantity, "restock": restock}])
    }

    async fn stock(&self) -> i32 {
        self.sale.fixture.shop.one("select on_hand from products").await
    }

    async fn holds(&self) {
        self.sale.fixture.shop.check_invariants().await;
        assert_eq!(domain::operations::check(&self.sale.fixture.shop.db).await.unwrap(), []);
    }
}

#[tokio::test]
async fn the_money_of_goods_goes_back_less_a_fee_and_the_return_tells_it() {
    let returned = Returned::shipped().await;
    let id = returned.approved(2).await;
    returned.receive(&id, 2, 1).await;
    let body = json!({"amount": euros(2300), "return": id, "reason": "Less 2.00 for a scratch"});

    let refund = returned.sale.refund("two mugs, less a fee", &body).await;
    let again = returned.sale.refund("two mugs, less a fee", &body).await;

    assert_eq!((refund.status, &refund.body["amount"]), (201, &euros(2300)), "{}", refund.body);
    assert_eq!((refund.text("/return"), &again.body), (&*id, &refund.body));
    assert_eq!(returned.shown(&id).await["refunded"], euros(2300));
    assert_eq!((returned.stock().await, returned.sale.refunded_amount().await), (8, 2300));
    assert_eq!(returned.sale.refunded_by_stripe(), 2300);
    returned.holds().await;
}

#[tokio::test]
async fn the_money_may_go_back_before_the_goods_and_is_of_no_more_pieces_than_come_back() {
    let returned = Returned::shipped().await;
    let id = returned.approved(2).await;
    let body = |quantity| json!({"lines": returned.mugs(quantity, 0), "return": id});

    let many = returned.sale.refund("more than the return has", &body(3)).await;
    let two = returned.sale.refund("both before they come", &body(2)).await;
    let twice = returned.sale.refund("one of them once more", &body(1)).await;
    let received = returned.receive(&id, 2, 2).await;

    assert_eq!((many.refusal(), &many.body["left"]), ((409, "too_many_of_return"), &json!(2)));
    assert_eq!((two.status, &two.body["amount"]), (201, &euros(2500)));
    assert_eq!((twice.refusal(), &twice.body["left"]), ((409, "too_many_of_return"), &json!(0)));
    assert_eq!((received.status, &received.body["refunded"]), (200, &euros(2500)));
    assert_eq!(returned.stock().await, 9);
    returned.holds().await;
}

#[tokio::test]
async fn only_what_arrived_is_refunded_once_goods_are_there() {
    let returned = Returned::shipped().await;
    let id = returned.approved(3).await;
    returned.receive(&id, 1, 1).await;
    let body = |quantity| json!({"lines": returned.mugs(quantity, 0), "return": id});

    let two = returned.sale.refund("one did not arrive", &body(2)).await;
    let one = returned.sale.refund("the one that arrived", &body(1)).await;

    assert_eq!((two.refusal(), &two.body["left"]), ((409, "too_many_of_return"), &json!(1)));
    assert_eq!((one.status, &one.body["amount"]), (201, &euros(1250)));
    returned.holds().await;
}

#[tokio::test]
async fn a_refund_names_a_return_of_its_order_that_was_approved() {
    let returned = Returned::shipped().await;
    let fixture = &returned.sale.fixture;
    let product = fixture.shop.one("select id from products").await;
    let other = fixture.shop.shipped_order(&fixture.buyer, Order { product, quantity: 1 }).await;
    let foreign = returned.post(&format!("/v1/orders/{other}/returns"), &json!({})).await;
    let waiting = returned.requested(1).await;
    let before = fixture.shop.one::<i64>("select count(*) from refunds").await;

    for (key, id, code, allowed) in [
        ("another order's", foreign.text("/id"), "return_of_other_order", Value::Null),
        ("nobody's", "ret_0193f2a7c1d87b3e9a5f4c2d1e0b9a87", "return_of_other_order", Value::Null),
        ("undecided", &*waiting, "return_not_refundable", json!(["approved", "received"])),
    ] {
        let body = json!({"amount": euros(100), "return": id});
        let refused = returned.sale.refund(&format!("a return that is {key}"), &body).await;
        assert_eq!(refused.refusal(), (409, code), "{key}");
        assert_eq!(refused.body["allowed"], allowed, "{key}");
    }
    let id = returned.approved(1).await;
    let body = json!({"lines": returned.mugs(1, 1), "return": id});
    let restocked = returned.sale.refund("restocked by the refund", &body).await;
    assert_eq!((restocked.status, restocked.text("/errors/0/pointer")), (422, "/lines"));
    assert_eq!(fixture.shop.one::<i64>("select count(*) from refunds").await, before);
    returned.holds().await;
}

#[tokio::test]
async fn a_piece_comes_back_with_a_return_or_with_a_refund_and_never_with_both() {
    let returned = Returned::shipped().await;
    let body = json!({"lines": returned.mugs(1, 1)});
    assert_eq!(returned.sale.refund("one is restocked", &body).await.status, 201);
    let path = format!("/v1/orders/{}/returns", returned.sale.order);
    let all = json!({"lines": [{"product": returned.mug, "quantity": 3}]});

    let many = returned.post(&path, &all).await;
    let id = returned.approved(2).await;
    let body = json!({"lines": returned.mugs(1, 1)});
    let restocked = returned.sale.refund("another is restocked", &body).await;
    returned.receive(&id, 2, 2).await;
    let after = returned.sale.refund("and another after it", &body).await;

    assert_eq!((many.refusal(), &many.body["left"]), ((409, "too_many_to_return"), &json!(2)));
    for refused in [restocked, after] {
        assert_eq!(
            (refused.refusal(), &refused.body["left"]),
            ((422, "too_many_restocked"), &json!(0))
        );
    }
    assert_eq!(returned.stock().await, 10);
    returned.holds().await;
}

#[tokio::test]
async fn what_is_refunded_for_a_return_is_still_shipped_of_the_rest() {
    let returned = Returned::paid().await;
    let parcel = json!({"lines": [{"product": returned.mug, "quantity": 2}], "carrier": "DHL"});
    let path = format!("/v1/orders/{}/fulfillments", returned.sale.order);
    assert_eq!(returned.post(&path, &parcel).await.status, 201);
    let id = returned.approved(2).await;
    returned.receive(&id, 2, 2).await;

    let body = json!({"lines": returned.mugs(2, 0), "return": id});
    let refund = returned.sale.refund("both that came back", &body).await;
    let ship = format!("/v1/orders/{}/ship", returned.sale.order);
    let shipped = returned.post(&ship, &json!({"carrier": "UPS"})).await;

    assert_eq!((refund.status, &refund.body["amount"]), (201, &euros(2500)), "{}", refund.body);
    assert_eq!((shipped.status, &shipped.body["lines"][0]["shipped"]), (200, &json!(3)));
    assert_eq!(returned.stock().await, 9);
    returned.holds().await;
}

#[tokio::test]
async fn a_return_that_meets_a_refund_of_the_dashboard_gives_no_money_twice() {
    for turn in 0..4 {
        let returned = Returned::shipped().await;
        let id = returned.approved(3).await;
        let update = RefundUpdate {
            provider: "re_dashboard".to_owned(),
            intent: returned.sale.intent.clone(),
            refund: None,
            status: refund::RefundStatus::Succeeded,
            amount: Money { minor: 2500, currency: Currency::EUR },
            failure_reason: None,
            pending_reason: None,
            at: testkit::clock().now(),
        };
        let db = &returned.sale.fixture.shop.db;
        let body = json!({"lines": returned.mugs(3, 0), "return": id});
        let refund = returned.sale.refund("all three of the return", &body);

        let (told, received, refund) = tokio::join!(
            workflows::apply_refund_update(db, &update),
            returned.receive(&id, 3, 3),
            refund,
        );

        told.unwrap();
        assert_eq!((received.status, returned.stock().await), (200, 10), "{turn}");
        assert!([201, 422].contains(&refund.status), "{turn}: {}", refund.body);
        let promised = "select sum(amount_minor)::int8 from refunds where status not in ('failed', 'canceled')";
        let promised = returned.sale.fixture.shop.one::<i64>(promised).await;
        assert!((2500..=3750).contains(&promised), "{turn}: {promised}");
        let violations = domain::operations::check(db).await.unwrap();
        assert!(violations.iter().all(|found| found.invariant != "I21"), "{turn}: {violations:?}");
    }
}

#[tokio::test]
async fn a_return_gives_back_no_more_than_its_pieces_cost_by_amount_or_by_pieces() {
    let returned = Returned::shipped().await;
    let id = returned.approved(1).await;
    let amount = |cents| json!({"amount": euros(cents), "return": id});
    let pieces = json!({"lines": returned.mugs(1, 0), "return": id});

    let unsaid = returned.sale.refund("whatever is left of it", &json!({"return": id})).await;
    let all = returned.sale.refund("what the whole order cost", &amount(3750)).await;
    let less_a_fee = returned.sale.refund("one mug, less a fee", &amount(1000)).await;
    let twice = returned.sale.refund("the same mug by pieces", &pieces).await;
    let rest = returned.sale.refund("the fee after all", &amount(250)).await;
    let more = returned.sale.refund("and a cent more than that", &amount(1)).await;

    assert_eq!((unsaid.status, unsaid.text("/errors/0/code")), (422, "missing"));
    assert_eq!((all.refusal(), &all.body["left"]), ((422, "amount_too_large"), &euros(1250)));
    assert_eq!(less_a_fee.status, 201, "{}", less_a_fee.body);
    assert_eq!((twice.refusal(), &twice.body["left"]), ((422, "amount_too_large"), &euros(250)));
    assert_eq!(rest.status, 201, "{}", rest.body);
    assert_eq!((more.refusal(), &more.body["left"]), ((422, "amount_too_large"), &euros(0)));
    assert_eq!(returned.sale.refunded_amount().await, 1250);
    returned.holds().await;
}

#[tokio::test]
async fn of_a_return_that_arrived_empty_nothing_is_refunded() {
    let returned = Returned::shipped().await;
    let id = returned.approved(2).await;
    let line = json!({"product": returned.mug, "received": 0, "restock": 0});
    let path = format!("/v1/returns/{id}/receive");
    assert_eq!(returned.post(&path, &json!({"lines": [line]})).await.status, 200);

    let refund = json!({"amount": euros(1), "return": id});
    let refused = returned.sale.refund("a cent for an empty box", &refund).await;

    assert_eq!((refused.refusal(), &refused.body["left"]), ((422, "amount_too_large"), &euros(0)));
}
