//! The order of the collection: what each request needs was kept by one before it.

/// Whose token a request carries.
#[derive(Clone, Copy)]
pub(super) enum Who {
    Stranger,
    Customer,
    Staff,
}

/// One request.
pub(super) struct Step {
    pub(super) folder: &'static str,
    /// The operation id.
    pub(super) operation: &'static str,
    /// The operation's summary, if there is none.
    pub(super) title: Option<&'static str>,
    /// The operation's path, if there is none.
    pub(super) path: Option<&'static str>,
    pub(super) who: Who,
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) body: Option<&'static str>,
    pub(super) status: u16,
    /// Variable, and where its value stands in the answer.
    pub(super) keep: &'static [(&'static str, &'static str)],
    /// JavaScript that runs before.
    pub(super) before: &'static [&'static str],
}

const fn step(folder: &'static str, operation: &'static str, who: Who, status: u16) -> Step {
    Step {
        folder,
        operation,
        title: None,
        path: None,
        who,
        headers: &[],
        body: None,
        status,
        keep: &[],
        before: &[],
    }
}

use Who::{Customer, Staff, Stranger};

pub(super) const STEPS: &[Step] = &[
    step("Operations", "show_health", Stranger, 200),
    step("Operations", "show_readiness", Stranger, 200),
    step("Operations", "show_version", Stranger, 200),
    step("Operations", "show_openapi", Stranger, 200),
    step("Operations", "show_docs", Stranger, 200),
    Step { path: Some("/errors/out_of_stock"), ..step("Operations", "show_error", Stranger, 200) },
    Step {
        title: Some("Log in as staff"),
        body: Some(r#"{"email": "{{staff_email}}", "password": "{{staff_password}}"}"#),
        keep: &[("staff_token", "access_token")],
        ..step("Accounts", "log_in", Stranger, 200)
    },
    Step {
        before: &["pm.collectionVariables.set('email', `ann+${Date.now()}@example.com`);"],
        body: Some(r#"{"email": "{{email}}", "password": "{{password}}"}"#),
        ..step("Accounts", "register_account", Stranger, 202)
    },
    Step {
        body: Some(r#"{"email": "{{email}}", "password": "{{password}}"}"#),
        keep: &[("token", "access_token"), ("refresh_token", "refresh_token")],
        ..step("Accounts", "log_in", Stranger, 200)
    },
    Step {
        body: Some(r#"{"refresh_token": "{{refresh_token}}"}"#),
        keep: &[("token", "access_token"), ("refresh_token", "refresh_token")],
        ..step("Accounts", "refresh_session", Stranger, 200)
    },
    Step { keep: &[("user_id", "id")], ..step("Accounts", "show_me", Customer, 200) },
    step("Accounts", "show_keys", Stranger, 200),
    Step {
        body: Some(r#"{"email": "{{email}}"}"#),
        ..step("Accounts", "resend_verification", Stranger, 202)
    },
    Step {
        title: Some("Verify an address with a link that was never sent"),
        body: Some(r#"{"token": "mOV7Nf0y3yRPrzHn5vJYH2kS0k0vDpLrbWQyUk1fZ9A"}"#),
        ..step("Accounts", "verify_email", Stranger, 400)
    },
    Step {
        body: Some(r#"{"email": "{{email}}"}"#),
        ..step("Accounts", "forgot_password", Stranger, 202)
    },
    Step {
        title: Some("Set a new password by a link that was never sent"),
        body: Some(
            r#"{"token": "mOV7Nf0y3yRPrzHn5vJYH2kS0k0vDpLrbWQyUk1fZ9A", "password": "{{password}}"}"#,
        ),
        ..step("Accounts", "reset_password", Stranger, 400)
    },
    Step {
        body: Some(r#"{"current": "{{password}}", "new": "other words are finer"}"#),
        keep: &[("token", "access_token"), ("refresh_token", "refresh_token")],
        ..step("Accounts", "change_password", Customer, 200)
    },
    Step { path: Some("/v1/users?q=ann&limit=5"), ..step("Users", "list_users", Staff, 200) },
    step("Users", "show_user", Staff, 200),
    Step { body: Some(r#"{"role": "customer"}"#), ..step("Users", "set_user_role", Staff, 200) },
    Step {
        body: Some(r#"{"name": "Mugs {{$guid}}"}"#),
        keep: &[("category_id", "id")],
        ..step("Categories", "create_category", Staff, 201)
    },
    step("Categories", "list_categories", Stranger, 200),
    step("Categories", "show_category", Stranger, 200),
    Step {
        body: Some(r#"{"name": "Cups {{$guid}}"}"#),
        ..step("Categories", "change_category", Staff, 200)
    },
    Step {
        body: Some(
            r#"{"sku": "MUG-{{$guid}}", "name": "Large mug", "price": {"amount": 1250, "currency": "EUR"}, "stock": 10, "category": "{{category_id}}", "metadata": {"colour": "blue"}}"#,
        ),
        keep: &[("product_id", "id"), ("sku", "sku")],
        ..step("Products", "create_product", Staff, 201)
    },
    Step {
        path: Some("/v1/products?q=mug&in_stock=true&sort=price&limit=5"),
        ..step("Products", "list_products", Stranger, 200)
    },
    step("Products", "show_product", Stranger, 200),
    Step {
        body: Some(
            r#"{"price": {"amount": 1190, "currency": "EUR"}, "metadata": {"colour": null}}"#,
        ),
        ..step("Products", "change_product", Staff, 200)
    },
    step("Inventory", "list_stock", Staff, 200),
    step("Inventory", "show_stock", Staff, 200),
    Step {
        body: Some(r#"{"delta": 5, "reason": "received", "note": "Found behind the shelf"}"#),
        ..step("Inventory", "adjust_stock", Staff, 201)
    },
    Step { body: Some(r#"{"threshold": 3}"#), ..step("Inventory", "set_threshold", Staff, 200) },
    step("Inventory", "list_movements", Staff, 200),
    step("Inventory", "list_discrepancies", Staff, 200),
    Step {
        body: Some(
            r#"{"source": "acme", "counts": [{"sku": "{{sku}}", "on_hand": 40, "sequence": 1}]}"#,
        ),
        ..step("Inventory", "sync_counts", Staff, 202)
    },
    Step {
        body: Some(r#"{"lines": [{"product": "{{product_id}}", "quantity": 2}]}"#),
        keep: &[("order_id", "id")],
        ..step("Orders", "place_order", Customer, 201)
    },
    Step {
        path: Some("/v1/orders?status=pending&limit=5"),
        ..step("Orders", "list_orders", Customer, 200)
    },
    step("Orders", "show_order", Customer, 200),
    Step {
        headers: &[("If-Match", "*")],
        body: Some(r#"{"note": "Please ring twice"}"#),
        ..step("Orders", "edit_order", Customer, 200)
    },
    step("Orders", "list_order_events", Customer, 200),
    Step {
        title: Some("Ship an order; this one is not paid"),
        body: Some(r#"{"carrier": "DHL", "tracking_number": "ABC 123"}"#),
        ..step("Orders", "ship_order", Staff, 409)
    },
    Step {
        body: Some(
            r#"{"success_url": "https://shop.example.com/paid?session={CHECKOUT_SESSION_ID}", "cancel_url": "https://shop.example.com/basket"}"#,
        ),
        ..step("Payments", "create_checkout_session", Customer, 200)
    },
    Step {
        title: Some("Start to pay an order; the page is closed first"),
        ..step("Payments", "create_payment_intent", Customer, 200)
    },
    Step {
        keep: &[("payment_id", "data[0].id")],
        ..step("Payments", "list_payments", Customer, 200)
    },
    step("Payments", "show_payment", Customer, 200),
    Step {
        title: Some("Refund a payment; this one is not paid"),
        body: Some(r#"{"amount": {"amount": 500, "currency": "EUR"}, "reason": "A chipped mug"}"#),
        ..step("Payments", "create_refund", Staff, 409)
    },
    step("Payments", "list_payment_refunds", Staff, 200),
    Step { path: Some("/v1/refunds?limit=5"), ..step("Payments", "list_refunds", Staff, 200) },
    Step {
        title: Some("Show a refund; there is none"),
        path: Some("/v1/refunds/re_0193f2a7c1d87b3e9a5f4c2d1e0b9a87"),
        ..step("Payments", "show_refund", Staff, 404)
    },
    Step { path: Some("/v1/disputes?limit=5"), ..step("Payments", "list_disputes", Staff, 200) },
    Step {
        title: Some("Show a dispute; there is none"),
        path: Some("/v1/disputes/dp_0193f2a7c1d87b3e9a5f4c2d1e0b9a87"),
        ..step("Payments", "show_dispute", Staff, 404)
    },
    Step {
        title: Some("Receive a Stripe event, signed as Stripe does"),
        headers: &[("Stripe-Signature", "{{signature}}")],
        before: &[
            "const time = Math.floor(Date.now() / 1000);",
            "const body = JSON.stringify({id: `evt_${Date.now()}`, object: 'event', type: 'plan.created', created: time, livemode: false, data: {object: {id: 'plan_1'}}});",
            "const secret = pm.collectionVariables.get('webhook_secret');",
            "pm.collectionVariables.set('event', body);",
            "pm.collectionVariables.set('signature', `t=${time},v1=${CryptoJS.HmacSHA256(`${time}.${body}`, secret)}`);",
        ],
        body: Some("{{event}}"),
        ..step("Payments", "receive_stripe_event", Stranger, 200)
    },
    step("Engine room", "check_invariants", Staff, 200),
    Step {
        keep: &[("event_id", "data[0].id")],
        ..step("Engine room", "list_stripe_events", Staff, 200)
    },
    step("Engine room", "show_stripe_event", Staff, 200),
    step("Engine room", "replay_stripe_event", Staff, 200),
    Step {
        keep: &[("reconciliation_id", "id")],
        ..step("Engine room", "request_reconciliation", Staff, 202)
    },
    step("Engine room", "list_reconciliations", Staff, 200),
    step("Engine room", "show_reconciliation", Staff, 200),
    step("Engine room", "show_outbox", Staff, 200),
    step("Engine room", "list_emails", Staff, 200),
    step("Engine room", "list_dead_letters", Staff, 200),
    step("Engine room", "redrive_dead_letters", Staff, 202),
    Step {
        title: Some("Redrive a dead letter; there is none"),
        path: Some("/v1/ops/dead-letters/none/redrive"),
        ..step("Engine room", "redrive_dead_letter", Staff, 404)
    },
    Step {
        title: Some("Confirm an order by hand; this one is being paid at Stripe"),
        body: Some(r#"{"reason": "Bank transfer 4711"}"#),
        ..step("Ending", "confirm_order", Staff, 409)
    },
    step("Ending", "cancel_order", Customer, 202),
    step("Ending", "archive_product", Staff, 204),
    step("Ending", "delete_category", Staff, 204),
    step("Ending", "log_out", Customer, 204),
    step("Ending", "disable_user", Staff, 200),
    step("Ending", "enable_user", Staff, 200),
];
