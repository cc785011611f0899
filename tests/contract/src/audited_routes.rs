//! Every route by which staff change something leaves an entry in the audit log.

use crate::all_functions::AllFunctions;
use crate::authorization::writes_of_staff;
use domain::accounts::Role;
use domain::id::{OrderId, PaymentId};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::{Order, Product, Response, User};

/// Operations of staff that leave none, and why.
const UNAUDITED: [(&str, &str); 9] = [
    (
        "check_refund",
        "stores what Stripe answers; giving up is audited, see reconcile::gone_refunds of tests/api",
    ),
    ("discard_dead_letter", "needs a queue: audited, see operations of tests/e2e"),
    ("redrive_dead_letter", "sends a message again, which changes no record"),
    ("redrive_dead_letters", "sends messages again, which changes no record"),
    ("replay_stripe_event", "an event of Stripe's is applied as Stripe sent it"),
    ("request_reconciliation", "compares with Stripe; the run has who requested it"),
    ("resend_email", "sends an email again, which changes no record"),
    ("sync_counts", "a supplier's counts: movements of stock name their source"),
    ("verify_audit_log", "it changes nothing"),
];

/// Walks through the routes as one member of staff, who is an admin.
struct Walk {
    functions: AllFunctions,
    admin: User,
    walked: BTreeSet<&'static str>,
}

impl Walk {
    async fn new() -> Self {
        let functions = AllFunctions::open().await;
        let admin = functions.shop.user(Role::Admin).await;
        Self { functions, admin, walked: BTreeSet::new() }
    }

    async fn order_of_a_guest(&self) -> OrderId {
        let placed = self.order("pending").await;
        let id = OrderId::generate();
        let sql = "with placed as (
                       insert into orders (id, currency, subtotal_minor, total_minor, expires_at)
                       select $2, currency, subtotal_minor, total_minor, expires_at from orders where id = $1
                   ), lines as (
                       insert into order_lines (order_id, product_id, sku, name, currency, quantity, unit_minor)
                       select $2, product_id, sku, name, currency, quantity, unit_minor from order_lines where order_id = $1
                   )
                   insert into order_guests (order_id, email, email_norm, origin)
                   values ($2, 'ann@exmaple.com', 'ann@exmaple.com', 1)";
        self.functions.shop.admin.execute(sql, &[&placed, &id]).await.unwrap();
        id
    }

    /// Calls a route and asserts that it left an entry with the actor, about an entity of this type.
    async fn step(
        &mut self,
        operation: &'static str,
        (function, method, path): (&str, &str, &str),
        body: &Value,
        expected: &str,
    ) -> Response {
        let before = self.entries().await.len();
        let call = self.functions.apis[function].call(method.parse().unwrap(), path).json(body);
        let key = format!("audited {operation} {before}");
        let done = call.by(&self.admin).key(&key).header("if-match", "*").await;
        assert!(
            (200..300).contains(&done.status) || done.status == 502,
            "{operation}: {}",
            done.body
        );
        let entries = self.entries().await;
        let new = &entries[before..];
        assert!(
            new.iter().any(|entry| entry == expected),
            "{operation} left {new:?}, not {expected}"
        );
        self.walked.insert(operation);
        done
    }

    /// What was done to which type of entity by the admin, in its order.
    async fn entries(&self) -> Vec<String> {
        let sql = "select coalesce(array_agg(entity_type || ' ' || action order by seq), '{}')
                   from audit_log where actor = $1";
        self.functions.shop.admin.query_one(sql, &[&self.admin.id]).await.unwrap().get(0)
    }

    async fn order(&self, status: &str) -> OrderId {
        let shop = &self.functions.shop;
        let product = shop.product(Product::any()).await;
        let buyer = shop.customer().await;
        shop.order_in(status, &buyer, Order { product, quantity: 1 }).await
    }
}

async fn walk_catalog(walk: &mut Walk) {
    let category = ("catalog", "POST", "/v1/categories");
    let made =
        walk.step("create_category", category, &json!({"name": "Mugs"}), "category created").await;
    let category = format!("/v1/categories/{}", made.text("/id"));
    let change = ("catalog", "PATCH", &*category);
    walk.step("change_category", change, &json!({"name": "Cups"}), "category changed").await;
    let delete = ("catalog", "DELETE", &*category);
    walk.step("delete_category", delete, &Value::Null, "category deleted").await;

    let body = json!({"sku": "MUG-1", "name": "Mug", "price": {"amount": 1290, "currency": "EUR"}, "stock": 5});
    let made = walk
        .step("create_product", ("catalog", "POST", "/v1/products"), &body, "product created")
        .await;
    let product = format!("/v1/products/{}", made.text("/id"));
    let change = ("catalog", "PATCH", &*product);
    walk.step("change_product", change, &json!({"name": "Large mug"}), "product changed").await;
    let adjust = ("inventory", "POST", "/v1/inventory/MUG-1/adjustments");
    let body = json!({"delta": -2, "reason": "damaged"});
    walk.step("adjust_stock", adjust, &body, "product changed").await;
    let threshold = ("inventory", "PUT", "/v1/inventory/MUG-1/threshold");
    walk.step("set_threshold", threshold, &json!({"threshold": 5}), "product changed").await;
    let archive = ("catalog", "DELETE", &*product);
    walk.step("archive_product", archive, &Value::Null, "product changed").await;
}

async fn walk_pricing(walk: &mut Walk) {
    let country = ("catalog", "PUT", "/v1/tax-countries/DE");
    let body = json!({"prices_include_tax": true, "shipping_rule": "follow"});
    walk.step("set_tax_country", country, &body, "tax_country created").await;
    let body = json!({"country": "DE", "rate_ppm": 190_000, "label": "MwSt"});
    let rate = ("catalog", "POST", "/v1/tax-rates");
    walk.step("add_tax_rate", rate, &body, "tax_rate created").await;
    let pricing = ("catalog", "PUT", "/v1/pricing");
    walk.step("set_pricing", pricing, &json!({"home_country": "DE"}), "shop_settings changed")
        .await;

    let tiers = json!([{"from": 0, "amount": 490}]);
    let body = json!({
        "name": "Parcel", "currency": "EUR", "basis": "flat", "zones": [{"country": "DE", "tiers": tiers}],
    });
    let method = ("catalog", "POST", "/v1/shipping-methods");
    let made = walk.step("create_shipping_method", method, &body, "shipping_method created").await;
    let path = format!("/v1/shipping-methods/{}", made.text("/id"));
    let change = ("catalog", "PATCH", &*path);
    walk.step(
        "change_shipping_method",
        change,
        &json!({"active": false}),
        "shipping_method changed",
    )
    .await;

    let body =
        json!({"title": "Welcome", "code": "WELCOME", "target": "order", "percent_bp": 1000});
    let discount = ("catalog", "POST", "/v1/discounts");
    let made = walk.step("create_discount", discount, &body, "discount created").await;
    let path = format!("/v1/discounts/{}", made.text("/id"));
    let change = ("catalog", "PATCH", &*path);
    walk.step("change_discount", change, &json!({"title": "Hello"}), "discount changed").await;
}

async fn walk_users(walk: &mut Walk) {
    let user = walk.functions.shop.customer().await.id;
    let path = |action: &str| format!("/v1/users/{user}/{action}");
    let role = path("role");
    let role = ("accounts", "PUT", &*role);
    walk.step("set_user_role", role, &json!({"role": "staff"}), "user changed").await;
    for (operation, action) in
        [("disable_user", "disable"), ("enable_user", "enable"), ("erase_user", "erase")]
    {
        let path = path(action);
        walk.step(operation, ("accounts", "POST", &path), &Value::Null, "user changed").await;
    }
}

async fn walk_orders(walk: &mut Walk) {
    let order = walk.order("pending").await;
    let path = |order: OrderId, action: &str| format!("/v1/orders/{order}{action}");
    let edit = path(order, "");
    let address = json!({"name": "Ann", "line1": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin", "country": "DE"});
    let body = json!({"note": "Ring twice.", "shipping_address": address});
    walk.step("edit_order", ("orders", "PATCH", &edit), &body, "order changed").await;
    let edits = path(order, "/edits");
    let product = walk.functions.shop.product(Product { price: 700, ..Product::any() }).await;
    let total = json!({"amount": 1400, "currency": "EUR"});
    let body = json!({"lines": [{"product": product, "quantity": 2}], "expected_total": total});
    let edits = ("payments", "POST", &*edits);
    walk.step("edit_order_lines", edits, &body, "order_edit created").await;
    let comment = path(order, "/comments");
    let comment = ("orders", "POST", &*comment);
    let body = json!({"text": "She called."});
    walk.step("comment_on_order", comment, &body, "order_comment created").await;
    let extend = path(order, "/extend");
    let extend = ("orders", "POST", &*extend);
    walk.step("extend_order", extend, &json!({"minutes": 600}), "order changed").await;
    let guests = walk.order_of_a_guest().await;
    let email = path(guests, "/email");
    let email = ("orders", "POST", &*email);
    let body = json!({"email": "ann@example.com"});
    walk.step("correct_email", email, &body, "order_guest changed").await;
    let confirm = path(order, "/confirm");
    let body = json!({"reason": "Bank transfer"});
    walk.step("confirm_order", ("orders", "POST", &confirm), &body, "order changed").await;
    walk.functions.shop.run("update orders set on_hold = true").await;
    let release = path(order, "/release-hold");
    walk.step("release_hold", ("orders", "POST", &release), &Value::Null, "order changed").await;
    let ship = path(order, "/ship");
    let body = json!({"carrier": "DHL", "tracking_number": "77"});
    walk.step("ship_order", ("orders", "POST", &ship), &body, "order changed").await;
    let packed = walk.order("confirmed").await;
    let pack = path(packed, "/fulfillments");
    let made = walk
        .step("create_fulfillment", ("orders", "POST", &pack), &json!({}), "fulfillment created")
        .await;
    let parcel = format!("/v1/fulfillments/{}", made.text("/id"));
    let unpack = format!("{parcel}/cancel");
    let unpack = ("orders", "POST", &*unpack);
    walk.step("cancel_fulfillment", unpack, &Value::Null, "fulfillment changed").await;
    let made = walk
        .step("create_fulfillment", ("orders", "POST", &pack), &json!({}), "fulfillment created")
        .await;
    let hand_over = format!("/v1/fulfillments/{}/ship", made.text("/id"));
    let hand_over = ("orders", "POST", &*hand_over);
    walk.step("ship_fulfillment", hand_over, &body, "fulfillment changed").await;

    let cancel = path(walk.order("pending").await, "/cancel");
    walk.step("cancel_order", ("orders", "POST", &cancel), &Value::Null, "order changed").await;

    let started = walk.order("pending").await;
    let sql = "insert into payments (id, order_id, amount_minor, currency, status, provider_pi)
               select gen_random_uuid(), id, total_minor, currency, 'requires_payment_method', 'pi_started'
               from orders where id = $1 returning id";
    let row = walk.functions.shop.admin.query_one(sql, &[&started]).await.unwrap();
    let payment: PaymentId = row.get(0);
    let release = format!("/v1/payments/{payment}/release");
    let release = ("payments", "POST", &*release);
    walk.step("release_payment", release, &Value::Null, "payment changed").await;

    let paid = walk.order("confirmed").await;
    let sql = "select id from payments where order_id = $1";
    let row = walk.functions.shop.admin.query_one(sql, &[&paid]).await.unwrap();
    let payment: PaymentId = row.get(0);
    let refund = format!("/v1/payments/{payment}/refunds");
    let body = json!({"amount": {"amount": 100, "currency": "EUR"}, "reason": "A chipped mug"});
    walk.step("create_refund", ("payments", "POST", &refund), &body, "refund created").await;
}

async fn walk_returns(walk: &mut Walk) {
    let order = walk.order("shipped").await;
    let request = format!("/v1/orders/{order}/returns");
    let request = ("orders", "POST", &*request);
    let made = walk.step("request_return", request, &json!({}), "return created").await;
    let reject = format!("/v1/returns/{}/reject", made.text("/id"));
    let reject = ("orders", "POST", &*reject);
    let body = json!({"reason": "The seal was broken"});
    walk.step("reject_return", reject, &body, "return changed").await;
    let made = walk.step("request_return", request, &json!({}), "return created").await;
    let path = |action: &str| format!("/v1/returns/{}/{action}", made.text("/id"));
    let approve = path("approve");
    let approve = ("orders", "POST", &*approve);
    walk.step("approve_return", approve, &json!({}), "return changed").await;
    let receive = path("receive");
    let receive = ("orders", "POST", &*receive);
    let lines = json!([{"product": made.text("/lines/0/product"), "received": 1, "condition": "new", "restock": 1}]);
    walk.step("receive_return", receive, &json!({"lines": lines}), "return changed").await;
}

async fn walk_operations(walk: &mut Walk) {
    let sql = "insert into stripe_events (event_id, type, created, livemode, raw, parked_reason)
               values ('evt_1', 'x', now(), false, '{}', 'unreadable')";
    walk.functions.shop.run(sql).await;
    let path = "/v1/ops/attention/parked_stripe_event/evt_1/acknowledge";
    let acknowledge = ("operations", "POST", path);
    let body = json!({"reason": "Of our other shop"});
    walk.step("acknowledge", acknowledge, &body, "acknowledgement created").await;
}

#[tokio::test]
async fn every_route_by_which_staff_change_something_leaves_an_entry_or_says_why_not() {
    let mut walk = Walk::new().await;

    walk_catalog(&mut walk).await;
    walk_pricing(&mut walk).await;
    walk_users(&mut walk).await;
    walk_orders(&mut walk).await;
    walk_returns(&mut walk).await;
    walk_operations(&mut walk).await;

    let unaudited = UNAUDITED.map(|(operation, _)| operation);
    let known: BTreeSet<_> = walk.walked.iter().copied().chain(unaudited).collect();
    let writes = writes_of_staff();
    let missing: Vec<_> = writes.iter().filter(|id| !known.contains(id.as_str())).collect();
    assert!(missing.is_empty(), "neither walked nor excused: {missing:?}");
    for excused in unaudited {
        assert!(writes.contains(excused) && !walk.walked.contains(excused), "{excused}");
    }
    let chain = walk.functions.apis["operations"].post("/v1/ops/audit/verify", &json!({}));
    let chain = chain.by(&walk.admin).await;
    assert_eq!(chain.body["broken"], json!([]), "{}", chain.body);
}
