//! Staff of the soak test ship orders piece by piece.

use super::load::{post, show};
use super::{Error, Soak};
use fastrand::Rng;
use serde_json::json;

/// Ships a piece in a parcel, packs another one, which is shipped or cancelled, and then ships or refunds what is left.
pub(super) async fn ship(
    soak: &Soak<'_>,
    order: &str,
    payment: &str,
    random: &mut Rng,
) -> Result<(), Error> {
    let path = format!("/v1/orders/{order}/fulfillments");
    let admin = soak.admin();
    let shown = show(soak, order).await?;
    let line = json!([{"product": shown["lines"][0]["product"], "quantity": 1}]);
    let sent = post(&admin, &path, &json!({"lines": line, "carrier": "DHL"})).await?;
    if sent.status != 201 {
        soak.counters.add("parcels refused");
        return Ok(());
    }
    soak.counters.add("parcels");
    let packed = post(&admin, &path, &json!({"lines": line})).await?;
    if let Some(packed) = packed.body["id"].as_str().filter(|_| packed.status == 201) {
        let action = if random.bool() { "ship" } else { "cancel" };
        let path = format!("/v1/fulfillments/{packed}/{action}");
        let done = post(&admin, &path, &json!({"carrier": "DHL"})).await?;
        soak.counters.add(match (action, done.status) {
            ("ship", 200) => "packed parcels shipped",
            ("cancel", 200) => "packed parcels cancelled",
            _ => "parcels refused",
        });
    }
    if random.bool() {
        let shipped = post(&admin, &path, &json!({"carrier": "UPS"})).await?;
        soak.counters.add(if shipped.status == 201 { "parcels" } else { "parcels refused" });
        return Ok(());
    }
    let path = format!("/v1/payments/{payment}/refunds");
    let refund = post(&admin, &path, &json!({"lines": line})).await?;
    soak.counters.add(if refund.status == 201 {
        "unshipped pieces refunded"
    } else {
        "refunds refused"
    });
    Ok(())
}
