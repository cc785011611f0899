//! What is wrong between the shop and Stripe.

use super::day::Day;
use super::{State, rings};
use crate::{customer, open, product, until};
use local::{Customer, Shop};
use serde_json::{Value, json};
use stack::stripe::StandIn;
use std::sync::atomic::{AtomicU32, Ordering};

/// A shop with a customer.
pub(super) struct Fixture {
    pub(super) shop: Shop,
    buyer: Customer,
    product: String,
    /// Numbers what must differ.
    count: AtomicU32,
}

impl Fixture {
    pub(super) async fn open() -> Self {
        let shop = open().await;
        let (buyer, product) = (customer(&shop).await, product(&shop, "TEA-GREEN").await);
        Self { shop, buyer, product, count: AtomicU32::new(0) }
    }

    pub(super) fn stripe(&self) -> &StandIn {
        self.shop.stripe.as_ref().unwrap()
    }

    pub(super) fn next(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// Places an order and asks for a payment of it.
    async fn start_payment(&self) -> local::Response {
        let body = json!({"lines": [{"product": self.product, "quantity": 1}]});
        let order = self.buyer.post_with_new_key("/v1/orders", &body).await.unwrap();
        assert_eq!(order.status, 201, "{}", order.body);
        let path = format!("/v1/orders/{}/payment-intent", order.body["id"].as_str().unwrap());
        self.buyer.post(&path, &json!({})).await.unwrap()
    }

    /// The PaymentIntent of a new order, and its id.
    pub(super) async fn intent(&self) -> (Value, String) {
        let payment = self.start_payment().await;
        assert_eq!(payment.status, 200, "{}", payment.body);
        let id = payment.body["stripe_payment_intent"].as_str().unwrap().to_owned();
        self.stripe().idle().await;
        (self.stripe().object(&id).unwrap(), id)
    }

    /// Changes what Stripe has of a payment without an event, or back.
    pub(super) fn tamper(&self, intent: &Value, minor: i64) {
        let (id, currency) = (intent["id"].as_str().unwrap(), intent["currency"].as_str().unwrap());
        self.stripe().tamper(id, minor, currency).unwrap();
    }
}

#[tokio::test]
async fn what_the_reconciliation_finds_or_cannot_do_rings() {
    let fixture = Fixture::open().await;
    let (intent, _) = fixture.intent().await;
    let amount = intent["amount"].as_i64().unwrap();

    let differ = async |_: &mut Day<'_>| fixture.tamper(&intent, amount + 1);
    let agree = async |_: &mut Day<'_>| fixture.tamper(&intent, amount);
    rings(&fixture.shop, State::OpenFinding, differ, agree).await;

    let refuse = async |_: &mut Day<'_>| fixture.stripe().accept_only_key("sk_test_another");
    let accept = async |_: &mut Day<'_>| {
        fixture.stripe().accept_only_key(&fixture.shop.settings["STRIPE_SECRET_KEY"]);
    };
    rings(&fixture.shop, State::ReconciliationFails, refuse, accept).await;

    let reserve = |delta: i32| {
        format!("update products set reserved = reserved + {delta} where sku = 'TEA-GREEN'")
    };
    let broken = async |day: &mut Day<'_>| {
        day.database.batch_execute(&reserve(1)).await.unwrap();
    };
    let whole = async |day: &mut Day<'_>| {
        day.database.batch_execute(&reserve(-1)).await.unwrap();
    };
    rings(&fixture.shop, State::BrokenInvariant, broken, whole).await;

    let rename = async |day: &mut Day<'_>, from, to| {
        let rename = format!("alter table {from} rename to {to}");
        day.database.batch_execute(&rename).await.unwrap();
    };
    let unreadable = async |day: &mut Day<'_>| rename(day, "stock_moves", "elsewhere").await;
    let readable = async |day: &mut Day<'_>| {
        assert!(!day.ringing().contains(&"BrokenInvariantsAlarm"), "{:?}", day.ringing());
        rename(day, "elsewhere", "stock_moves").await;
    };
    rings(&fixture.shop, State::UncheckedInvariant, unreadable, readable).await;
}

#[tokio::test]
async fn a_key_or_an_object_of_the_other_mode_rings() {
    let fixture = Fixture::open().await;
    let (_, intent) = fixture.intent().await;

    let live = async |_: &mut Day<'_>| {
        fixture.stripe().set_livemode(true);
        assert!(fixture.start_payment().await.status >= 500);
    };
    let test = async |_: &mut Day<'_>| {
        fixture.stripe().set_livemode(false);
        forget_payments(&fixture).await;
    };
    rings(&fixture.shop, State::WrongStripeMode, live, test).await;

    let live = async |_: &mut Day<'_>| fixture.stripe().set_object_livemode(&intent, true);
    let test = async |_: &mut Day<'_>| fixture.stripe().set_object_livemode(&intent, false);
    rings(&fixture.shop, State::WrongStripeModeWithoutCustomers, live, test).await;
}

/// Removes the objects of the other mode at Stripe.
async fn forget_payments(fixture: &Fixture) {
    fixture.stripe().idle().await;
    for event in fixture.stripe().events() {
        if event["livemode"] == true {
            fixture.stripe().remove(event["data"]["object"]["id"].as_str().unwrap());
        }
    }
}

#[tokio::test]
async fn a_wrong_webhook_secret_rings_and_a_stranger_does_not() {
    let fixture = Fixture::open().await;
    let webhook = format!("{}/v1/webhooks/stripe", fixture.shop.url());
    let ours = fixture.shop.settings["STRIPE_WEBHOOK_SECRETS"].clone();

    let forge = async || {
        let signature = format!("t=1,v1={}", "0f".repeat(32));
        let request = reqwest::Client::new().post(&webhook).header("stripe-signature", signature);
        assert_eq!(request.body("{}").send().await.unwrap().status(), 400);
    };
    let wrong = async |day: &mut Day<'_>| {
        forge().await;
        day.go_on().await;
        assert_eq!(day.ringing(), Vec::<&str>::new(), "one request of a stranger");
        fixture.stripe().set_webhook(&webhook, ["whsec_of_another_endpoint"]);
        let seen = fixture.stripe().deliveries().len();
        assert_eq!(fixture.start_payment().await.status, 200);
        until("three refused deliveries", async || {
            let deliveries = fixture.stripe().deliveries().split_off(seen);
            assert!(deliveries.iter().all(|delivery| delivery.status == Some(400)));
            (deliveries.len() >= 3).then_some(())
        })
        .await;
    };
    let right = async |_: &mut Day<'_>| {
        fixture.stripe().set_webhook(&webhook, [ours.as_str()]);
        fixture.stripe().idle().await;
    };
    rings(&fixture.shop, State::WrongWebhookSecret, wrong, right).await;
}
