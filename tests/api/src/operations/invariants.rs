use super::Fixture;
use domain::id::OrderId;
use serde_json::json;
use testkit::{Order, Product};

impl Fixture {
    /// A pending order over three of ten mugs.
    async fn place_order(&self) -> OrderId {
        let mug = Product { sku: "MUG-1".to_owned(), ..Product::any() };
        let product = self.shop.product(mug).await;
        let buyer = self.shop.customer().await;
        self.shop.order(&buyer, Order { product, quantity: 3 }).await
    }

    /// The broken invariants, each with the number of rows that break it.
    async fn breaches(&self) -> Vec<(String, usize)> {
        let answer = self.get("invariants").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let breaches = answer.body["breaches"].as_array().unwrap();
        assert_eq!(answer.body["hold"], breaches.is_empty());
        breaches
            .iter()
            .map(|breach| {
                let rows = breach["rows"].as_array().unwrap().len();
                (breach["invariant"].as_str().unwrap().to_owned(), rows)
            })
            .collect()
    }

    /// Runs SQL with triggers and foreign keys disabled.
    async fn corrupt(&self, sql: &str) {
        let all = format!("set session_replication_role = replica; {sql};");
        self.shop.admin.batch_execute(&all).await.unwrap();
    }
}

#[tokio::test]
async fn a_shop_that_sells_holds_its_invariants() {
    let fixture = Fixture::new().await;
    fixture.place_order().await;

    let answer = fixture.get("invariants").await;

    let checked = json!([
        "I1", "I2", "I3", "I4", "I13", "I14", "I15", "I16", "I17", "I18", "I19", "I20", "I21",
        "I6", "I7", "I11"
    ]);
    assert_eq!(answer.body, json!({"hold": true, "checked": checked, "breaches": []}));
}

#[tokio::test]
async fn a_count_that_nobody_moved_is_named() {
    let fixture = Fixture::new().await;
    fixture.place_order().await;

    fixture.corrupt("update products set reserved = 4").await;

    let answer = fixture.get("invariants").await;
    let [by_orders, by_movements] = answer.body["breaches"].as_array().unwrap().as_slice() else {
        panic!("{}", answer.body)
    };
    let row = &by_orders["rows"][0];
    assert_eq!((&row["sku"], &row["reserved"]), (&json!("MUG-1"), &json!(4)));
    assert_eq!(
        (&row["held_by_orders"], &by_movements["rows"][0]["reserved_moved"]),
        (&json!(3), &json!(3))
    );
    assert!(row["product"].as_str().unwrap().starts_with("prod_"));
}

#[tokio::test]
async fn every_breach_is_found_by_its_own_check() {
    let fake_payment = "insert into payments (id, order_id, currency, provider_pi, amount_minor, status)
                        select gen_random_uuid(), id, 'EUR', 'pi_' || gen_random_uuid(), total_minor, 'succeeded' from orders";
    let twice = format!("drop index payments_one_per_order; {fake_payment}; {fake_payment}");
    let refund = format!(
        "{fake_payment}; insert into refunds (id, payment_id, amount_minor, status, origin)
         select gen_random_uuid(), id, 1, 'requested', 'api' from payments"
    );
    for (sql, found) in [
        ("update products set on_hand = 11", vec!["I1"]),
        ("update order_lines set quantity = 2", vec!["I1", "I13"]),
        // Goods that came back without a refund.
        ("insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
          select id, 'return', 're_1', 1, 0 from products; update products set on_hand = 11", vec!["I1"]),
        // Money captured or refunded without a ledger entry.
        ("update orders set captured_minor = total_minor", vec!["I2"]),
        ("update orders set captured_minor = total_minor, refunded_minor = 1", vec!["I2", "I2"]),
        (&refund, vec!["I2"]),
        (&twice, vec!["I3"]),
        ("update order_history set from_status = 'shipped'", vec!["I4"]),
        ("update orders set status = 'cancelled', cancelled_at = now(), cancel_reason = 'requested',
                            expires_at = null", vec!["I1", "I4"]),
        ("delete from order_history", vec!["I4"]),
        ("alter table checkouts drop constraint checkouts_completed_has_order; insert into checkouts (id, user_id, order_id, expires_at)
          select gen_random_uuid(), user_id, id, now() from orders", vec!["I15"]),
        // An order of nobody.
        ("update orders set user_id = null", vec!["I17"]),
        // An amount between two steps of its currency.
        ("update products set currency = 'KWD'; update order_lines set currency = 'KWD'; update orders set currency = 'KWD',
          shipping_method_id = gen_random_uuid(), shipping_name = 'Parcel', shipping_minor = 5, total_minor = total_minor + 5",
         vec!["I18"]),
        ("insert into order_taxes (order_id, country, region, component, label, rate_ppm, base_minor, tax_minor, included)
          select id, 'DE', '', 'tax', 'VAT', 1, 0, 0, true from orders
          union all select id, 'DE', '', 'tax', 'exempt', 0, 0, 0, false from orders", vec!["I19"]),
        ("update order_lines set fulfilled = 1", vec!["I20"]),
        // A parcel that left no stock.
        ("insert into fulfillments (id, order_id, status, shipped_at, carrier)
          select gen_random_uuid(), id, 'shipped', now(), 'DHL' from orders;
          insert into fulfillment_lines (fulfillment_id, product_id, quantity)
          select f.id, p.id, 1 from fulfillments f, products p;
          update order_lines set fulfilled = 1, shipped = 1", vec!["I1", "I20"]),
        // Pieces in returns that nobody requested, and more of them than were shipped.
        ("alter table order_lines disable trigger order_lines_in_returns; update order_lines set in_returns = 1",
         vec!["I21", "I21"]),
        // A return that brought nothing into stock.
        ("insert into returns (id, order_id, status, decided_at, received_at)
          select gen_random_uuid(), id, 'received', now(), now() from orders;
          insert into return_lines (return_id, product_id, quantity, received, condition, restocked)
          select t.id, p.id, 1, 1, 'new', 1 from returns t, products p;
          alter table order_lines disable trigger order_lines_in_returns;
          update order_lines set in_returns = 1, fulfilled = 1, shipped = 1", vec!["I1", "I20", "I21"]),
        ("insert into stripe_events (event_id, type, created, livemode, raw, next_try_at)
          values ('evt_1', 'charge.refunded', now(), false, '{}', now() - interval '6 minutes')", vec!["I6"]),
        ("insert into outbox (topic, dedupe_key, payload, available_at)
          values ('mail', 'one', '{}', now() - interval '6 minutes')", vec!["I7"]),
    ] {
        let fixture = Fixture::new().await;
        fixture.place_order().await;
        assert_eq!(fixture.breaches().await, []);

        fixture.corrupt(sql).await;

        let expected: Vec<_> = found.iter().map(|invariant| ((*invariant).to_owned(), 1)).collect();
        assert_eq!(fixture.breaches().await, expected, "{sql}");
    }
}

#[tokio::test]
async fn operations_are_for_admins() {
    let fixture = Fixture::new().await;
    let staff = fixture.shop.staff().await;
    for path in
        ["invariants", "stripe-events", "stripe-events/evt_1", "outbox", "emails", "dead-letters"]
    {
        let path = format!("/v1/ops/{path}");
        assert_eq!(fixture.api.get(&path).await.refusal(), (401, "sign_in"), "{path}");
        assert_eq!(
            fixture.api.get(&path).by(&staff).await.refusal(),
            (403, "wrong_role"),
            "{path}"
        );
    }
}
