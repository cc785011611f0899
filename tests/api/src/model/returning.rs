//! Refunds and returns of the system under test.

use super::returns::ReturnStep;
use super::state::{Model, Outcome};
use super::step::RefundPart;
use super::system::{Scenario, System, outcome};
use serde_json::{Value, json};

impl System {
    pub(super) async fn refund(
        &self,
        scenario: &mut Scenario,
        index: usize,
        part: RefundPart,
    ) -> Outcome {
        let (key, order) = (scenario.key(), &scenario.orders[index]);
        let Some((payment, _)) = &order.payment else { return Outcome::NotAsked };
        let body = match part {
            RefundPart::Rest => json!({}),
            RefundPart::Amount(amount) => json!({"amount": {"amount": amount, "currency": "EUR"}}),
            RefundPart::Line { product, quantity, restock } => json!({"lines": [
                {"product": scenario.products[product], "quantity": quantity, "restock": restock}
            ]}),
        };
        let path = format!("/v1/payments/{payment}/refunds");
        outcome(&self.payments.post(&path, &body).by(&self.staff).key(&key).await)
    }

    /// Does something with one of an order's returns, if there are so many. Guests leave it to staff.
    pub(super) async fn return_goods(
        &self,
        scenario: &mut Scenario,
        model: &Model,
        index: usize,
        step: ReturnStep,
    ) -> Outcome {
        let (key, order) = (scenario.key(), &scenario.orders[index]);
        let list = format!("/v1/orders/{}/returns", order.id);
        let listed = self.orders.get(&list).by(&self.staff).await;
        let id = |which: usize| listed.body["data"][which]["id"].as_str();
        let product = |which: usize| &listed.body["data"][which]["lines"][0]["product"];
        let is_of_guest = model.orders[index].holder.is_guest();
        let who = |by_staff| if by_staff || is_of_guest { &self.staff } else { &self.buyer };
        let (which, action, body) = match step {
            ReturnStep::Request { product, quantity } => {
                let lines = json!([{"product": scenario.products[product], "quantity": quantity}]);
                let request = self.orders.post(&list, &json!({"lines": lines}));
                return outcome(&request.by(who(false)).key(&key).await);
            }
            ReturnStep::Refund { which, quantity } => {
                let (Some(id), Some((payment, _))) = (id(which), &order.payment) else {
                    return Outcome::NotAsked;
                };
                let lines = json!([{"product": product(which), "quantity": quantity}]);
                let path = format!("/v1/payments/{payment}/refunds");
                let refund = self.payments.post(&path, &json!({"lines": lines, "return": id}));
                return outcome(&refund.by(&self.staff).key(&key).await);
            }
            ReturnStep::Approve { which } => (which, "approve", json!({})),
            ReturnStep::Reject { which } => (which, "reject", json!({"reason": "Worn"})),
            ReturnStep::Cancel { which, .. } => (which, "cancel", Value::Null),
            ReturnStep::Receive { which, received, restock } => {
                let condition = (received > 0).then_some("opened");
                let line = json!({
                    "product": product(which), "received": received, "condition": condition, "restock": restock,
                });
                (which, "receive", json!({"lines": [line]}))
            }
        };
        let Some(id) = id(which) else { return Outcome::NotAsked };
        let by_staff = !matches!(step, ReturnStep::Cancel { by_staff: false, .. });
        let path = format!("/v1/returns/{id}/{action}");
        outcome(&self.orders.post(&path, &body).by(who(by_staff)).await)
    }
}
