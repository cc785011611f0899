//! Buyers of the soak test send goods back.

use super::load::{post, show};
use super::{Error, Soak};
use crate::Customer;
use fastrand::Rng;
use serde_json::json;

/// Requests to return a piece. Staff reject it, or receive it and give its money back, whole or less a fee.
pub(super) async fn give_back(
    soak: &Soak<'_>,
    buyer: &Customer,
    order: &str,
    payment: &str,
    random: &mut Rng,
) -> Result<(), Error> {
    let admin = soak.admin();
    let product = show(soak, order).await?["lines"][0]["product"].clone();
    let piece = json!([{"product": product, "quantity": 1}]);
    let path = format!("/v1/orders/{order}/returns");
    let requested = post(buyer, &path, &json!({"lines": piece})).await?;
    let Some(id) = requested.body["id"].as_str().filter(|_| requested.status == 201) else {
        soak.counters.add("returns refused");
        return Ok(());
    };
    soak.counters.add("returns");
    let path = format!("/v1/returns/{id}");
    if random.u8(0..4) == 0 {
        post(&admin, &format!("{path}/reject"), &json!({"reason": "Worn"})).await?;
        return Ok(());
    }
    post(&admin, &format!("{path}/approve"), &json!({})).await?;
    let line = json!({"product": product, "received": 1, "condition": "opened", "restock": random.u8(0..2)});
    let received = post(&admin, &format!("{path}/receive"), &json!({"lines": [line]})).await?;
    let money = if random.bool() {
        json!({"lines": piece, "return": id})
    } else {
        json!({"amount": {"amount": random.i64(1..200), "currency": "EUR"}, "return": id})
    };
    let refund = post(&admin, &format!("/v1/payments/{payment}/refunds"), &money).await?;
    let is_done = received.status == 200 && refund.status == 201;
    soak.counters.add(if is_done { "returns received" } else { "refunds refused" });
    Ok(())
}
