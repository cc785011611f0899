//! Refunds of an order with a discount, added tax and shipping, piece by piece, while some of them fail: what comes back is
//! exactly what was paid (K17).

use super::Fixture;
use super::refund::{Sale, euros};
use crate::stripe_webhook;
use domain::id::ProductId;
use serde_json::{Value, json};
use stack::stripe::{Fault, RefundStatus, Reply};
use testkit::{Discount, Product, Response, TaxRate};

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// So many mugs are refunded.
    Mugs(i32),
    /// So many pots are refunded.
    Pots(i32),
    /// What is left of shipping is refunded.
    Shipping,
    /// All lines and shipping are refunded at once.
    All,
    /// The newest refund fails at the bank after it had succeeded.
    Fails,
    /// Stripe refuses the next refund for good.
    Refused,
}

use Step::{All, Fails, Mugs, Pots, Refused, Shipping};

/// Each ends with all three mugs, all seven pots and shipping refunded.
const STORIES: [&[Step]; 6] = [
    &[Mugs(1), Mugs(1), Mugs(1), Pots(2), Pots(2), Pots(3), Shipping],
    &[Mugs(1), Fails, Mugs(2), Pots(3), Fails, Shipping, Pots(3), Pots(4), Mugs(1)],
    &[Shipping, Fails, Pots(7), Mugs(1), Fails, Shipping, Mugs(1), Mugs(1), Fails, Mugs(2)],
    &[
        Pots(1),
        Pots(1),
        Fails,
        Pots(2),
        Shipping,
        Mugs(3),
        Fails,
        Pots(4),
        Fails,
        Pots(4),
        Mugs(2),
        Mugs(1),
    ],
    &[
        Refused,
        Mugs(3),
        Mugs(1),
        Shipping,
        Fails,
        Refused,
        Shipping,
        Shipping,
        Pots(5),
        Mugs(2),
        Fails,
        Pots(2),
        Mugs(2),
    ],
    &[Mugs(2), Fails, Refused, All, All, Fails, Shipping, Pots(6), Fails, All],
];

/// A paid order of three mugs and seven pots, less 10 %, to New York, where 8.875 % is added.
struct PricedSale {
    sale: Sale,
    mug: ProductId,
    pot: ProductId,
    /// As the buyer sees it.
    order: Value,
}

impl PricedSale {
    async fn paid() -> Self {
        let fixture = Fixture::open().await;
        let shop = &fixture.shop;
        let mug = shop.product(Product { price: 333, ..Product::any() }).await;
        let pot = shop.product(Product { price: 199, ..Product::any() }).await;
        shop.tax_country("US", false).await;
        shop.tax_rate(TaxRate { rate_ppm: Some(88_750), ..TaxRate::standard("US") }).await;
        let tiers = json!([{"from": 0, "price_minor": 499}]);
        let zone = json!({"country": "US", "region": "", "postal_prefix": "", "tiers": tiers});
        let parcel = shop.shipping_method("EUR", "flat", &json!([zone])).await;
        shop.discount(Discount::any()).await;
        let body = json!({
            "lines": [{"product": mug, "quantity": 3}, {"product": pot, "quantity": 7}],
            "shipping_address": {"name": "Ann", "line1": "1 Main St", "city": "New York", "postal_code": "10001",
                                 "region": "NY", "country": "US"},
            "shipping_method": parcel, "discount_codes": ["WELCOME"], "expected_total": euros(2887),
        });
        let api = fixture.orders_api();
        let placed =
            api.post("/v1/orders", &body).by(&fixture.buyer).key("a key of the order").await;
        assert_eq!(placed.status, 201, "{}", placed.body);
        let order = placed.text("/id").parse().unwrap();
        let sale = Sale::of(fixture, order).await;
        Self { sale, mug, pot, order: placed.body }
    }

    /// What of the order a step refunds.
    fn body(&self, step: Step) -> Value {
        let line = |product, quantity| json!({"product": product, "quantity": quantity});
        match step {
            Mugs(pieces) => json!({"lines": [line(self.mug, pieces)]}),
            Pots(pieces) => json!({"lines": [line(self.pot, pieces)]}),
            Shipping => json!({"shipping": true}),
            All => json!({"lines": [line(self.mug, 3), line(self.pot, 7)], "shipping": true}),
            Fails | Refused => unreachable!("nothing is refunded"),
        }
    }

    /// Stripe tells that the newest refund failed.
    async fn fail_newest(&self) {
        let Sale { fixture, .. } = &self.sale;
        let newest = "select provider_refund from refunds order by id desc limit 1";
        let provider = fixture.shop.one::<String>(newest).await;
        fixture.stripe.update_refund(&provider, RefundStatus::Failed).unwrap();
        let events = fixture.stripe.events();
        let failed = events.iter().rev().find(|event| event["type"] == "refund.failed").unwrap();
        assert_eq!(failed["data"]["object"]["id"], json!(provider));
        for _ in 0..2 {
            let told = stripe_webhook::api(&fixture.shop).stripe_event(failed).await;
            assert_eq!(told.status, 200, "{}", told.body);
        }
    }

    async fn tell(&self, story: &[Step]) {
        let Sale { fixture, .. } = &self.sale;
        for (n, step) in story.iter().enumerate() {
            match *step {
                Fails => self.fail_newest().await,
                Refused => {
                    let reply = Fault::Answer(Reply::CHARGE_DISPUTED);
                    fixture.stripe.inject_on("POST /v1/refunds", reply);
                }
                step => {
                    let key = format!("a key of step {n:>2}");
                    let created = self.sale.refund(&key, &self.body(step)).await;
                    assert_eq!(created.status, 201, "{step:?} of {story:?}: {}", created.body);
                }
            }
            fixture.audit().await;
        }
    }

    /// The refunds that did not fail.
    async fn refunds(&self) -> Vec<Value> {
        let api = &self.sale.fixture.api;
        let listed = api.get("/v1/refunds?limit=100&status=succeeded").by(&self.sale.staff).await;
        assert_eq!(listed.status, 200, "{}", listed.body);
        listed.body["data"].as_array().unwrap().clone()
    }

    async fn shown(&self) -> Response {
        let path = format!("/v1/orders/{}", self.sale.order);
        self.sale.fixture.orders_api().get(&path).by(&self.sale.fixture.buyer).await
    }
}

fn cents(of: &Value, pointer: &str) -> i64 {
    of.pointer(pointer).unwrap().as_i64().unwrap()
}

#[tokio::test]
async fn an_order_comes_back_to_the_cent_whatever_fails_in_between() {
    for story in STORIES {
        let priced = PricedSale::paid().await;
        let order = &priced.order;
        assert_eq!((cents(order, "/total/amount"), cents(order, "/tax/amount")), (2887, 235));

        priced.tell(story).await;

        let refunds = priced.refunds().await;
        let sum = |pointer: &str| refunds.iter().map(|refund| cents(refund, pointer)).sum::<i64>();
        let (amount, tax) = (sum("/amount/amount"), sum("/tax/amount"));
        assert_eq!((amount, tax, amount - tax), (2887, 235, 2652), "{story:?}");
        let shipping = cents(order, "/shipping_method/paid/amount");
        assert_eq!(sum("/shipping/amount"), shipping, "{story:?}");
        for line in order["lines"].as_array().unwrap() {
            let pieces = refunds.iter().flat_map(|refund| refund["lines"].as_array().unwrap());
            let pieces: Vec<_> =
                pieces.filter(|piece| piece["product"] == line["product"]).collect();
            let sum = |pointer| pieces.iter().map(|piece| cents(piece, pointer)).sum::<i64>();
            for (given, taken) in [
                ("/amount/amount", "/paid/amount"),
                ("/tax/amount", "/tax/amount"),
                ("/discount/amount", "/discount/amount"),
                ("/quantity", "/quantity"),
            ] {
                assert_eq!(sum(given), cents(line, taken), "{given} of {line}, {story:?}");
            }
        }
        let shown = priced.shown().await;
        assert_eq!(shown.body["refunded"], euros(2887));
        assert_eq!(shown.text("/payment_status"), "refunded");
        assert_eq!(priced.sale.refunded_by_stripe(), 2887, "{story:?}");
        let more = priced.sale.refund("a key for some more", &json!({})).await;
        assert_eq!(more.refusal(), (409, "nothing_left"));
        let ledger = "select (sum(amount_minor) filter (where kind = 'refunded')
                              - coalesce(sum(amount_minor) filter (where kind = 'refund_failed'), 0))::int8 from ledger";
        assert_eq!(priced.sale.fixture.shop.one::<i64>(ledger).await, 2887, "{story:?}");
    }
}
