//! An order that is paid by transfer is shipped in two parcels.

use super::Caller::{Customer, Staff};
use super::{Step, step};

pub(super) const STEPS: &[Step] = &[
    Step {
        title: Some("Place an order to ship in parcels"),
        body: Some(
            r#"{"lines": [{"product": "{{product_id}}", "quantity": 2}], "shipping_method": "{{method_id}}", "shipping_address": {"name": "Ann Example", "line1": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin", "country": "DE"}}"#,
        ),
        keep: &[("parcel_order_id", "id")],
        ..step("Parcels", "place_order", Customer, 201)
    },
    Step {
        title: Some("Confirm it by hand: it was paid by transfer"),
        path: Some("/v1/orders/{parcel_order_id}/confirm"),
        body: Some(r#"{"reason": "Bank transfer 4712"}"#),
        ..step("Parcels", "confirm_order", Staff, 200)
    },
    Step {
        title: Some("Pack a parcel"),
        path: Some("/v1/orders/{parcel_order_id}/fulfillments"),
        body: Some(r#"{"lines": [{"product": "{{product_id}}", "quantity": 2}]}"#),
        keep: &[("fulfillment_id", "id")],
        ..step("Parcels", "create_fulfillment", Staff, 201)
    },
    step("Parcels", "cancel_fulfillment", Staff, 200),
    Step {
        title: Some("Ship one piece; the buyer is told of a part of the order"),
        path: Some("/v1/orders/{parcel_order_id}/fulfillments"),
        body: Some(
            r#"{"lines": [{"product": "{{product_id}}", "quantity": 1}], "carrier": "DHL", "tracking_number": "ABC 123"}"#,
        ),
        ..step("Parcels", "create_fulfillment", Staff, 201)
    },
    Step {
        title: Some("Pack all that is left"),
        path: Some("/v1/orders/{parcel_order_id}/fulfillments"),
        body: Some("{}"),
        keep: &[("fulfillment_id", "id")],
        ..step("Parcels", "create_fulfillment", Staff, 201)
    },
    Step {
        title: Some("Ship the last parcel; the order is shipped"),
        body: Some(r#"{"carrier": "DHL"}"#),
        ..step("Parcels", "ship_fulfillment", Staff, 200)
    },
    step("Parcels", "show_fulfillment", Staff, 200),
    Step {
        path: Some("/v1/orders/{parcel_order_id}/fulfillments"),
        ..step("Parcels", "list_fulfillments", Customer, 200)
    },
];
