//! Parcels of the system under test.

use super::state::{Outcome, PRODUCTS};
use super::system::{Scenario, System, outcome};
use serde_json::json;

impl System {
    pub(super) async fn fulfill(
        &self,
        scenario: &mut Scenario,
        index: usize,
        pieces: Option<[i32; PRODUCTS]>,
        is_packed: bool,
    ) -> Outcome {
        let (key, order) = (scenario.key(), &scenario.orders[index]);
        let lines = pieces.map(|pieces| {
            let lines = scenario.products.iter().zip(pieces).filter(|(_, pieces)| *pieces > 0);
            lines
                .map(|(product, pieces)| json!({"product": product, "quantity": pieces}))
                .collect::<Vec<_>>()
        });
        let carrier = (!is_packed).then_some("DHL");
        let path = format!("/v1/orders/{}/fulfillments", order.id);
        let body = json!({"lines": lines, "carrier": carrier});
        let answer = self.orders.post(&path, &body).by(&self.staff).key(&key).await;
        outcome(&answer)
    }

    /// Ships or cancels one of an order's parcels, if there are so many.
    pub(super) async fn parcel(
        &self,
        scenario: &Scenario,
        index: usize,
        parcel: usize,
        action: &str,
    ) -> Outcome {
        let path = format!("/v1/orders/{}/fulfillments", scenario.orders[index].id);
        let listed = self.orders.get(&path).by(&self.staff).await;
        let Some(id) = listed.body["data"][parcel]["id"].as_str() else { return Outcome::NotAsked };
        let path = format!("/v1/fulfillments/{id}/{action}");
        outcome(&self.orders.post(&path, &json!({"carrier": "DHL"})).by(&self.staff).await)
    }
}
