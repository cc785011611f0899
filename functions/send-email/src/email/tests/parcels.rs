use super::*;
use domain::ordering::{Fulfillment, FulfillmentLine, ParcelStatus};

/// Two of the mugs, which were handed over.
fn parcel(shipment: Shipment) -> Parcel {
    let order = order();
    let of_line = |line: &OrderLine| FulfillmentLine {
        product: line.product,
        sku: line.sku.clone(),
        name: line.name.clone(),
        quantity: 2,
    };
    let fulfillment = Fulfillment {
        id: "ful_0193f2a7c1d87b3e9a5f4c2d1e0b9a92".parse().unwrap(),
        order: order.id,
        status: ParcelStatus::Shipped,
        lines: order.lines.first().map(of_line).into_iter().collect(),
        shipment: Some(shipment),
        created_at: order.created_at,
        shipped_at: Some(order.created_at),
        cancelled_at: None,
    };
    Parcel { order, fulfillment }
}

reads_as_it_should! {
    a_parcel_is_announced_with_what_is_in_it: FulfillmentShipped { parcel: parcel(carried_by("DHL")) };
}

#[test]
fn what_a_carrier_is_called_is_text_and_never_markup() {
    let evil = "<script>alert(1)</script> & \"co\"";
    let email = FulfillmentShipped { parcel: parcel(carried_by(evil)) }.email(None).unwrap();
    assert!(!email.html.contains("<script>"), "{}", email.html);
    assert!(email.text.contains(evil), "{}", email.text);
}
