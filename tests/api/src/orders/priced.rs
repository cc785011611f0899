//! Orders in a shop with taxes, shipping methods and discounts.

use super::{api, fresh_key, order_body, place};
use domain::id::{ProductId, ShippingMethodId};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{ApiClient, Call, Discount, Product, Response, Shop, TaxRate, User, send_all};

fn euros(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

fn berlin() -> Value {
    json!({"name": "Ann", "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"})
}

/// The members of a bill that add up to its total.
fn sums(order: &Value) -> [i64; 6] {
    ["subtotal", "discount", "shipping", "tax", "tax_included", "total"]
        .map(|part| order[part]["amount"].as_i64().unwrap())
}

/// Two mugs at 25.00 euros.
fn two(mug: ProductId) -> Value {
    order_body([(mug, 2)])
}

fn with(mut body: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn mug(shop: &Shop) -> ProductId {
    shop.product(Product { price: 2500, stock: 100, ..Product::any() }).await
}

/// A method for 4.90 euros; of no country, it ships everywhere.
async fn parcel(shop: &Shop, country: &str) -> ShippingMethodId {
    let tiers = json!([{"from": 0, "price_minor": 490}]);
    let zone = json!({"country": country, "region": "", "postal_prefix": "", "tiers": tiers});
    let id = shop.shipping_method("EUR", "flat", &json!([zone])).await;
    shop.run("update shipping_methods set carrier = 'DHL', days_min = 1, days_max = 3").await;
    id
}

fn shipped_by(method: ShippingMethodId) -> Value {
    json!({"shipping_address": berlin(), "shipping_method": method})
}

fn cancel(api: &ApiClient, buyer: &User, order: &str) -> Call {
    let path = format!("/v1/orders/{order}/cancel");
    api.post(&path, &json!({})).by(buyer).key(&fresh_key())
}

/// Who is told that the shop is busy tries again.
async fn answered(call: impl Fn() -> Call) -> Response {
    for _ in 0..20 {
        let response = call().await;
        if response.status != 503 {
            return response;
        }
    }
    panic!("the shop stays busy")
}

#[tokio::test]
async fn an_order_freezes_every_part_of_its_bill() {
    let shop = Shop::open().await;
    let (mug, buyer) = (mug(&shop).await, shop.customer().await);
    shop.tax_country("DE", true).await;
    shop.tax_rate(TaxRate::standard("DE")).await;
    let parcel = parcel(&shop, "").await;
    shop.discount(Discount::any()).await;
    let body = with(two(mug), &shipped_by(parcel));
    let body = with(body, &json!({"discount_codes": ["welcome"], "expected_total": euros(4990)}));

    let placed = place(&api(&shop), &buyer, &body).await;

    assert_eq!(placed.status, 201, "{}", placed.body);
    // 19 % of 45.00 and of 4.90, contained: 7.97, half up and once.
    assert_eq!(sums(&placed.body), [5000, 500, 490, 0, 797, 4990]);
    let discount =
        json!([{"code": "WELCOME", "title": "WELCOME", "target": "order", "amount": euros(500)}]);
    assert_eq!(placed.body["discounts"], discount);
    assert_eq!(placed.body["taxes"][0]["rate"], "19 %");
    assert_eq!(placed.body["taxes"][0]["base"], euros(4990));
    assert_eq!(placed.body["shipping_method"]["method"], json!(parcel));
    assert_eq!(placed.body["shipping_method"]["carrier"], "DHL");
    assert_eq!(placed.body["lines"][0]["paid"], euros(4500));

    // What the rules become afterwards is nothing to it.
    shop.run("update shipping_methods set name = 'Express', active = false").await;
    shop.run("update discounts set title = 'Gone'").await;
    let shown = api(&shop).get(&format!("/v1/orders/{}", placed.text("/id"))).by(&buyer).await;
    assert_eq!(shown.body, placed.body);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_shop_that_ships_by_method_asks_for_the_address_and_the_method() {
    let shop = Shop::open().await;
    let (mug, buyer) = (mug(&shop).await, shop.customer().await);
    let parcel = parcel(&shop, "DE").await;
    let api = api(&shop);
    let before = shop.snapshot().await;

    let nowhere = place(&api, &buyer, &two(mug)).await;
    assert_eq!(nowhere.refusal(), (422, "address_required"));
    let address = json!({"shipping_address": berlin()});
    let unchosen = place(&api, &buyer, &with(two(mug), &address)).await;
    assert_eq!(unchosen.refusal(), (422, "shipping_required"));
    let option = &unchosen.body["options"][0];
    assert_eq!((&option["method"], &option["price"]), (&json!(parcel), &euros(490)));
    assert!(option["earliest"].as_str().unwrap() <= option["latest"].as_str().unwrap());
    let gone = shipped_by(ShippingMethodId::generate());
    let gone = place(&api, &buyer, &with(two(mug), &gone)).await;
    assert_eq!(gone.refusal(), (422, "shipping_option_gone"));
    assert_eq!(gone.body["options"][0], *option);
    let mut abroad = shipped_by(parcel);
    abroad["shipping_address"]["country"] = json!("FR");
    let abroad = place(&api, &buyer, &with(two(mug), &abroad)).await;
    assert_eq!(abroad.refusal(), (422, "no_shipping_there"));
    assert_eq!(shop.snapshot().await, before);

    let placed = place(&api, &buyer, &with(two(mug), &shipped_by(parcel))).await;
    assert_eq!((placed.status, sums(&placed.body)), (201, [5000, 0, 490, 0, 0, 5490]));
}

#[tokio::test]
async fn what_is_not_shipped_needs_no_method_and_where_tax_is_added_the_address_decides() {
    let shop = Shop::open().await;
    let (mug, buyer) = (mug(&shop).await, shop.customer().await);
    shop.run("update products set requires_shipping = false").await;
    parcel(&shop, "").await;
    shop.tax_country("US", false).await;
    shop.tax_rate(TaxRate { rate_ppm: Some(88_750), ..TaxRate::standard("US") }).await;
    let new_york = json!({"name": "Ann", "line1": "1 Main St", "city": "New York", "postal_code": "10001",
                          "region": "NY", "country": "US"});

    let untaxed = place(&api(&shop), &buyer, &two(mug)).await;
    assert_eq!(untaxed.refusal(), (422, "address_required"));
    let body = with(two(mug), &json!({"shipping_address": new_york}));
    let placed = place(&api(&shop), &buyer, &body).await;
    assert_eq!(sums(&placed.body), [5000, 0, 0, 444, 0, 5444]);
    assert_eq!(placed.body["lines"][0]["tax"], euros(444));
    let elsewhere = with(two(mug), &json!({"shipping_address": berlin()}));
    let elsewhere = place(&api(&shop), &buyer, &elsewhere).await;
    assert_eq!(sums(&elsewhere.body), [5000, 0, 0, 0, 0, 5000]);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_code_that_takes_nothing_off_is_no_surprise() {
    let shop = Shop::open().await;
    let (mug, buyer) = (mug(&shop).await, shop.customer().await);
    shop.discount(Discount::any()).await;
    let api = api(&shop);
    let before = shop.snapshot().await;
    let codes = |codes: &[&str]| with(two(mug), &json!({"discount_codes": codes}));

    let silent = place(&api, &buyer, &codes(&["WELCOME"])).await;
    assert_eq!(silent.refusal(), (422, "invalid_value"));
    assert_eq!(silent.text("/errors/0/pointer"), "/expected_total");
    let expected = json!({"expected_total": euros(4500)});
    let unknown = place(&api, &buyer, &with(codes(&["WELCOME2"]), &expected)).await;
    assert_eq!(unknown.refusal(), (409, "total_changed"));
    assert_eq!(unknown.body["total"], euros(5000));
    for bad in [json!([""]), json!(["x".repeat(41)]), json!(["A", "B", "C", "D", "E", "F"])] {
        let body = with(with(two(mug), &json!({"discount_codes": bad})), &expected);
        assert_eq!(place(&api, &buyer, &body).await.refusal(), (422, "invalid_value"), "{bad}");
    }
    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn a_discount_of_a_category_holds_for_those_below_it() {
    let shop = Shop::open().await;
    let kitchen = shop.category(testkit::Category::any()).await;
    let mugs = testkit::Category { parent: Some(kitchen), ..testkit::Category::any() };
    let mugs = shop.category(mugs).await;
    let of = |category| Product { price: 2500, category, ..Product::any() };
    let (mug, pen) = (shop.product(of(Some(mugs))).await, shop.product(of(None)).await);
    let of_kitchen =
        Discount { code: None, target: "products", categories: vec![kitchen], ..Discount::any() };
    shop.discount(of_kitchen).await;
    let buyer = shop.customer().await;

    let placed = place(&api(&shop), &buyer, &order_body([(mug, 1), (pen, 1)])).await;

    assert_eq!(sums(&placed.body), [5000, 250, 0, 0, 0, 4750]);
    let applied =
        json!([{"code": null, "title": "Sale", "target": "products", "amount": euros(250)}]);
    assert_eq!(placed.body["discounts"], applied);
}

/// K9 for orders: what was used up in between.
#[tokio::test]
async fn of_a_hundred_buyers_of_a_code_for_ten_ten_get_it_and_the_others_hear_the_price_without() {
    let shop = Shop::open().await;
    let (mug, code) = (mug(&shop).await, Discount { max_uses: Some(10), ..Discount::any() });
    shop.discount(code).await;
    let mut buyers = Vec::new();
    for _ in 0..100 {
        buyers.push(shop.customer().await);
    }
    let body = json!({"discount_codes": ["WELCOME"], "expected_total": euros(2250)});
    let body = with(order_body([(mug, 1)]), &body);
    let api = api(&shop);

    let responses =
        join_all(buyers.iter().map(|buyer| answered(|| place(&api, buyer, &body)))).await;

    let (placed, refused): (Vec<_>, Vec<_>) = responses.iter().partition(|a| a.status == 201);
    assert_eq!((placed.len(), refused.len()), (10, 90));
    for lost in &refused {
        let (status, code) = lost.refusal();
        assert!(status == 409 && ["discount_used_up", "total_changed"].contains(&code), "{code}");
        assert_eq!(lost.body["total"], euros(2500));
    }
    assert_eq!(shop.stock(mug).await, (100, 10));
    assert_eq!(shop.one::<i32>("select used from discounts").await, 10);
    let without = with(body, &json!({"expected_total": euros(2500)}));
    let loser = responses.iter().position(|a| a.status != 201).unwrap();
    assert_eq!(place(&api, &buyers[loser], &without).await.status, 201);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_buyer_uses_a_code_as_often_as_they_may_whatever_stands_behind_the_plus() {
    let shop = Shop::open().await;
    let mug = mug(&shop).await;
    shop.discount(Discount { max_per_buyer: Some(1), ..Discount::any() }).await;
    let (ann, twin) = (shop.customer().await, shop.customer().await);
    for (buyer, address) in [(&ann, "ann@x.example"), (&twin, "ann+1@x.example")] {
        let sql = "update users set email = $1, email_norm = $1 where id = $2";
        shop.admin.execute(sql, &[&address, &buyer.id]).await.unwrap();
    }
    let body = json!({"discount_codes": ["WELCOME"], "expected_total": euros(2250)});
    let body = with(order_body([(mug, 1)]), &body);
    let api = api(&shop);
    let calls: Vec<Call> =
        (0..10).map(|n| place(&api, if n % 2 == 0 { &ann } else { &twin }, &body)).collect();

    let responses = send_all(calls).await;

    assert_eq!(responses.iter().filter(|a| a.status == 201).count(), 1);
    assert_eq!(shop.one::<i64>("select count(*) from discount_uses").await, 1);
    // Given back, it can be used again.
    let winner = responses.iter().find(|a| a.status == 201).unwrap().text("/id").to_owned();
    for buyer in [&ann, &twin] {
        cancel(&api, buyer, &winner).await;
    }
    assert_eq!(place(&api, &twin, &body).await.status, 201);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_buyer_uses_a_code_several_times_if_they_may() {
    let shop = Shop::open().await;
    let (mug, buyer) = (mug(&shop).await, shop.customer().await);
    shop.discount(Discount { max_per_buyer: Some(3), ..Discount::any() }).await;
    let body = json!({"discount_codes": ["WELCOME"], "expected_total": euros(2250)});
    let body = with(order_body([(mug, 1)]), &body);
    let api = api(&shop);
    let mut placed = Vec::new();
    for _ in 0..3 {
        let answer = place(&api, &buyer, &body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        placed.push(answer.text("/id").to_owned());
    }

    assert_eq!(place(&api, &buyer, &body).await.refusal(), (409, "total_changed"));

    // The use that was given back is not the last one.
    cancel(&api, &buyer, &placed[1]).await;
    assert_eq!(place(&api, &buyer, &body).await.status, 201);
    assert_eq!(place(&api, &buyer, &body).await.refusal(), (409, "total_changed"));
    shop.check_invariants().await;
}

/// K10: however an order ends, and however often, its use is given back once.
#[tokio::test]
async fn a_cancelled_order_gives_its_code_back_once() {
    let shop = Shop::open().await;
    let (mug, buyer) = (mug(&shop).await, shop.customer().await);
    shop.discount(Discount { max_uses: Some(1), ..Discount::any() }).await;
    let body = json!({"discount_codes": ["WELCOME"], "expected_total": euros(2250)});
    let body = with(order_body([(mug, 1)]), &body);
    let api = api(&shop);
    for _ in 0..2 {
        let placed = place(&api, &buyer, &body).await;
        assert_eq!(placed.status, 201, "{}", placed.body);
        assert_eq!(shop.one::<i32>("select used from discounts").await, 1);
        let other = place(&api, &buyer, &body).await;
        assert_eq!(other.refusal(), (409, "total_changed"));

        let ends =
            [cancel(&api, &buyer, placed.text("/id")), cancel(&api, &buyer, placed.text("/id"))];
        for end in ends {
            assert!([200, 409].contains(&end.await.status));
        }
        assert_eq!(shop.one::<i32>("select used from discounts").await, 0);
        shop.check_invariants().await;
    }
    // What the order showed, it shows still.
    let shown = api.get("/v1/orders").by(&buyer).await;
    assert_eq!(shown.body["data"][0]["discounts"][0]["code"], "WELCOME");
}

/// K11: cancellations against orders with the same codes and products.
#[tokio::test]
async fn orders_and_cancellations_with_two_limited_codes_do_not_deadlock() {
    let shop = Shop::open().await;
    let (mug, pot) = (mug(&shop).await, mug(&shop).await);
    for code in ["FIRST", "SECOND"] {
        shop.discount(Discount {
            code: Some(code),
            max_uses: Some(10),
            combines: true,
            ..Discount::any()
        })
        .await;
    }
    let api = api(&shop);
    let mut buyers = Vec::new();
    for _ in 0..20 {
        buyers.push(shop.customer().await);
    }
    let body = |n: usize| {
        let (codes, lines) = if n.is_multiple_of(2) {
            (["FIRST", "SECOND"], [(mug, 1), (pot, 1)])
        } else {
            (["SECOND", "FIRST"], [(pot, 1), (mug, 1)])
        };
        let rest = json!({"discount_codes": codes, "expected_total": euros(4050)});
        with(order_body(lines), &rest)
    };
    let stories = buyers.iter().enumerate().map(async |(n, buyer)| {
        let mut placed = 0;
        for _ in 0..3 {
            let order = answered(|| place(&api, buyer, &body(n))).await;
            if order.status == 201 {
                placed += 1;
                let end = answered(|| cancel(&api, buyer, order.text("/id"))).await;
                assert_eq!(end.status, 200, "{}", end.body);
            }
        }
        placed
    });

    let placed: Vec<u32> = join_all(stories).await;

    assert!(placed.iter().sum::<u32>() >= 10, "{placed:?}");
    let used = "select string_agg(used::text, ' ') from discounts";
    assert_eq!(shop.one::<String>(used).await, "0 0");
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(shop.one::<i64>(deadlocks).await, 0);
    shop.check_invariants().await;
}

#[tokio::test]
async fn what_was_priced_for_a_country_is_not_sent_to_another() {
    let shop = Shop::open().await;
    let (mug, buyer) = (mug(&shop).await, shop.customer().await);
    let parcel = parcel(&shop, "").await;
    let api = api(&shop);
    let placed = place(&api, &buyer, &with(two(mug), &shipped_by(parcel))).await;
    let path = format!("/v1/orders/{}", placed.text("/id"));
    let edit = |part: Value| {
        let body = json!({"shipping_address": part});
        api.patch(&path, &body).by(&buyer).header("if-match", "*")
    };

    let moved = edit(json!({"country": "FR"})).await;
    assert_eq!(moved.refusal(), (409, "destination_changes_price"));
    assert_eq!(edit(json!({"line1": "Hauptstr. 2"})).await.status, 200);
}
