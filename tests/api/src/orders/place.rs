use super::{api, order_body, place, placed};
use serde_json::json;
use testkit::{Product, Shop};

#[tokio::test]
async fn an_order_takes_the_stock_and_announces_itself() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 1250, stock: 5, ..Product::any() }).await;
    let buyer = shop.customer().await;

    let response = place(&api(&shop), &buyer, &order_body([(mug, 2)])).await;

    assert_eq!(response.status, 201, "{}", response.body);
    assert_eq!(shop.stock(mug).await, (5, 2));
    let id = response.text("/id");
    let stock_move = "select source_id || ' ' || reserved_delta || ' ' || on_hand_delta
                      from stock_moves where source = 'order_placed'";
    assert_eq!(shop.one::<String>(stock_move).await, format!("{id} 2 0"));
    let history = "select concat_ws(' ', version, from_status, to_status) from order_history";
    assert_eq!(shop.one::<String>(history).await, "1 pending");
    let queued =
        "select topic || ' ' || dedupe_key || ' ' || payload from outbox where sent_at is null";
    let expected =
        format!(r#"mail order_placed:{id} {{"v": 1, "type": "order_placed", "order": "{id}"}}"#);
    assert_eq!(shop.one::<String>(queued).await, expected);
    shop.check_invariants().await;
}

#[tokio::test]
async fn the_answer_shows_the_order_and_where_it_lives() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { sku: "MUG".into(), price: 1250, ..Product::any() }).await;
    let buyer = shop.customer().await;

    let response = place(&api(&shop), &buyer, &order_body([(mug, 2)])).await;

    let id = response.text("/id").to_owned();
    assert_eq!(response.header("location"), Some(&*format!("/v1/orders/{id}")));
    assert_eq!(response.header("content-type"), Some("application/json"));
    let euros = |amount| json!({"amount": amount, "currency": "EUR"});
    for (pointer, expected) in [
        ("/status", json!("pending")),
        ("/payment_status", json!("unpaid")),
        ("/fulfillment_status", json!("unfulfilled")),
        ("/lines/0/product", json!(mug)),
        ("/lines/0/sku", json!("MUG")),
        ("/lines/0/quantity", json!(2)),
        ("/lines/0/unit_price", euros(1250)),
        ("/lines/0/total", euros(2500)),
        ("/subtotal", euros(2500)),
        ("/discount", euros(0)),
        ("/total", euros(2500)),
        ("/refunded", euros(0)),
        ("/cancelled_at", json!(null)),
    ] {
        assert_eq!(response.body.pointer(pointer), Some(&expected), "{pointer}");
    }
    let wait = "select (expires_at - created_at)::text from orders";
    assert_eq!(shop.one::<String>(wait).await, "00:30:00");
}

#[tokio::test]
async fn several_lines_add_up_to_the_total() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 1999, ..Product::any() }).await;
    let tea = shop.product(Product { price: 1, ..Product::any() }).await;
    let pot = shop.product(Product { price: 999_999_990_000, stock: 1, ..Product::any() }).await;
    let buyer = shop.customer().await;

    let response = place(&api(&shop), &buyer, &order_body([(pot, 1), (mug, 3), (tea, 10)])).await;

    let total = 999_999_990_000_i64 + 3 * 1999 + 10;
    assert_eq!(response.body["total"], json!({"amount": total, "currency": "EUR"}));
    shop.check_invariants().await;
}

#[tokio::test]
async fn lines_of_the_same_product_add_up() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 5, ..Product::any() }).await;
    let buyer = shop.customer().await;

    let response = place(&api(&shop), &buyer, &order_body([(mug, 2), (mug, 3)])).await;

    assert_eq!(response.body["lines"].as_array().unwrap().len(), 1);
    assert_eq!(response.body["lines"][0]["quantity"], 5);
    assert_eq!(shop.stock(mug).await, (5, 5));
    let more = place(&api(&shop), &buyer, &order_body([(mug, 1)])).await;
    assert_eq!(more.refusal(), (409, "out_of_stock"));
}

#[tokio::test]
async fn lines_of_the_same_product_cannot_slip_past_the_stock() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 4, ..Product::any() }).await;
    let buyer = shop.customer().await;

    let response = place(&api(&shop), &buyer, &order_body([(mug, 2), (mug, 3)])).await;

    assert_eq!(response.refusal(), (409, "out_of_stock"));
    assert_eq!(response.body["lines"][0]["requested"], 5);
    assert_eq!(shop.stock(mug).await, (4, 0));
}

#[tokio::test]
async fn what_costs_nothing_is_confirmed_at_once() {
    let shop = Shop::open().await;
    let flyer = shop.product(Product { price: 0, stock: 3, ..Product::any() }).await;
    let buyer = shop.customer().await;

    let response = place(&api(&shop), &buyer, &order_body([(flyer, 1)])).await;

    assert_eq!((response.status, response.text("/status")), (201, "confirmed"));
    assert_eq!(response.text("/payment_status"), "paid");
    assert_eq!(response.body["expires_at"], json!(null));
    let queued = "select string_agg(split_part(dedupe_key, ':', 1), ' ' order by id) from outbox";
    assert_eq!(shop.one::<String>(queued).await, "order_placed order_confirmed");
    shop.check_invariants().await;
}

#[tokio::test]
async fn an_amount_without_decimals_stays_as_it_is() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 1999, currency: "JPY", ..Product::any() }).await;
    let buyer = shop.customer().await;

    let response = place(&api(&shop), &buyer, &order_body([(mug, 1)])).await;

    assert_eq!(response.body["total"], json!({"amount": 1999, "currency": "JPY"}));
}

#[tokio::test]
async fn an_order_keeps_the_name_and_price_it_was_placed_with() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { name: "Mug".into(), price: 1250, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let order = placed(&api, &buyer, [(mug, 1)]).await;

    shop.run("update products set name = 'Cup', price_minor = 9, status = 'archived'").await;

    let response = api.get(&format!("/v1/orders/{order}")).by(&buyer).await;
    assert_eq!(response.text("/lines/0/name"), "Mug");
    assert_eq!(response.body["total"]["amount"], 1250);
}

#[tokio::test]
async fn a_new_order_is_answered_as_it_is_shown_later() {
    let shop = Shop::open().await;
    let (mug, tea) = (shop.product(Product::any()).await, shop.product(Product::any()).await);
    let buyer = shop.customer().await;
    let api = api(&shop);
    let mut body = order_body([(tea, 1), (mug, 2)]);
    body["note"] = json!("Ring twice");
    body["shipping_address"] = json!({
        "name": "Ada", "line1": "1 Mill Lane", "postal_code": "AB1 2CD", "city": "London", "country": "GB",
    });

    let response = place(&api, &buyer, &body).await;

    let shown = api.get(&format!("/v1/orders/{}", response.text("/id"))).by(&buyer).await;
    assert_eq!((response.status, shown.status), (201, 200), "{}", response.body);
    assert_eq!(response.body, shown.body);
}
