//! What the buyer of a scenario asks of the shop: prices, orders and checkouts.

use super::buying::Wish;
use super::state::Outcome;
use super::system::{Scenario, System, Wished, once_or_twice, outcome};
use axum::http::Method;
use serde_json::{Value, json};
use testkit::Response;

impl System {
    /// Orders over the total of a quote.
    pub(super) async fn place_order(
        &self,
        scenario: &mut Scenario,
        wish: Wish,
        twice: bool,
    ) -> Outcome {
        let mut body = scenario.body(wish);
        let quote = self.checkouts.post("/v1/quotes", &body).by(&self.buyer);
        let quote = quote.sent_from(&scenario.origin).await;
        assert_eq!(quote.status, 200, "{}", quote.body);
        body["expected_total"] = quote.body["total"].clone();
        let key = scenario.key();
        let call = || self.orders.post("/v1/orders", &body).by(&self.buyer).key(&key);
        let (answer, again) = once_or_twice(call, twice).await;
        assert_eq!(answer.refusal(), again.refusal());
        assert_eq!(answer.text("/id"), again.text("/id"), "one key, one order");
        if answer.status == 201 {
            scenario.placed(answer.text("/id").to_owned());
        }
        outcome(&answer)
    }

    pub(super) async fn create_checkout(&self, scenario: &mut Scenario, wish: Wish) -> Outcome {
        let call = self.checkouts.post("/v1/checkouts", &scenario.body(wish)).by(&self.buyer);
        let created = call.sent_from(&scenario.origin).await;
        let (id, shown) = (created.text("/id").parse().unwrap(), shown(&created));
        scenario.checkouts.push(Wished { id, shown });
        outcome(&created)
    }

    pub(super) async fn set_line(
        &self,
        scenario: &mut Scenario,
        checkout: usize,
        product: usize,
        quantity: i32,
    ) -> Outcome {
        let wished = &mut scenario.checkouts[checkout];
        let path = format!("/v1/checkouts/{}/lines/{}", wished.id, scenario.products[product]);
        let call = self.checkouts.call(Method::PUT, &path).json(&json!({"quantity": quantity}));
        let answer = call.by(&self.buyer).await;
        if answer.status == 200 {
            wished.shown = shown(&answer);
        }
        outcome(&answer)
    }

    pub(super) async fn cancel_checkout(&self, scenario: &Scenario, checkout: usize) -> Outcome {
        let path = format!("/v1/checkouts/{}/cancel", scenario.checkouts[checkout].id);
        outcome(&self.checkouts.call(Method::POST, &path).by(&self.buyer).await)
    }

    pub(super) async fn complete(
        &self,
        scenario: &mut Scenario,
        checkout: usize,
        twice: bool,
    ) -> Outcome {
        let key = scenario.key();
        let wished = &mut scenario.checkouts[checkout];
        let path = format!("/v1/checkouts/{}/complete", wished.id);
        let body = json!({"expected_total": wished.shown});
        let call = || {
            let call = self.orders.post(&path, &body).by(&self.buyer);
            call.header("if-match", "*").key(&key)
        };
        let (answer, again) = once_or_twice(call, twice).await;
        assert_eq!(answer.refusal(), again.refusal());
        assert_eq!(answer.text("/id"), again.text("/id"), "one checkout, one order");
        let order = answer.text("/id").to_owned();
        match answer.status {
            201 => scenario.placed(order),
            200 => assert!(scenario.has_order(&order), "{order} was placed before"),
            _ if answer.refusal().1 == "total_changed" => {
                wished.shown = answer.body["total"].clone();
                assert_eq!(answer.body["bill"]["total"], wished.shown);
            }
            _ => {}
        }
        outcome(&answer)
    }
}

/// The total that a checkout has; nothing if it is empty.
fn shown(checkout: &Response) -> Value {
    let total = checkout.body["total"].clone();
    if total.is_null() { json!({"amount": 0, "currency": "EUR"}) } else { total }
}

impl Scenario {
    fn body(&self, wish: Wish) -> Value {
        let lines = self.products.iter().zip(wish.quantities).filter(|(_, quantity)| *quantity > 0);
        let lines = lines.map(|(id, quantity)| json!({"product": id, "quantity": quantity}));
        let lines: Vec<_> = lines.collect();
        if wish.has_code {
            return json!({"lines": lines, "discount_codes": [self.code]});
        }
        json!({"lines": lines})
    }
}
