//! A guest buys, and takes the order along into an account.

use super::Caller::{Anonymous, Customer, CustomerAndGuest, Guest, Staff};
use super::{Step, step};

pub(super) const STEPS: &[Step] = &[
    Step {
        title: Some("Quote for a guest"),
        body: Some(
            r#"{"lines": [{"product": "{{product_id}}", "quantity": 1}], "destination": {"country": "DE"}}"#,
        ),
        keep: &[("guest_method_id", "shipping_options[0].method")],
        ..step("Guests", "create_quote", Anonymous, 200)
    },
    Step {
        title: Some("Create a checkout without an account; its secret is shown once"),
        body: Some(r#"{"lines": [{"product": "{{product_id}}", "quantity": 1}]}"#),
        keep: &[("guest_checkout_id", "id"), ("checkout_secret", "secret")],
        ..step("Guests", "create_checkout", Anonymous, 201)
    },
    Step {
        title: Some("Say where a guest's order goes; here it is the customer's address"),
        path: Some("/v1/checkouts/{guest_checkout_id}"),
        headers: &[("If-Match", "*")],
        body: Some(
            r#"{"email": "{{customer_email}}", "shipping_method": "{{guest_method_id}}", "destination": {"name": "Ann Example", "line1": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin", "country": "DE"}}"#,
        ),
        ..step("Guests", "change_checkout", Guest, 200)
    },
    Step {
        title: Some("Show a guest's checkout"),
        path: Some("/v1/checkouts/{guest_checkout_id}"),
        keep: &[("guest_total", "total.amount")],
        ..step("Guests", "show_checkout", Guest, 200)
    },
    Step {
        title: Some("Complete a guest's checkout"),
        path: Some("/v1/checkouts/{guest_checkout_id}/complete"),
        headers: &[("If-Match", "*")],
        body: Some(r#"{"expected_total": {"amount": {{guest_total}}, "currency": "EUR"}}"#),
        keep: &[("guest_order_id", "id")],
        ..step("Guests", "complete_checkout", Guest, 201)
    },
    Step {
        title: Some("Create a checkout session for a guest's order"),
        path: Some("/v1/orders/{guest_order_id}/checkout-session"),
        body: Some(
            r#"{"success_url": "https://shop.example.com/paid?session={CHECKOUT_SESSION_ID}", "cancel_url": "https://shop.example.com/basket"}"#,
        ),
        ..step("Guests", "create_checkout_session", Guest, 200)
    },
    Step {
        title: Some("Create a payment intent for a guest's order"),
        path: Some("/v1/orders/{guest_order_id}/payment-intent"),
        ..step("Guests", "create_payment_intent", Guest, 200)
    },
    Step {
        title: Some("Show a guest's order"),
        path: Some("/v1/orders/{guest_order_id}"),
        ..step("Guests", "show_order", Guest, 200)
    },
    Step {
        title: Some("List the payments of a guest's order"),
        path: Some("/v1/orders/{guest_order_id}/payments"),
        ..step("Guests", "list_payments", Guest, 200)
    },
    Step {
        path: Some("/v1/orders/{guest_order_id}/link"),
        ..step("Guests", "send_order_link", Anonymous, 202)
    },
    Step {
        title: Some("Use the link of an order; this one was never sent"),
        body: Some(
            r#"{"token": "{{guest_order_id}}.mOV7Nf0y3yRPrzHn5vJYH2kS0k0vDpLrbWQyUk1fZ9A"}"#,
        ),
        ..step("Guests", "use_link", Anonymous, 400)
    },
    Step {
        title: Some("Correct the address of a guest; here it is the customer's address"),
        path: Some("/v1/orders/{guest_order_id}/email"),
        body: Some(r#"{"email": "{{customer_email}}"}"#),
        ..step("Guests", "correct_email", Staff, 200)
    },
    step("Guests", "claim_orders", Customer, 200),
    Step {
        title: Some("Show a guest's order by the secret, once it belongs to an account"),
        path: Some("/v1/orders/{guest_order_id}"),
        ..step("Guests", "show_order", Guest, 404)
    },
    Step {
        title: Some("Cancel the order as the account; its payment is canceled at Stripe first"),
        path: Some("/v1/orders/{guest_order_id}/cancel"),
        ..step("Guests", "cancel_order", Customer, 202)
    },
    Step {
        title: Some("Create another checkout without an account"),
        body: Some(r#"{"lines": [{"product": "{{product_id}}", "quantity": 1}]}"#),
        keep: &[("guest_checkout_id", "id"), ("checkout_secret", "secret")],
        ..step("Guests", "create_checkout", Anonymous, 201)
    },
    Step {
        path: Some("/v1/checkouts/{guest_checkout_id}/claim"),
        ..step("Guests", "claim_checkout", CustomerAndGuest, 200)
    },
];
