//! What a quote says is what the order costs, part by part.

use super::order_totals::seeded;
use super::{order_body, orders_api};
use domain::id::ProductId;
use serde_json::{Value, json};
use testkit::{ApiClient, Category, Discount, Product, Shop, TaxRate};

const CODES: [&str; 3] = ["WELCOME", "KITCHEN", "PARCEL"];

/// A shop with taxes that are contained, added, in parts and of 0 %, ways to ship of every kind, and discounts of all targets.
async fn shop_with_rules() -> (Shop, Vec<ProductId>) {
    let shop = Shop::open().await;
    let kitchen = shop.category(Category::any()).await;
    let mut products = Vec::new();
    for (price, category) in
        [(999, None), (1, None), (2499, Some(kitchen)), (333, Some(kitchen)), (12_345, None)]
    {
        let product = Product { price, category, stock: 1_000_000, ..Product::any() };
        products.push(shop.product(product).await);
    }
    for (columns, price) in [
        ("weight_grams = 40, tax_category = 'reduced'", 1),
        ("weight_grams = 900, tax_category = 'reduced'", 333),
        ("requires_shipping = false, weight_grams = 0", 12_345),
        ("weight_grams = 350", 999),
        ("weight_grams = 1200", 2499),
    ] {
        shop.run(&format!("update products set {columns} where price_minor = {price}")).await;
    }
    tax(&shop).await;
    ship(&shop).await;
    let combines = Discount { combines: true, ..Discount::any() };
    let in_kitchen = Discount { target: "products", categories: vec![kitchen], ..combines.clone() };
    for discount in [
        combines.clone(),
        Discount { code: Some("KITCHEN"), percent_bp: 2500, ..in_kitchen.clone() },
        Discount { code: None, percent_bp: 333, ..in_kitchen },
        Discount { code: Some("PARCEL"), target: "shipping", percent_bp: 5000, ..combines },
    ] {
        shop.discount(discount).await;
    }
    (shop, products)
}

async fn tax(shop: &Shop) {
    for (country, included) in [("DE", true), ("US", false), ("FR", true), ("GB", true)] {
        shop.tax_country(country, included).await;
    }
    shop.run("update tax_countries set shipping_rule = 'none' where country = 'FR'").await;
    let rate = |country, ppm| TaxRate { rate_ppm: Some(ppm), ..TaxRate::standard(country) };
    for rate in [
        rate("DE", 190_000),
        TaxRate { category: "reduced", ..rate("DE", 70_000) },
        TaxRate { region: "NY", component: "state", ..rate("US", 40_000) },
        TaxRate { region: "NY", postal_prefix: "10", component: "city", ..rate("US", 48_750) },
        rate("FR", 200_000),
        TaxRate { label: "zero-rated", ..rate("GB", 0) },
    ] {
        shop.tax_rate(rate).await;
    }
}

async fn ship(shop: &Shop) {
    let zone = |country, tiers| json!({"country": country, "region": "", "postal_prefix": "", "tiers": tiers});
    let everywhere = |tiers| json!([zone("", tiers)]);
    let by_weight = json!([{"from": 0, "price_minor": 390}, {"from": 2000, "price_minor": 890}]);
    let at_home =
        json!([zone("DE", json!([{"from": 0, "price_minor": 250}])), zone("", by_weight)]);
    let by_subtotal = json!([{"from": 0, "price_minor": 700}, {"from": 5000, "price_minor": 450}]);
    shop.shipping_method("EUR", "flat", &everywhere(json!([{"from": 0, "price_minor": 499}])))
        .await;
    shop.shipping_method("EUR", "weight", &at_home).await;
    shop.shipping_method("EUR", "subtotal", &everywhere(by_subtotal)).await;
    shop.run("update shipping_methods set free_from_minor = 10000 where basis = 'subtotal'").await;
}

fn destinations() -> [Value; 6] {
    [
        ("DE", None, "Berlin", "10115"),
        ("US", Some("NY"), "New York", "10001"),
        ("US", Some("CA"), "San Francisco", "94105"),
        ("FR", None, "Paris", "75001"),
        ("GB", None, "London", "SW1A 1AA"),
        ("CH", None, "Bern", "3011"),
    ]
    .map(|(country, region, city, postal_code)| {
        json!({"name": "Ann", "line1": "1 High St", "city": city, "postal_code": postal_code, "region": region, "country": country})
    })
}

fn sorted(rows: impl Iterator<Item = Value>) -> Vec<String> {
    let mut rows: Vec<_> = rows.map(|row| row.to_string()).collect();
    rows.sort();
    rows
}

/// The rows of a list, without the members that only quotes or only orders have.
fn rows(body: &Value, list: &str, without: &[&str]) -> Vec<String> {
    sorted(body[list].as_array().unwrap().iter().map(|row| {
        let mut row = row.clone();
        row.as_object_mut().unwrap().retain(|name, _| !without.contains(&name.as_str()));
        row
    }))
}

fn assert_alike(quote: &Value, order: &Value) {
    for sum in ["subtotal", "discount", "shipping", "tax", "tax_included", "total"] {
        assert_eq!(order[sum], quote[sum], "{sum}");
    }
    let of_orders = ["fulfilled", "shipped", "removed", "returned"];
    assert_eq!(rows(order, "lines", &of_orders), rows(quote, "lines", &[]));
    assert_eq!(rows(order, "taxes", &[]), rows(quote, "taxes", &[]));
    assert_eq!(order["shipping_method"], quote["delivery"]);
    let mut effective = quote.clone();
    effective["discounts"].as_array_mut().unwrap().retain(|one| one["amount"]["amount"] != 0);
    assert_eq!(rows(order, "discounts", &[]), rows(&effective, "discounts", &["lines"]));
}

#[tokio::test]
async fn a_quote_and_the_order_of_the_same_basket_are_the_same_bill() {
    let (shop, products) = shop_with_rules().await;
    let (quotes, orders) = (ApiClient::new(checkouts::routes(), shop.app()), orders_api(&shop));
    let mut random = seeded(0xb111);
    let mut seen = [0; 4];

    for number in 0..24 {
        let mut lines = vec![(products[0], 1 + random(5))];
        lines.extend(
            products[1..].iter().map(|product| (*product, random(4))).filter(|line| line.1 > 0),
        );
        let codes: Vec<_> = CODES.into_iter().filter(|_| random(2) == 0).collect();
        let mut wish = order_body(lines);
        wish["destination"] = destinations()[number % 6].clone();
        wish["discount_codes"] = json!(codes);
        let buyer = shop.customer().await;
        let from = format!("203.0.113.{number}");
        let options = quotes.post("/v1/quotes", &wish).by(&buyer).sent_from(&from).await;
        let options = options.body["shipping_options"].as_array().unwrap().clone();
        let chosen = usize::try_from(random(options.len().try_into().unwrap())).unwrap();
        wish["shipping_method"] = options[chosen]["method"].clone();

        let quote = quotes.post("/v1/quotes", &wish).by(&buyer).sent_from(&from).await;
        let mut body = wish.clone();
        let destination = body.as_object_mut().unwrap().remove("destination").unwrap();
        body["shipping_address"] = destination;
        body["expected_total"] = quote.body["total"].clone();
        let key = format!("quoted order number {number:>2}");
        let order = orders.post("/v1/orders", &body).by(&buyer).key(&key).await;

        assert_eq!((quote.status, order.status), (200, 201), "{wish}: {}", order.body);
        assert_alike(&quote.body, &order.body);
        let shown = orders.get(&format!("/v1/orders/{}", order.text("/id"))).by(&buyer).await;
        assert_eq!(shown.body, order.body, "{wish}");
        for (seen, part) in seen.iter_mut().zip(["discount", "shipping", "tax", "tax_included"]) {
            *seen += i32::from(quote.body[part]["amount"] != 0);
        }
    }

    assert!(seen.iter().all(|orders| *orders > 2), "too little was tried: {seen:?}");
    shop.check_invariants().await;
}
