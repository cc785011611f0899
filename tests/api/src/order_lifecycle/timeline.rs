use super::{api, confirm_refund, order_body, path, place};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::id::OrderId;
use domain::payments::refund;
use serde_json::{Value, json};
use testkit::{ApiClient, Order, Product, Response, Shop, User};

async fn events(api: &ApiClient, order: OrderId, person: &User) -> Vec<Value> {
    let response = api.get(&path(order, "events")).by(person).await;
    response.body["data"].as_array().unwrap_or_else(|| panic!("{}", response.body)).clone()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// An order that was placed, edited, confirmed by hand and shipped.
async fn shipped_order(api: &ApiClient, shop: &Shop, buyer: &User, staff: &User) -> OrderId {
    let mug = shop.product(Product { price: 500, ..Product::any() }).await;
    let order: OrderId = place(api, buyer, &order_body(mug, 2)).await.text("/id").parse().unwrap();
    let edit = api.patch(&format!("/v1/orders/{order}"), &json!({"note": "Ring twice"}));
    edit.header("if-match", "*").by(buyer).await;
    api.post(&path(order, "confirm"), &json!({"reason": "Cash"})).by(staff).await;
    api.post(&path(order, "ship"), &json!({"carrier": "DHL", "tracking_number": "1"}))
        .by(staff)
        .await;
    order
}

#[tokio::test]
async fn staff_read_an_order_s_whole_story_and_who_wrote_it() {
    let shop = Shop::open().await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    let order = shipped_order(&api, &shop, &buyer, &staff).await;

    let timeline = events(&api, order, &staff).await;

    let actor = |event: &Value| event["actor"].as_str().map(str::to_owned);
    let who = timeline.iter().map(actor).collect::<Vec<_>>();
    let (buyer, staff) = (Some(buyer.id.to_string()), Some(staff.id.to_string()));
    assert_eq!(
        kinds(&timeline),
        [
            "order_placed",
            "order_edited",
            "payment_started",
            "payment_captured",
            "order_confirmed",
            "fulfillment_shipped",
            "order_shipped"
        ]
    );
    assert_eq!(who, [buyer.clone(), buyer, None, None, staff.clone(), staff.clone(), staff]);
    assert_eq!(timeline[3]["data"], json!({"amount": {"amount": 1000, "currency": "EUR"}}));
    assert_eq!(timeline[4]["data"], json!({"reason": "Cash"}));
    assert_eq!(timeline[5]["data"]["carrier"], "DHL");
    assert_eq!(
        timeline[6]["data"],
        json!({"carrier": "DHL", "tracking_number": "1", "tracking_url": null})
    );
    let times: Vec<_> = timeline.iter().map(|event| event["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test]
async fn buyers_read_what_concerns_them_and_nobody_else_anything() {
    let shop = Shop::open().await;
    let (buyer, stranger) = (shop.customer().await, shop.customer().await);
    let staff = shop.staff().await;
    let api = api(&shop);
    let order = shipped_order(&api, &shop, &buyer, &staff).await;

    let timeline = events(&api, order, &buyer).await;
    let foreign = api.get(&path(order, "events")).by(&stranger).await;
    let unknown = api.get(&path(OrderId::generate(), "events")).by(&staff).await;
    let nobody = api.get(&path(order, "events")).await;

    assert_eq!(
        kinds(&timeline),
        [
            "order_placed",
            "order_edited",
            "payment_captured",
            "order_confirmed",
            "fulfillment_shipped",
            "order_shipped"
        ]
    );
    assert!(timeline.iter().all(|event| event.get("actor").is_none()));
    assert_eq!(timeline[3]["data"], json!({}));
    assert_eq!(foreign.refusal(), (404, "order_not_found"));
    assert_eq!(unknown.refusal(), (404, "order_not_found"));
    assert_eq!(nobody.refusal(), (401, "sign_in"));
}

#[tokio::test]
async fn money_that_goes_back_is_part_of_the_story() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.confirmed_order(&buyer, Order { product: mug, quantity: 1 }).await;
    let api = api(&shop);
    api.post(&path(order, "cancel"), &json!({})).by(&staff).await;
    let due = refund::due(&shop.db, 9).await.unwrap();
    confirm_refund(&shop, &due[0]).await;

    let to_staff = events(&api, order, &staff).await;
    let to_buyer = events(&api, order, &buyer).await;

    let end = ["order_cancelled", "refund_requested", "payment_refunded"];
    assert_eq!(kinds(&to_staff)[4..], end);
    assert_eq!(to_staff[4]["actor"], json!(staff.id));
    assert_eq!(to_staff[5]["data"]["status"], "succeeded");
    assert_eq!(kinds(&to_buyer)[3..], ["order_cancelled", "payment_refunded"]);
    assert_eq!(to_buyer[3]["data"], json!({"reason": "requested"}));
}

#[tokio::test]
async fn what_time_does_to_an_order_nobody_did() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let other = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    // The same connection has just served a request of a person, whose id must not be recorded again.
    api.post(&path(other, "cancel"), &json!({})).by(&staff).await;
    shop.run("update orders set expires_at = now() - interval '1 second' where status = 'pending'")
        .await;
    domain::workflows::close_order(&shop.db, order).await.unwrap();

    let timeline = events(&api, order, &staff).await;

    assert_eq!(kinds(&timeline), ["order_placed", "order_cancelled"]);
    assert_eq!(
        (timeline[1].get("actor"), &timeline[1]["data"]),
        (None, &json!({"reason": "expired"}))
    );
}

#[tokio::test]
async fn a_story_is_read_page_by_page_without_gap_or_repetition() {
    let shop = Shop::open().await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    let order = shipped_order(&api, &shop, &buyer, &staff).await;
    let whole = events(&api, order, &staff).await;

    for limit in [1, 2, 5] {
        let mut seen = Vec::new();
        let mut next = Some(format!("/v1/orders/{order}/events?limit={limit}"));
        while let Some(path) = next {
            let page = api.get(&path).by(&staff).await;
            seen.extend(page.body["data"].as_array().unwrap().clone());
            next = link(&page);
        }
        assert_eq!(seen, whole);
    }
}

fn link(response: &Response) -> Option<String> {
    Some(response.header("link")?.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?.to_owned())
}

#[tokio::test]
async fn a_forged_cursor_is_refused() {
    let shop = Shop::open().await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    let order = shipped_order(&api, &shop, &buyer, &staff).await;

    for forged in [
        json!({"at": "2026-01-01T00:00:00Z", "place": "a\u{0}"}),
        json!({"at": "2026-01-01T00:00:00Z", "place": "x".repeat(65)}),
        json!({"at": "soon", "place": "00"}),
        json!(1),
    ] {
        let cursor = BASE64_URL_SAFE_NO_PAD.encode(forged.to_string());
        let response =
            api.get(&format!("{}?cursor={cursor}", path(order, "events"))).by(&staff).await;
        assert_eq!(response.refusal(), (400, "bad_cursor"), "{forged}");
    }
    let response = api.get(&format!("{}?colour=blue", path(order, "events"))).by(&staff).await;
    assert_eq!(response.refusal(), (400, "bad_query"));
}
