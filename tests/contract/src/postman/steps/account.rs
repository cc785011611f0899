//! An account buys, and staff keep what the shop sells.

use super::Caller::{Anonymous, Customer, Staff};
use super::{Step, step};

pub(super) const STEPS: &[Step] = &[
    step("Operations", "show_health", Anonymous, 200),
    step("Operations", "show_readiness", Anonymous, 200),
    step("Operations", "show_version", Anonymous, 200),
    step("Operations", "show_openapi", Anonymous, 200),
    step("Operations", "show_docs", Anonymous, 200),
    step("Operations", "explain_pricing", Anonymous, 200),
    Step { path: Some("/errors/out_of_stock"), ..step("Operations", "show_error", Anonymous, 200) },
    Step {
        title: Some("Log in as staff"),
        body: Some(r#"{"email": "{{staff_email}}", "password": "{{staff_password}}"}"#),
        keep: &[("staff_token", "access_token")],
        ..step("Accounts", "log_in", Anonymous, 200)
    },
    Step {
        before: &["pm.collectionVariables.set('email', `ann+${Date.now()}@example.com`);"],
        body: Some(r#"{"email": "{{email}}", "password": "{{password}}"}"#),
        ..step("Accounts", "register_account", Anonymous, 202)
    },
    Step {
        title: Some("Log in before the address is verified"),
        body: Some(r#"{"email": "{{email}}", "password": "{{password}}"}"#),
        ..step("Accounts", "log_in", Anonymous, 401)
    },
    Step {
        title: Some("Log in as a customer"),
        body: Some(r#"{"email": "{{customer_email}}", "password": "{{customer_password}}"}"#),
        keep: &[("token", "access_token"), ("refresh_token", "refresh_token")],
        ..step("Accounts", "log_in", Anonymous, 200)
    },
    Step {
        body: Some(r#"{"refresh_token": "{{refresh_token}}"}"#),
        keep: &[("token", "access_token"), ("refresh_token", "refresh_token")],
        ..step("Accounts", "refresh_session", Anonymous, 200)
    },
    Step { keep: &[("user_id", "id")], ..step("Accounts", "show_me", Customer, 200) },
    step("Accounts", "list_sessions", Customer, 200),
    Step {
        title: Some("End one of my sessions; there is none with this id"),
        path: Some("/v1/me/sessions/fam_0193f2a7c1d87b3e9a5f4c2d1e0b9a87"),
        ..step("Accounts", "end_session", Customer, 404)
    },
    step("Accounts", "export_account", Customer, 200),
    Step {
        title: Some("Erase my account; with another password it stays"),
        body: Some(r#"{"current": "not {{customer_password}}"}"#),
        ..step("Accounts", "erase_account", Customer, 403)
    },
    step("Accounts", "show_keys", Anonymous, 200),
    Step {
        body: Some(r#"{"email": "{{email}}"}"#),
        ..step("Accounts", "resend_verification", Anonymous, 202)
    },
    Step {
        title: Some("Verify an address with a link that was never sent"),
        body: Some(r#"{"token": "mOV7Nf0y3yRPrzHn5vJYH2kS0k0vDpLrbWQyUk1fZ9A"}"#),
        ..step("Accounts", "verify_email", Anonymous, 400)
    },
    Step {
        body: Some(r#"{"email": "{{email}}"}"#),
        ..step("Accounts", "forgot_password", Anonymous, 202)
    },
    Step {
        title: Some("Set a new password with a link that was never sent"),
        body: Some(
            r#"{"token": "mOV7Nf0y3yRPrzHn5vJYH2kS0k0vDpLrbWQyUk1fZ9A", "password": "{{password}}"}"#,
        ),
        ..step("Accounts", "reset_password", Anonymous, 400)
    },
    Step {
        title: Some("Change my password; here it stays the same"),
        body: Some(r#"{"current": "{{customer_password}}", "new": "{{customer_password}}"}"#),
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
    step("Categories", "list_categories", Anonymous, 200),
    step("Categories", "show_category", Anonymous, 200),
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
        ..step("Products", "list_products", Anonymous, 200)
    },
    step("Products", "show_product", Anonymous, 200),
    Step {
        body: Some(
            r#"{"price": {"amount": 1190, "currency": "EUR"}, "metadata": {"colour": null}}"#,
        ),
        ..step("Products", "change_product", Staff, 200)
    },
    Step {
        body: Some(
            r#"{"title": "Welcome", "code": "D-{{$guid}}", "target": "order", "percent_bp": 1000, "max_uses": 100}"#,
        ),
        keep: &[("discount_id", "id"), ("discount_code", "code")],
        ..step("Discounts", "create_discount", Staff, 201)
    },
    Step {
        path: Some("/v1/discounts?code={discount_code}&active=true&limit=5"),
        ..step("Discounts", "list_discounts", Staff, 200)
    },
    step("Discounts", "show_discount", Staff, 200),
    Step {
        body: Some(r#"{"max_uses": 200, "active": false}"#),
        ..step("Discounts", "change_discount", Staff, 200)
    },
    step("Discounts", "list_discount_uses", Staff, 200),
    Step {
        path: Some("/v1/tax-countries/DE"),
        body: Some(r#"{"prices_include_tax": true, "shipping_rule": "follow"}"#),
        ..step("Taxes", "set_tax_country", Staff, 201)
    },
    Step { path: Some("/v1/tax-countries/DE"), ..step("Taxes", "show_tax_country", Staff, 200) },
    step("Taxes", "list_tax_countries", Staff, 200),
    Step {
        body: Some(r#"{"country": "DE", "rate_ppm": 190000, "label": "MwSt"}"#),
        ..step("Taxes", "add_tax_rate", Staff, 201)
    },
    Step { path: Some("/v1/tax-rates?country=DE"), ..step("Taxes", "list_tax_rates", Staff, 200) },
    step("Taxes", "show_pricing", Staff, 200),
    Step { body: Some(r#"{"home_country": "DE"}"#), ..step("Taxes", "set_pricing", Staff, 200) },
    Step {
        body: Some(
            r#"{"name": "Parcel", "carrier": "DHL", "currency": "EUR", "basis": "flat", "zones": [{"country": "DE", "tiers": [{"from": 0, "amount": 490}]}]}"#,
        ),
        keep: &[("method_id", "id")],
        ..step("Shipping", "create_shipping_method", Staff, 201)
    },
    step("Shipping", "list_shipping_methods", Anonymous, 200),
    step("Shipping", "show_shipping_method", Anonymous, 200),
    Step {
        body: Some(r#"{"free_from": 5000}"#),
        ..step("Shipping", "change_shipping_method", Staff, 200)
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
        body: Some(
            r#"{"lines": [{"product": "{{product_id}}", "quantity": 2}], "destination": {"country": "DE"}}"#,
        ),
        ..step("Checkouts", "create_quote", Anonymous, 200)
    },
    Step {
        body: Some(r#"{"lines": [{"product": "{{product_id}}", "quantity": 1}]}"#),
        keep: &[("checkout_id", "id")],
        ..step("Checkouts", "create_checkout", Customer, 201)
    },
    step("Checkouts", "show_checkout", Customer, 200),
    step("Checkouts", "show_current_checkout", Customer, 200),
    Step {
        headers: &[("If-Match", "*")],
        body: Some(
            r#"{"shipping_method": "{{method_id}}", "destination": {"name": "Ann Example", "line1": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin", "country": "DE"}}"#,
        ),
        ..step("Checkouts", "change_checkout", Customer, 200)
    },
    Step {
        body: Some(r#"{"quantity": 2}"#),
        keep: &[("checkout_total", "total.amount")],
        ..step("Checkouts", "set_checkout_line", Customer, 200)
    },
    step("Checkouts", "list_checkouts", Staff, 200),
    Step {
        headers: &[("If-Match", "*")],
        body: Some(r#"{"expected_total": {"amount": {{checkout_total}}, "currency": "EUR"}}"#),
        ..step("Checkouts", "complete_checkout", Customer, 201)
    },
    Step {
        title: Some("Cancel a checkout; this one became an order"),
        ..step("Checkouts", "cancel_checkout", Customer, 409)
    },
    Step {
        body: Some(
            r#"{"lines": [{"product": "{{product_id}}", "quantity": 2}], "shipping_method": "{{method_id}}", "shipping_address": {"name": "Ann Example", "line1": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin", "country": "DE"}}"#,
        ),
        keep: &[("order_id", "id"), ("order_total", "total.amount")],
        ..step("Orders", "place_order", Customer, 201)
    },
    Step {
        title: Some("Edit the lines of an order; these are its own, and cost what they did"),
        headers: &[("If-Match", "*")],
        body: Some(
            r#"{"lines": [{"product": "{{product_id}}", "quantity": 2}], "expected_total": {"amount": {{order_total}}, "currency": "EUR"}}"#,
        ),
        ..step("Orders", "edit_order_lines", Customer, 200)
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
        title: Some("Comment on an order, for staff"),
        body: Some(r#"{"text": "She called: leave the parcel next door."}"#),
        ..step("Orders", "comment_on_order", Staff, 201)
    },
    Step {
        title: Some("Release an order from a hold; this one is not on hold"),
        ..step("Orders", "release_hold", Staff, 200)
    },
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
        title: Some("Create a payment intent; the open checkout session is expired first"),
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
    Step {
        title: Some("Release a payment without ending its order; this one is canceled already"),
        ..step("Payments", "release_payment", Staff, 200)
    },
    step("Payments", "list_payment_refunds", Staff, 200),
    Step { path: Some("/v1/refunds?limit=5"), ..step("Payments", "list_refunds", Staff, 200) },
    Step {
        title: Some("Show a refund; there is none"),
        path: Some("/v1/refunds/re_0193f2a7c1d87b3e9a5f4c2d1e0b9a87"),
        ..step("Payments", "show_refund", Staff, 404)
    },
    Step {
        title: Some("Check a refund at Stripe; there is none"),
        path: Some("/v1/refunds/re_0193f2a7c1d87b3e9a5f4c2d1e0b9a87/check"),
        ..step("Payments", "check_refund", Staff, 404)
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
        ..step("Payments", "receive_stripe_event", Anonymous, 200)
    },
];
