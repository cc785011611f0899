//! Of the order that was shipped in two parcels, a piece comes back, and the shop keeps a fee.

use super::Caller::{Customer, Staff};
use super::{Step, step};

pub(super) const STEPS: &[Step] = &[
    Step {
        title: Some("Request to return a piece"),
        path: Some("/v1/orders/{parcel_order_id}/returns"),
        body: Some(
            r#"{"lines": [{"product": "{{product_id}}", "quantity": 1}], "note": "It is too small."}"#,
        ),
        keep: &[("return_id", "id")],
        ..step("Returns", "request_return", Customer, 201)
    },
    Step { title: Some("Change one's mind"), ..step("Returns", "cancel_return", Customer, 200) },
    Step {
        title: Some("Request to return it again"),
        path: Some("/v1/orders/{parcel_order_id}/returns"),
        body: Some(r#"{"lines": [{"product": "{{product_id}}", "quantity": 1}]}"#),
        keep: &[("return_id", "id")],
        ..step("Returns", "request_return", Customer, 201)
    },
    Step {
        title: Some("Reject it; the buyer is told why"),
        body: Some(r#"{"reason": "Please tell us why."}"#),
        ..step("Returns", "reject_return", Staff, 200)
    },
    Step {
        title: Some("Request to return it with a reason"),
        path: Some("/v1/orders/{parcel_order_id}/returns"),
        body: Some(
            r#"{"lines": [{"product": "{{product_id}}", "quantity": 1}], "note": "It is too small."}"#,
        ),
        keep: &[("return_id", "id")],
        ..step("Returns", "request_return", Customer, 201)
    },
    Step {
        title: Some("See what waits for a decision"),
        path: Some("/v1/returns?status=requested"),
        ..step("Returns", "list_returns", Staff, 200)
    },
    Step {
        title: Some("Approve it"),
        body: Some(r#"{"instructions": "Send it to: Tradepost, Returns, Dock 4, 20457 Hamburg."}"#),
        ..step("Returns", "approve_return", Staff, 200)
    },
    Step {
        title: Some("Receive the piece; it was opened, and is for sale again"),
        body: Some(
            r#"{"lines": [{"product": "{{product_id}}", "received": 1, "condition": "opened", "restock": 1}]}"#,
        ),
        ..step("Returns", "receive_return", Staff, 200)
    },
    Step {
        title: Some("Look up its payment"),
        path: Some("/v1/orders/{parcel_order_id}/payments"),
        keep: &[("return_payment_id", "data[0].id")],
        ..step("Returns", "list_payments", Customer, 200)
    },
    Step {
        title: Some("Refund it less a fee"),
        path: Some("/v1/payments/{return_payment_id}/refunds"),
        body: Some(
            r#"{"amount": {"amount": 500, "currency": "EUR"}, "return": "{{return_id}}", "reason": "Less a fee, since it was opened"}"#,
        ),
        ..step("Returns", "create_refund", Staff, 201)
    },
    Step {
        title: Some("See the return with what was refunded"),
        ..step("Returns", "show_return", Customer, 200)
    },
    Step {
        path: Some("/v1/orders/{parcel_order_id}/returns"),
        ..step("Returns", "list_order_returns", Customer, 200)
    },
];
