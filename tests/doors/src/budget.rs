//! How many statements a request may send: as many for a hundred rows as for one.

use domain::accounts::{Hasher, RefreshKey};
use domain::db::every_query;
use domain::id::{OrderId, ProductId};
use lambda::dispatch::Dispatch;
use serde_json::{Value, json};
use std::time::Duration;
use stripe_gateway::webhook::Secrets;
use testkit::{Answer, Call, Door, Order, Person, Product, Shop, Tap, WEBHOOK_SECRET};

const ROWS: [usize; 3] = [1, 10, 100];

const PLACE: [&str; 8] = [
    "look up a caller's standing",
    "start transaction",
    "take a turn",
    "reserve stock",
    "insert an order and its lines",
    "enqueue an event",
    "keep an answer",
    "commit",
];
const PLACE_AGAIN: [&str; 4] =
    ["look up a caller's standing", "start transaction", "take a turn", "commit"];
const SHOW: [&str; 3] =
    ["look up a caller's standing", "look up an order of one's own", "look up orders' lines"];
const LIST_ORDERS: [&str; 5] = [
    "look up a caller's standing",
    "list a user's orders",
    "look up orders' lines",
    "look up orders' payments",
    "look up orders' refunds",
];
const BE_PAID: [&str; 8] = [
    "start transaction",
    "lock the order of a payment",
    "lock a payment",
    "take a capture down",
    "confirm an order",
    "enqueue an event",
    "keep a stripe event and its fate",
    "commit",
];
const LOG_IN: [&str; 7] = [
    "count a try",
    "count a try",
    "count a try",
    "look up credentials",
    "start transaction",
    "open a session",
    "commit",
];

/// A shop that is listened to.
struct Tapped {
    shop: Shop,
    tap: Tap,
}

impl Tapped {
    async fn open() -> Self {
        let mut shop = Shop::open().await;
        let tap = shop.tap().await;
        Self { shop, tap }
    }

    fn shelves(&self) -> Door {
        Door::new(catalog::routes(), self.shop.app())
    }

    fn counter(&self) -> Door {
        let dispatch = Dispatch::later();
        Door::new(orders::routes(), orders::Orders { app: self.shop.app(), dispatch })
    }

    fn webhook(&self) -> Door {
        let secrets = Secrets::parse(WEBHOOK_SECRET).unwrap().into();
        let (db, clock, dispatch) = (self.shop.db.clone(), testkit::clock(), Dispatch::later());
        let webhook = stripe_webhook::Webhook { db, clock, dispatch, secrets, live: false };
        Door::new(stripe_webhook::routes(), webhook)
    }

    fn reception(&self) -> Door {
        let key = RefreshKey::from_base64("bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE=").unwrap();
        let (signer, keys, links) = (testkit::signer(), testkit::token_keys(), testkit::link_key());
        let dispatch = Dispatch::later();
        let new = accounts::Accounts::new(self.shop.app(), dispatch, signer, keys, key, links);
        let (hasher, hush) = (Hasher::costing(64, 1), Duration::ZERO);
        Door::new(accounts::routes(), accounts::Accounts { hasher, hush, ..new.unwrap() })
    }

    async fn products(&self, count: usize) -> Vec<ProductId> {
        let mut products = Vec::new();
        for _ in 0..count {
            products.push(self.shop.product(Product { stock: 1000, ..Product::any() }).await);
        }
        products
    }

    /// What a call sent, by what each statement is for.
    async fn cost(&self, status: u16, call: Call) -> (Vec<String>, Answer) {
        self.tap.take();
        let answer = call.await;
        assert_eq!(answer.status, status, "{}", answer.body);
        (self.tap.take().iter().map(|sql| purpose(sql)).collect(), answer)
    }
}

fn purpose(sql: &str) -> String {
    every_query().find(|query| query.sql == sql).map_or(sql, |query| query.doing).to_lowercase()
}

fn wish(products: &[ProductId]) -> Value {
    let line = |product| json!({"product": product, "quantity": 1});
    json!({"lines": products.iter().map(line).collect::<Vec<_>>()})
}

fn place(counter: &Door, buyer: &Person, products: &[ProductId]) -> Call {
    counter.post("/v1/orders", &wish(products)).by(buyer).key("the key of this order")
}

#[tokio::test]
async fn a_list_of_products_is_one_statement_and_two_if_the_words_are_wrong() {
    let shop = Tapped::open().await;
    let shelves = shop.shelves();
    shop.products(100).await;
    // The first of each kind also asks for types, once per connection.
    shelves.get("/v1/products?q=product").await;
    for rows in ROWS {
        let (sent, found) =
            shop.cost(200, shelves.get(&format!("/v1/products?limit={rows}"))).await;

        assert_eq!(found.body["data"].as_array().map(Vec::len), Some(rows));
        assert_eq!(sent, ["list the newest products for sale"]);

        let path = format!("/v1/products?q=product&sort=price&limit={rows}");
        let (sent, found) = shop.cost(200, shelves.get(&path)).await;

        assert_eq!(found.body["data"].as_array().map(Vec::len), Some(rows));
        assert_eq!(sent, ["search the cheapest products"]);
    }
    let (sent, _) = shop.cost(200, shelves.get("/v1/products?q=produkt&sort=price")).await;

    assert_eq!(
        sent,
        ["search the cheapest products", "search the cheapest products for what is near"]
    );
}

#[tokio::test]
async fn a_product_is_one_statement() {
    let shop = Tapped::open().await;
    let shelves = shop.shelves();
    let [mug] = shop.products(1).await[..] else { unreachable!("one was asked for") };
    let look = || shelves.get(&format!("/v1/products/{mug}"));
    look().await;

    let (sent, _) = shop.cost(200, look()).await;

    assert_eq!(sent, ["look up a product"]);
}

#[tokio::test]
async fn an_order_of_a_hundred_lines_costs_as_many_statements_as_one_of_one() {
    let shop = Tapped::open().await;
    let (counter, webhook) = (shop.counter(), shop.webhook());
    let products = shop.products(100).await;
    place(&counter, &shop.shop.customer().await, &products[..1]).await;
    for lines in ROWS {
        let buyer = shop.shop.customer().await;

        let order = place(&counter, &buyer, &products[..lines]);
        let (placing, placed) = shop.cost(201, order).await;
        let again = place(&counter, &buyer, &products[..lines]);
        let (repeating, _) = shop.cost(201, again).await;
        let id: OrderId = serde_json::from_value(placed.body["id"].clone()).unwrap();
        let look = counter.get(&format!("/v1/orders/{id}")).by(&buyer);
        let (showing, shown) = shop.cost(200, look).await;
        let intent = shop.shop.payment(id).await;
        let paid = webhook.stripe_event(&intent.event("succeeded", 0));
        let (paying, _) = shop.cost(200, paid).await;

        assert_eq!(shown.body["lines"].as_array().map(Vec::len), Some(lines));
        assert_eq!(placing, PLACE);
        assert_eq!(repeating, PLACE_AGAIN);
        assert_eq!(showing, SHOW);
        assert_eq!(paying, BE_PAID);
    }
}

#[tokio::test]
async fn a_list_of_orders_with_all_that_belongs_to_them_is_no_statement_per_order() {
    let shop = Tapped::open().await;
    let (counter, buyer) = (shop.counter(), shop.shop.customer().await);
    let [product] = shop.products(1).await[..] else { unreachable!("one was asked for") };
    for _ in 0..100 {
        shop.shop.confirmed_order(&buyer, Order { product, quantity: 1 }).await;
    }
    let list = |rows| {
        let path = format!("/v1/orders?expand=payments,refunds&limit={rows}");
        counter.get(&path).by(&buyer)
    };
    list(1).await;
    for rows in ROWS {
        let (sent, found) = shop.cost(200, list(rows)).await;

        assert_eq!(found.body["data"].as_array().map(Vec::len), Some(rows));
        assert_eq!(sent, LIST_ORDERS);
    }
}

#[tokio::test]
async fn a_log_in_is_a_handful_of_statements_however_often_somebody_was_here() {
    let shop = Tapped::open().await;
    let reception = shop.reception();
    let who = json!({"email": "ada@example.com", "password": "plain words are fine"});
    reception.post("/v1/auth/register", &who).await;
    let log_in = || reception.post("/v1/auth/login", &who);
    log_in().await;
    for _ in 0..3 {
        let (sent, _) = shop.cost(200, log_in()).await;

        assert_eq!(sent, LOG_IN);
    }
}
