//! Edits in a shop with taxes, shipping methods and discounts: priced anew by the rules of now.

use super::{Edits, body, edit, fresh_key};
use crate::payments::Fixture;
use domain::id::{OrderId, ProductId, ShippingMethodId};
use serde_json::{Value, json};
use testkit::{Call, Discount, Product, Response, TaxRate, User, send_all};

/// A shop that taxes Germany, ships for 4.90 EUR or 9.90 EUR, and takes ten percent off with WELCOME.
struct Priced {
    edits: Edits,
    parcel: ShippingMethodId,
    express: ShippingMethodId,
}

fn with(mut body: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

impl Priced {
    async fn open(welcome: Discount) -> Self {
        let fixture = Fixture::open().await;
        let shop = &fixture.shop;
        shop.tax_country("DE", true).await;
        shop.tax_rate(TaxRate::standard("DE")).await;
        let zone = |minor: i64| json!([{"country": "DE", "region": "", "postal_prefix": "", "tiers": [{"from": 0, "price_minor": minor}]}]);
        let parcel = shop.shipping_method("EUR", "flat", &zone(490)).await;
        let express = shop.shipping_method("EUR", "flat", &zone(990)).await;
        shop.discount(welcome).await;
        Self { edits: Edits::on(fixture).await, parcel, express }
    }

    /// Places an order of so many mugs with the code, and takes it as the one that is edited.
    async fn order_with_code(&mut self, user: &User, mugs: i64, cents: i64) -> Response {
        let address = json!({"name": "Ann", "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"});
        let order = with(
            body(&[(self.edits.mug, mugs)], cents),
            &json!({"shipping_address": address, "shipping_method": self.parcel, "discount_codes": ["WELCOME"]}),
        );
        let orders = self.edits.fixture.orders_api();
        let placed = orders.post("/v1/orders", &order).by(user).key(&fresh_key()).await;
        if placed.status == 201 {
            self.edits.order = placed.text("/id").parse().unwrap();
        }
        placed
    }

    /// The parts of the order's total: subtotal, discount, shipping, contained tax, total.
    async fn parts(&self) -> String {
        let sql = "select concat_ws(' ', subtotal_minor, discount_minor, shipping_minor, tax_included_minor, total_minor)
                   from orders where id = $1";
        let row = self.edits.fixture.shop.admin.query_one(sql, &[&self.edits.order]).await;
        row.unwrap().get(0)
    }

    async fn used(&self) -> i32 {
        self.edits.fixture.shop.one("select used from discounts").await
    }

    fn edit_of(&self, order: OrderId, user: &User, lines: &[(ProductId, i64)], cents: i64) -> Call {
        let call = edit(&self.edits.fixture.api, order, &body(lines, cents));
        call.by(user).header("if-match", "*").key(&fresh_key())
    }
}

#[tokio::test]
async fn tax_shipping_and_discount_of_an_edited_order_are_those_of_its_new_lines() {
    let mut priced = Priced::open(Discount::any()).await;
    let buyer = priced.edits.fixture.buyer.clone();
    let placed = priced.order_with_code(&buyer, 2, 2740).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    assert_eq!(priced.parts().await, "2500 250 490 437 2740");

    let edited = priced.edits.edit(&[(priced.edits.mug, 2), (priced.edits.cup, 1)], 3190).await;

    assert_eq!(edited.status, 200, "{}", edited.body);
    assert_eq!(priced.parts().await, "3000 300 490 509 3190");
    let faster =
        with(body(&[(priced.edits.mug, 2)], 3240), &json!({"shipping_method": priced.express}));
    let faster = edit(&priced.edits.fixture.api, priced.edits.order, &faster).by(&buyer);
    let faster = faster.header("if-match", "*").key(&fresh_key()).await;
    assert_eq!(faster.status, 200, "{}", faster.body);
    assert_eq!(priced.parts().await, "2500 250 990 517 3240");
    let uses = "select count(*) from discount_uses";
    assert_eq!(priced.edits.fixture.shop.one::<i64>(uses).await, 1);
    priced.edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn rules_that_have_changed_since_are_told_before_they_count() {
    let mut priced = Priced::open(Discount::any()).await;
    let buyer = priced.edits.fixture.buyer.clone();
    priced.order_with_code(&buyer, 2, 2740).await;
    let shop = &priced.edits.fixture.shop;
    shop.run("update discounts set ends_at = now() - interval '1 second', starts_at = '-infinity'")
        .await;

    let without = priced.edits.edit(&[(priced.edits.mug, 1)], 1615).await;

    assert_eq!(without.refusal(), (409, "total_changed"));
    assert_eq!(without.body["total"]["amount"], 1740);
    assert_eq!(priced.parts().await, "2500 250 490 437 2740");
    let agreed = priced.edits.edit(&[(priced.edits.mug, 1)], 1740).await;
    assert_eq!(agreed.status, 200, "{}", agreed.body);
    assert_eq!(priced.parts().await, "1250 0 490 278 1740");
    let uses = "select count(*) from discount_uses";
    assert_eq!(shop.one::<i64>(uses).await, 0);
    shop.run("update shipping_methods set active = false").await;
    let gone = priced.edits.edit(&[(priced.edits.mug, 2)], 2990).await;
    assert_eq!(gone.refusal(), (422, "shipping_option_gone"));
    shop.check_invariants().await;
}

#[tokio::test]
async fn an_edited_order_keeps_its_use_of_a_discount_that_others_have_used_up() {
    let limited = Discount { max_uses: Some(1), max_per_buyer: Some(1), ..Discount::any() };
    let mut priced = Priced::open(limited).await;
    let buyer = priced.edits.fixture.buyer.clone();
    priced.order_with_code(&buyer, 2, 2740).await;
    assert_eq!(priced.used().await, 1);

    let edited = priced.edits.edit(&[(priced.edits.mug, 1)], 1615).await;

    assert_eq!(edited.status, 200, "{}", edited.body);
    assert_eq!((priced.used().await, &*priced.parts().await), (1, "1250 125 490 258 1615"));
    let order = priced.edits.order;
    let other = priced.edits.fixture.shop.customer().await;
    let late = priced.order_with_code(&other, 1, 1615).await;
    assert_eq!(late.refusal(), (409, "total_changed"));
    let cancel = format!("/v1/orders/{order}/cancel");
    let orders = priced.edits.fixture.orders_api();
    assert_eq!(orders.post(&cancel, &json!({})).by(&buyer).await.status, 200);
    assert_eq!(priced.used().await, 0);
    priced.edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn edits_and_orders_that_share_a_limited_discount_use_it_as_often_as_it_may_be() {
    let mut priced = Priced::open(Discount { max_uses: Some(4), ..Discount::any() }).await;
    let automatic = Discount {
        code: None,
        combines: true,
        percent_bp: 100,
        max_uses: Some(6),
        ..Discount::any()
    };
    priced.edits.fixture.shop.run("update discounts set combines = true").await;
    priced.edits.fixture.shop.discount(automatic).await;
    priced.edits.fixture.shop.run("update products set on_hand = 1000").await;
    priced
        .edits
        .fixture
        .shop
        .run("update stock_moves set on_hand_delta = 1000 where source = 'created'")
        .await;
    let mut placed = Vec::new();
    for _ in 0..4 {
        let buyer = priced.edits.fixture.shop.customer().await;
        let quoted = priced.order_with_code(&buyer, 2, 1).await;
        let cents = quoted.body["total"]["amount"].as_i64().unwrap();
        let order = priced.order_with_code(&buyer, 2, cents).await;
        assert_eq!(order.status, 201, "{}", order.body);
        placed.push((priced.edits.order, buyer));
    }
    let mug = priced.edits.mug;
    let mut wanted = Vec::new();
    for (order, buyer) in &placed {
        let told = priced.edit_of(*order, buyer, &[(mug, 3)], 1).await;
        let cents = told.body["total"]["amount"].as_i64().unwrap();
        wanted.push((*order, buyer, cents));
    }

    let answers = send_all(
        wanted
            .iter()
            .map(|(order, buyer, cents)| priced.edit_of(*order, buyer, &[(mug, 3)], *cents)),
    )
    .await;

    for answer in &answers {
        assert!(answer.status == 200 || answer.refusal().1 == "busy", "{}", answer.body);
    }
    let counted = "select count(*) from discounts d
                   where d.used <> (select count(*) from discount_uses u where u.discount_id = d.id and u.released_at is null)";
    assert_eq!(priced.edits.fixture.shop.one::<i64>(counted).await, 0);
    priced.edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_edit_of_what_is_not_shipped_asks_for_the_method_that_it_then_needs() {
    let fixture = Fixture::open().await;
    let zone = json!([{"country": "", "region": "", "postal_prefix": "", "tiers": [{"from": 0, "price_minor": 490}]}]);
    let parcel = fixture.shop.shipping_method("EUR", "flat", &zone).await;
    let edits = Edits::on(fixture).await;
    edits.fixture.shop.run("update products set requires_shipping = sku <> 'MUG'").await;
    let heavy = edits.fixture.shop.product(Product { price: 700, ..Product::any() }).await;

    let nowhere = edits.edit(&[(edits.mug, 2), (heavy, 1)], 3690).await;
    edits.fixture.shop.run(
        "update orders set ship_to_name = 'Ann', ship_to_line1 = 'Hauptstr. 1', ship_to_city = 'Berlin',
                           ship_to_postal_code = '10115', ship_to_country = 'DE'",
    ).await;
    let unchosen = edits.edit(&[(edits.mug, 2), (heavy, 1)], 3690).await;
    let chosen =
        with(body(&[(edits.mug, 2), (heavy, 1)], 3690), &json!({"shipping_method": parcel}));
    let chosen = edit(&edits.fixture.api, edits.order, &chosen).by(&edits.fixture.buyer);
    let chosen = chosen.header("if-match", "*").key(&fresh_key()).await;

    assert_eq!(nowhere.refusal(), (422, "address_required"));
    assert_eq!(unchosen.refusal(), (422, "shipping_required"));
    assert_eq!(unchosen.body["options"][0]["method"], json!(parcel));
    assert_eq!(chosen.status, 200, "{}", chosen.body);
    edits.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_edit_that_leaves_nothing_to_ship_costs_no_shipping() {
    let fixture = Fixture::open().await;
    let zone = json!([{"country": "", "region": "", "postal_prefix": "", "tiers": [{"from": 0, "price_minor": 490}]}]);
    let parcel = fixture.shop.shipping_method("EUR", "flat", &zone).await;
    let edits = Edits::on(fixture).await;
    let shop = &edits.fixture.shop;
    shop.run("update products set requires_shipping = sku = 'MUG'").await;
    shop.run(
        "update orders set ship_to_name = 'Ann', ship_to_line1 = 'Hauptstr. 1', ship_to_city = 'Berlin',
                           ship_to_postal_code = '10115', ship_to_country = 'DE'",
    )
    .await;
    let lines = with(body(&[(edits.mug, 2)], 2990), &json!({"shipping_method": parcel}));
    let shipped = edit(&edits.fixture.api, edits.order, &lines).by(&edits.fixture.buyer);
    let shipped = shipped.header("if-match", "*").key(&fresh_key()).await;

    let digital = edits.edit(&[(edits.cup, 1)], 500).await;

    assert_eq!(shipped.status, 200, "{}", shipped.body);
    assert_eq!(
        (digital.status, &digital.body["shipping"]["amount"]),
        (200, &json!(0)),
        "{}",
        digital.body
    );
    shop.check_invariants().await;
}
