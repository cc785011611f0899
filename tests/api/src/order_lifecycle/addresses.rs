//! Addresses of all countries: what each needs, and what is kept as it was written.

use super::{address, api, order_body, place};
use domain::country::Country;
use serde_json::{Value, json};
use testkit::{Order, Product, Shop};

/// The parts that every country's addresses have.
fn least(country: &str) -> Value {
    json!({"name": "A. Buyer", "line1": "2 Nathan Road", "city": "Hong Kong", "country": country})
}

#[tokio::test]
async fn where_there_are_no_postal_codes_none_is_asked_for() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let api = api(&shop);

    for postal_code in [None, Some(Value::Null), Some(json!("")), Some(json!("-"))] {
        let mut body = order_body(mug, 1);
        body["shipping_address"] = least("HK");
        if let Some(postal_code) = postal_code {
            body["shipping_address"]["postal_code"] = postal_code;
        }
        let placed = place(&api, &buyer, &body).await;

        assert_eq!(placed.status, 201, "{}", placed.body);
        assert_eq!(placed.body["shipping_address"]["postal_code"], Value::Null);
        let shown = api.get(&format!("/v1/orders/{}", placed.text("/id"))).by(&buyer).await;
        assert_eq!(shown.body, placed.body);
    }
    let mut body = order_body(mug, 1);
    body["shipping_address"] = least("DE");
    let refused = place(&api, &buyer, &body).await;
    assert_eq!(refused.refusal(), (422, "invalid_value"));
    assert_eq!(refused.text("/errors/0/pointer"), "/shipping_address/postal_code");
    assert_eq!(refused.text("/errors/0/code"), "required");
}

#[tokio::test]
async fn region_company_and_phone_are_kept_shown_and_changed() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let mut body = order_body(mug, 1);
    body["shipping_address"] = json!({
        "name": "Ann", "company": "Example Inc.", "line1": "350 5th Avenue", "line2": null, "postal_code": "10118-0110",
        "city": "New York", "region": "New York", "country": "US", "phone": "+1 (212) 555-0100",
    });

    let placed = place(&api, &buyer, &body).await;
    let path = format!("/v1/orders/{}", placed.text("/id"));
    let edit = |change: Value| {
        let body = json!({"shipping_address": change});
        api.patch(&path, &body).by(&buyer).header("if-match", "*")
    };
    let moved = edit(
        json!({"city": "Montréal", "region": "Québec", "postal_code": "H2X 1Y4", "country": "CA"}),
    )
    .await;
    let only_region = edit(json!({"region": "ON"})).await;
    let removed = edit(json!({"region": null, "company": "", "phone": null})).await;
    let gone = edit(Value::Null).await;

    let mut shown = body["shipping_address"].clone();
    shown["region"] = json!("NY");
    assert_eq!((placed.status, &placed.body["shipping_address"]), (201, &shown), "{}", placed.body);
    assert_eq!(
        (moved.status, moved.text("/shipping_address/region")),
        (200, "QC"),
        "{}",
        moved.body
    );
    assert_eq!(only_region.text("/shipping_address/region"), "ON");
    assert_ne!(moved.header("etag"), only_region.header("etag"));
    for part in ["region", "company", "phone"] {
        assert_eq!(removed.body["shipping_address"][part], Value::Null, "{part}");
    }
    assert_eq!(gone.body["shipping_address"], Value::Null);
    let edits = "select count(*) from order_changes where what = 'edited'";
    assert_eq!(shop.one::<i64>(edits).await, 4);
}

#[tokio::test]
async fn the_least_address_of_every_country_is_accepted_and_nothing_less() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let api = api(&shop);
    let edit = |address: Value| {
        let body = json!({"shipping_address": address});
        api.patch(&format!("/v1/orders/{order}"), &body).by(&buyer).header("if-match", "*")
    };
    let without = |mut address: Value, part: &str| {
        address[part] = Value::Null;
        address
    };

    let (mut accepted, mut with_postal_code) = (0, 0);
    for country in Country::all() {
        let mut least = address();
        least["country"] = json!(country.code());
        if country.requires_postal_code() {
            let less = edit(without(least.clone(), "postal_code")).await;
            assert_eq!(less.refusal(), (422, "invalid_value"), "{}", country.code());
            assert_eq!(less.text("/errors/0/pointer"), "/shipping_address/postal_code");
            assert_eq!(less.text("/errors/0/code"), "required");
            with_postal_code += 1;
        } else {
            least = without(least, "postal_code");
        }
        let edited = edit(least.clone()).await;
        assert_eq!(edited.body["shipping_address"], least, "{}", edited.body);
        accepted += 1;
    }
    assert_eq!((accepted, with_postal_code), (250, 74));
    for part in ["name", "line1", "city", "country"] {
        let less = edit(without(address(), part)).await;
        assert_eq!(less.refusal(), (422, "invalid_value"));
        assert_eq!(less.text("/errors/0/pointer"), format!("/shipping_address/{part}"));
        assert_eq!(less.text("/errors/0/code"), "required");
    }
}

#[tokio::test]
async fn a_doubtful_postal_code_is_accepted_with_a_warning() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let mut body = order_body(mug, 1);
    body["shipping_address"] = address();
    body["shipping_address"]["postal_code"] = json!("1010");
    let place = || api.post("/v1/orders", &body).by(&buyer).key("the-key-of-a-doubtful-code");

    let placed = place().await;
    let replayed = place().await;
    let path = format!("/v1/orders/{}", placed.text("/id"));
    let look = || api.get(&path).by(&buyer);
    let edit = |change: Value| {
        let body = json!({"shipping_address": change});
        api.patch(&path, &body).by(&buyer).header("if-match", "*")
    };

    assert_eq!(placed.status, 201, "{}", placed.body);
    assert_eq!(placed.text("/shipping_address/postal_code"), "1010");
    let warning = json!([{
        "code": "doubtful_postal_code", "severity": "warning", "pointer": "/shipping_address/postal_code",
        "detail": "is unlike the postal codes of DE, such as 26133",
    }]);
    assert_eq!(placed.body["warnings"], warning);
    assert_eq!(replayed.bytes, placed.bytes);
    assert_eq!(look().await.body, placed.body);
    let listed = api.get("/v1/orders").by(&buyer).await;
    assert_eq!(listed.body["data"][0], placed.body);
    let moved = edit(json!({"country": "AT"})).await;
    assert_eq!((moved.status, &moved.body["warnings"]), (200, &json!([])), "{}", moved.body);
    let changed = edit(json!({"postal_code": "1010 Wien"})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(
        changed.text("/warnings/0/detail"),
        "is unlike the postal codes of AT, such as 1010"
    );
    // What stands for none in stored orders.
    shop.run("update orders set ship_to_postal_code = '-'").await;
    assert_eq!(look().await.body["warnings"], json!([]));
    assert_eq!(edit(Value::Null).await.body["warnings"], json!([]));
}

/// What the release before writes and reads while it still serves, or after a rollback.
#[tokio::test]
async fn the_release_before_works_on_orders_with_new_addresses() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let mut body = order_body(mug, 1);
    body["shipping_address"] = least("HK");
    body["shipping_address"]["region"] = json!("Kowloon");
    let placed = place(&api, &buyer, &body).await;
    let path = format!("/v1/orders/{}", placed.text("/id"));

    let read = "select count(*) from orders where num_nulls(ship_to_name, ship_to_line1, ship_to_postal_code,
                                                            ship_to_city, ship_to_country) = 0";
    assert_eq!(shop.one::<i64>(read).await, 1);
    shop.run(
        "update orders set ship_to_name = null, ship_to_line1 = null, ship_to_line2 = null, ship_to_postal_code = null,
                           ship_to_city = null, ship_to_country = null",
    )
    .await;
    assert_eq!(api.get(&path).by(&buyer).await.body["shipping_address"], Value::Null);
    assert_eq!(
        shop.one::<i64>("select count(*) from orders where ship_to_region is null").await,
        1
    );

    // What a later release will write.
    shop.run("update orders set ship_to_name = 'a', ship_to_line1 = 'b', ship_to_city = 'c', ship_to_country = 'HK'")
        .await;
    let shown = api.get(&path).by(&buyer).await;
    assert_eq!(shown.body["shipping_address"]["postal_code"], Value::Null, "{}", shown.body);
    assert_eq!(shown.text("/shipping_address/city"), "c");
}
