//! What the buyer of a scenario asks of the shop: prices, orders and checkouts.

use super::buying::Wish;
use super::holder::{Address, Holder, Key, Shown};
use super::state::{Model, Outcome};
use super::system::{Scenario, System, Wished, once_or_twice, outcome};
use axum::http::Method;
use domain::id::CheckoutId;
use serde_json::{Value, json};
use testkit::{Call, Response};

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
            scenario.placed(answer.text("/id").to_owned(), None);
        }
        outcome(&answer)
    }

    pub(super) async fn create_checkout(
        &self,
        scenario: &mut Scenario,
        wish: Wish,
        holder: Holder,
    ) -> Outcome {
        let mut body = scenario.body(wish);
        if let Holder::Guest(Some(address)) = holder {
            body["email"] = self.email(scenario, address).into();
        }
        let call = self.checkouts.post("/v1/checkouts", &body).sent_from(&scenario.origin);
        let call = if holder.is_guest() { call } else { call.by(&self.buyer) };
        let created = call.await;
        let secret = created.body["secret"].as_str().map(str::to_owned);
        assert_eq!(secret.is_some(), holder.is_guest());
        let (id, shown) = (created.text("/id").parse().unwrap(), shown(&created));
        scenario.checkouts.push(Wished { id, shown, secret });
        outcome(&created)
    }

    /// As guests type it: in capitals, if it is the account's.
    fn email(&self, scenario: &Scenario, address: Address) -> String {
        match address {
            Address::OfAccount => self.buyer.email.to_ascii_uppercase(),
            Address::Other => format!("guest-of-{}@example.com", scenario.products[0]),
        }
    }

    /// Shows the account's token, the secret, or both.
    fn opening(&self, call: Call, shown: Shown, secret: Option<&str>) -> Call {
        let call = if shown.token { call.by(&self.buyer) } else { call };
        match secret.filter(|_| shown.secret) {
            Some(secret) => call.header("checkout-secret", secret),
            None => call,
        }
    }

    pub(super) async fn set_line(
        &self,
        scenario: &mut Scenario,
        checkout: usize,
        (product, quantity): (usize, i32),
        shows: Shown,
    ) -> Outcome {
        let wished = &mut scenario.checkouts[checkout];
        let path = format!("/v1/checkouts/{}/lines/{}", wished.id, scenario.products[product]);
        let call = self.checkouts.call(Method::PUT, &path).json(&json!({"quantity": quantity}));
        wished.told(&self.opening(call, shows, wished.secret.as_deref()).await)
    }

    pub(super) async fn name(
        &self,
        scenario: &mut Scenario,
        checkout: usize,
        address: Option<Address>,
        shows: Shown,
    ) -> Outcome {
        let email = address.map(|address| self.email(scenario, address));
        let origin = scenario.origin.clone();
        let wished = &mut scenario.checkouts[checkout];
        let path = format!("/v1/checkouts/{}", wished.id);
        let call = self.checkouts.patch(&path, &json!({"email": email})).header("if-match", "*");
        let call = call.sent_from(&origin);
        wished.told(&self.opening(call, shows, wished.secret.as_deref()).await)
    }

    pub(super) async fn cancel_checkout(
        &self,
        scenario: &Scenario,
        checkout: usize,
        shows: Shown,
    ) -> Outcome {
        let wished = &scenario.checkouts[checkout];
        let path = format!("/v1/checkouts/{}/cancel", wished.id);
        let call = self.checkouts.call(Method::POST, &path);
        outcome(&self.opening(call, shows, wished.secret.as_deref()).await)
    }

    pub(super) async fn complete(
        &self,
        scenario: &mut Scenario,
        checkout: usize,
        twice: bool,
        shows: Shown,
    ) -> Outcome {
        let key = scenario.key();
        let wished = &mut scenario.checkouts[checkout];
        let path = format!("/v1/checkouts/{}/complete", wished.id);
        let body = json!({"expected_total": wished.shown});
        let call = || {
            let call = self.orders.post(&path, &body).header("if-match", "*").key(&key);
            let call = call.sent_from(&scenario.origin);
            self.opening(call, shows, wished.secret.as_deref())
        };
        let (answer, again) = once_or_twice(call, twice).await;
        assert_eq!(answer.refusal(), again.refusal());
        assert_eq!(answer.text("/id"), again.text("/id"), "one checkout, one order");
        let order = answer.text("/id").to_owned();
        match answer.status {
            201 => {
                let secret = wished.secret.clone();
                scenario.placed(order, secret);
            }
            200 => assert!(scenario.has_order(&order), "{order} was placed before"),
            _ if answer.refusal().1 == "total_changed" => {
                wished.shown = answer.body["total"].clone();
                assert_eq!(answer.body["bill"]["total"], wished.shown);
            }
            _ => {}
        }
        outcome(&answer)
    }

    /// The account claims a checkout. The answer may be another one, which has its lines now.
    pub(super) async fn claim_checkout(
        &self,
        scenario: &mut Scenario,
        checkout: usize,
        has_secret: bool,
    ) -> Outcome {
        let wished = &scenario.checkouts[checkout];
        let path = format!("/v1/checkouts/{}/claim", wished.id);
        let shows = Shown { token: true, secret: has_secret };
        let call = self.checkouts.call(Method::POST, &path);
        let answer = self.opening(call, shows, wished.secret.as_deref()).await;
        match answer.text("/id").parse::<CheckoutId>() {
            Ok(id) => {
                let mut all = scenario.checkouts.iter_mut();
                all.find(|wished| wished.id == id).unwrap().told(&answer)
            }
            Err(_) => outcome(&answer),
        }
    }

    pub(super) async fn claim_orders(&self) -> Outcome {
        let call = self.orders.call(Method::POST, "/v1/me/orders/claim");
        outcome(&call.by(&self.buyer).await)
    }

    pub(super) async fn start_payment(
        &self,
        scenario: &mut Scenario,
        model: &Model,
        index: usize,
        key: Key,
    ) -> Outcome {
        let (order, shows) = (&mut scenario.orders[index], model.orders[index].holder.shown(key));
        let call =
            self.payments.call(Method::POST, &format!("/v1/orders/{}/payment-intent", order.id));
        let answer = self.opening(call, shows, order.secret.as_deref()).await;
        if answer.status == 200 {
            let text = |pointer| answer.text(pointer).to_owned();
            order.payment = Some((text("/payment"), text("/stripe_payment_intent")));
        }
        outcome(&answer)
    }

    pub(super) async fn cancel_order(
        &self,
        scenario: &Scenario,
        model: &Model,
        index: usize,
        by: Option<Key>,
    ) -> Outcome {
        let order = &scenario.orders[index];
        let call = self.orders.post(&format!("/v1/orders/{}/cancel", order.id), &json!({}));
        let call = match by {
            None => call.by(&self.staff),
            Some(key) => {
                let shows = model.orders[index].holder.shown(key);
                self.opening(call, shows, order.secret.as_deref())
            }
        };
        outcome(&call.await)
    }
}

impl Wished {
    /// The answer to a request about it.
    fn told(&mut self, answer: &Response) -> Outcome {
        if answer.status == 200 {
            self.shown = shown(answer);
        }
        outcome(answer)
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
