//! Which statements a request sends to PostgreSQL, and how often it waits for it: the same for a hundred rows as for one.

mod edits;
mod guests;
mod parcels;
mod returns;

use domain::accounts::{Hasher, RefreshKey};
use domain::id::{OrderId, ProductId};
use domain::statements;
use lambda::dispatcher::OutboxDispatcher;
use serde_json::{Value, json};
use std::time::Duration;
use stripe_gateway::webhook::SigningSecrets;
use testkit::{
    ApiClient, Call, Order, Product, Response, Shop, StatementRecorder, User, WEBHOOK_SECRET,
};

const ROWS: [usize; 3] = [1, 10, 100];

// Each flight is one wait.

const PLACE: &[&[&str]] = &[
    &[
        "begin a transaction",
        "lock an idempotency key",
        "look up a caller's role",
        "count a buyer's unpaid orders",
        "reserve stock",
    ],
    &["insert an order and its lines", "enqueue an event", "store a response", "commit"],
];
/// The checkout is ended in the first flight, and says what to reserve.
const COMPLETE: &[&[&str]] = &[
    &[PLACE[0][0], PLACE[0][1], PLACE[0][2], PLACE[0][3], "complete a checkout"],
    &["reserve stock"],
    PLACE[1],
];
const REPLAY: &[&[&str]] = &[PLACE[0], &["roll back"]];
const SHOW: &[&[&str]] =
    &[&["look up a caller's role", "look up an order", "look up orders' lines"]];
const LIST_ORDERS: &[&[&str]] = &[
    &["look up a caller's role", "list a user's orders"],
    &["look up orders' lines"],
    &["look up orders' payments", "look up orders' refunds"],
];
/// Staff see those of all: what was found for them alone is of no use.
const LIST_ALL_ORDERS: &[&[&str]] =
    &[LIST_ORDERS[0], &["list orders"], LIST_ORDERS[1], LIST_ORDERS[2]];
const START_PAYMENT: &[&[&str]] = &[
    &[
        "begin a transaction",
        "lock an order",
        "look up a caller's role",
        "look up an order's open payment",
        "count an order's payments",
    ],
    &["insert a payment", "extend an order's time to pay", "commit"],
    // Stripe has answered.
    &["begin a transaction", "lock the order of a payment", "lock a payment"],
    &["update a payment", "commit"],
];
const QUOTE: &[&[&str]] = &[&["look up the products of a checkout"]];
const CREATE_CHECKOUT: &[&[&str]] = &[
    &["take a rate limit token"],
    &[
        "begin a transaction",
        "lock a buyer's orders out",
        "look up a caller's role",
        "look up the products of a checkout",
        "look at the time of the transaction",
    ],
    &["make no checkout an account's current one", "insert a checkout", "commit"],
];
const SHOW_CHECKOUT: &[&[&str]] =
    &[&["look up a caller's role", "look up a checkout"], &["look up the products of a checkout"]];
const CHANGE_CHECKOUT: &[&[&str]] = &[
    &["begin a transaction", "lock a checkout", "look up a caller's role"],
    &["look up the products of a checkout"],
    &["change a checkout", "commit"],
];
const PAYMENT_SUCCEEDED: &[&[&str]] = &[
    &["begin a transaction", "lock the order of a payment", "lock a payment"],
    &[
        "record a capture",
        "confirm an order",
        "enqueue an event",
        "store a stripe event and its outcome",
        "commit",
    ],
];
const LOG_IN: &[&[&str]] = &[
    &["take a rate limit token"],
    &["take a rate limit token"],
    &["take a rate limit token", "look up credentials"],
    &["start a session"],
];

/// A shop whose functions have one database connection, with a recorder of its statements.
struct Fixture {
    shop: Shop,
    recorder: StatementRecorder,
}

impl Fixture {
    async fn new() -> Self {
        let mut shop = Shop::open().await;
        let recorder = shop.record_statements().await;
        Self { shop, recorder }
    }

    fn catalog(&self) -> ApiClient {
        ApiClient::new(catalog::routes(), self.shop.app())
    }

    fn checkouts(&self) -> ApiClient {
        ApiClient::new(checkouts::routes(), self.shop.app())
    }

    fn orders(&self) -> ApiClient {
        let dispatcher = OutboxDispatcher::deferred();
        ApiClient::new(orders::routes(), orders::Orders { app: self.shop.app(), dispatcher })
    }

    fn webhook(&self) -> ApiClient {
        let secrets = SigningSecrets::parse(WEBHOOK_SECRET).unwrap().into();
        let (db, clock, dispatcher) =
            (self.shop.db.clone(), testkit::clock(), OutboxDispatcher::deferred());
        let webhook = stripe_webhook::Webhook { db, clock, dispatcher, secrets, live: false };
        ApiClient::new(stripe_webhook::routes(), webhook)
    }

    fn accounts(&self) -> ApiClient {
        let key = RefreshKey::from_base64("bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE=").unwrap();
        let (signer, keys, links) = (testkit::signer(), testkit::token_keys(), testkit::link_key());
        let dispatcher = OutboxDispatcher::deferred();
        let new = accounts::Accounts::new(self.shop.app(), dispatcher, signer, keys, key, links);
        let (hasher, min_response_time) = (Hasher::with_cost(64, 1), Duration::ZERO);
        ApiClient::new(
            accounts::routes(),
            accounts::Accounts { hasher, min_response_time, ..new.unwrap() },
        )
    }

    async fn products(&self, count: usize) -> Vec<ProductId> {
        let mut products = Vec::new();
        for _ in 0..count {
            products.push(self.shop.product(Product { stock: 1000, ..Product::any() }).await);
        }
        products
    }

    /// Sends a call and asserts the status of its answer. The labels of the statements that it caused, by flight.
    async fn flights(&self, status: u16, call: Call) -> (Vec<Vec<String>>, Response) {
        self.recorder.take();
        let answer = call.await;
        assert_eq!(answer.status, status, "{}", answer.body);
        let labels = |flight: Vec<String>| flight.iter().map(|sql| label(sql)).collect();
        (self.recorder.take().into_iter().map(labels).collect(), answer)
    }

    /// Like [`Self::flights`], for a request that sends one statement at a time.
    async fn statements(&self, status: u16, call: Call) -> (Vec<String>, Response) {
        let (flights, answer) = self.flights(status, call).await;
        assert!(flights.iter().all(|flight| flight.len() == 1), "{flights:?}");
        (flights.concat(), answer)
    }
}

/// The label of a statement in lower case, or the statement itself if it is none of the domain's.
fn label(sql: &str) -> String {
    let doing = match sql {
        "BEGIN" => "begin a transaction",
        "COMMIT" => "commit",
        "ROLLBACK" => "roll back",
        sql => statements::all().find(|query| query.sql == sql).map_or(sql, |query| query.doing),
    };
    doing.to_lowercase()
}

fn order_body(products: &[ProductId]) -> Value {
    let line = |product| json!({"product": product, "quantity": 1});
    json!({"lines": products.iter().map(line).collect::<Vec<_>>()})
}

fn place(orders: &ApiClient, buyer: &User, products: &[ProductId]) -> Call {
    orders.post("/v1/orders", &order_body(products)).by(buyer).key("the key of this order")
}

#[tokio::test]
async fn a_list_of_products_is_one_statement_and_two_if_the_words_are_wrong() {
    let fixture = Fixture::new().await;
    let catalog = fixture.catalog();
    fixture.products(100).await;
    // tokio-postgres looks up unknown types once per connection; the first call of each kind gets that over with.
    catalog.get("/v1/products?q=product").await;
    for rows in ROWS {
        let (sent, found) =
            fixture.statements(200, catalog.get(&format!("/v1/products?limit={rows}"))).await;

        assert_eq!(found.body["data"].as_array().map(Vec::len), Some(rows));
        assert_eq!(sent, ["list the newest products for sale"]);

        let path = format!("/v1/products?q=product&sort=price&limit={rows}");
        let (sent, found) = fixture.statements(200, catalog.get(&path)).await;

        assert_eq!(found.body["data"].as_array().map(Vec::len), Some(rows));
        assert_eq!(sent, ["search the cheapest products"]);
    }
    let (sent, _) = fixture.statements(200, catalog.get("/v1/products?q=produkt&sort=price")).await;

    assert_eq!(sent, ["search the cheapest products", "fuzzy search the cheapest products"]);

    for (path, expected) in [
        ("/v1/products?q=product&limit=100", &["search products for sale"][..]),
        (
            "/v1/products?q=product&limit=99",
            &["search products for sale", "search products for sale by their whole name"],
        ),
        ("/v1/products?q=product&limit=100&in_stock=true", &["search products"]),
    ] {
        let (sent, _) = fixture.statements(200, catalog.get(path)).await;

        assert_eq!(sent, expected, "{path}");
    }
    let mut app = fixture.shop.app();
    domain::catalog::learn_common_searches(&mut app.db);
    let learned = ApiClient::new(catalog::routes(), app);
    for expected in [
        &["search products for sale", "search products for sale by their whole name"][..],
        &["search among the newest products for sale"],
    ] {
        let path = "/v1/products?q=product&limit=99";
        let (sent, _) = fixture.statements(200, learned.get(path)).await;

        assert_eq!(sent, expected);
    }
}

#[tokio::test]
async fn a_product_is_one_statement() {
    let fixture = Fixture::new().await;
    let catalog = fixture.catalog();
    let [mug] = fixture.products(1).await[..] else { unreachable!("one was asked for") };
    let show = || catalog.get(&format!("/v1/products/{mug}"));
    show().await;

    let (sent, _) = fixture.statements(200, show()).await;

    assert_eq!(sent, ["look up a product"]);
}

#[tokio::test]
async fn an_order_of_a_hundred_lines_costs_as_many_statements_as_one_of_one() {
    let fixture = Fixture::new().await;
    let (orders, webhook) = (fixture.orders(), fixture.webhook());
    let products = fixture.products(100).await;
    place(&orders, &fixture.shop.customer().await, &products[..1]).await;
    for lines in ROWS {
        let buyer = fixture.shop.customer().await;

        let order = place(&orders, &buyer, &products[..lines]);
        let (placing, placed) = fixture.flights(201, order).await;
        let again = place(&orders, &buyer, &products[..lines]);
        let (repeating, _) = fixture.flights(201, again).await;
        let id: OrderId = serde_json::from_value(placed.body["id"].clone()).unwrap();
        let show = orders.get(&format!("/v1/orders/{id}")).by(&buyer);
        let (showing, shown) = fixture.flights(200, show).await;
        let intent = fixture.shop.payment(id).await;
        let succeeded = webhook.stripe_event(&intent.event("succeeded", 0));
        let (notifying, _) = fixture.flights(200, succeeded).await;

        assert_eq!(shown.body["lines"].as_array().map(Vec::len), Some(lines));
        assert_eq!(placing, PLACE);
        assert_eq!(repeating, REPLAY);
        assert_eq!(showing, SHOW);
        assert_eq!(notifying, PAYMENT_SUCCEEDED);
    }
}

#[tokio::test]
async fn a_list_of_orders_with_all_that_belongs_to_them_is_no_statement_per_order() {
    let fixture = Fixture::new().await;
    let (orders, buyer) = (fixture.orders(), fixture.shop.customer().await);
    let [product] = fixture.products(1).await[..] else { unreachable!("one was asked for") };
    for _ in 0..100 {
        fixture.shop.confirmed_order(&buyer, Order { product, quantity: 1 }).await;
    }
    let list = |rows| {
        let path = format!("/v1/orders?expand=payments,refunds&limit={rows}");
        orders.get(&path).by(&buyer)
    };
    list(1).await;
    for rows in ROWS {
        let (sent, found) = fixture.flights(200, list(rows)).await;

        assert_eq!(found.body["data"].as_array().map(Vec::len), Some(rows));
        assert_eq!(sent, LIST_ORDERS);
    }
    let staff = fixture.shop.staff().await;
    let (sent, _) = fixture
        .flights(200, orders.get("/v1/orders?expand=payments,refunds&limit=10").by(&staff))
        .await;
    assert_eq!(sent, LIST_ALL_ORDERS);
}

#[tokio::test]
async fn a_payment_is_started_with_two_waits_for_the_database_and_stored_with_two() {
    let fixture = Fixture::new().await;
    let (_stand_in, stripe) = testkit::stripe().await;
    let (app, dispatcher) = (fixture.shop.app(), OutboxDispatcher::deferred());
    let payments = payments::Payments { app, dispatcher, stripe: stripe.into() };
    let payments = ApiClient::new(payments::routes(), payments);
    let [product] = fixture.products(1).await[..] else { unreachable!("one was asked for") };
    for _ in 0..2 {
        let buyer = fixture.shop.customer().await;
        let order = fixture.shop.order(&buyer, Order { product, quantity: 1 }).await;
        let path = format!("/v1/orders/{order}/payment-intent");
        let start = payments.post(&path, &json!({})).by(&buyer);
        let (sent, _) = fixture.flights(200, start).await;

        assert_eq!(sent, START_PAYMENT);
    }
}

#[tokio::test]
async fn a_log_in_is_a_handful_of_statements_however_often_somebody_was_here() {
    let fixture = Fixture::new().await;
    let accounts = fixture.accounts();
    let credentials = json!({"email": "ada@example.com", "password": "plain words are fine"});
    accounts.post("/v1/auth/register", &credentials).await;
    fixture.shop.run("update users set email_verified_at = now()").await;
    let log_in = || accounts.post("/v1/auth/login", &credentials);
    log_in().await;
    for _ in 0..3 {
        let (sent, _) = fixture.flights(200, log_in()).await;

        assert_eq!(sent, LOG_IN);
    }
}

#[tokio::test]
async fn a_quote_is_one_wait_and_one_more_for_who_asks_and_for_codes() {
    let fixture = Fixture::new().await;
    let checkouts = fixture.checkouts();
    let products = fixture.products(100).await;
    let buyer = fixture.shop.customer().await;
    checkouts.post("/v1/quotes", &order_body(&products[..1])).by(&buyer).await;
    for lines in ROWS {
        let mut body = order_body(&products[..lines]);
        let (stranger, quote) = fixture.flights(200, checkouts.post("/v1/quotes", &body)).await;
        let account = checkouts.post("/v1/quotes", &body).by(&buyer);
        let (account, _) = fixture.flights(200, account).await;
        body["discount_codes"] = json!(["WELCOME"]);
        let (codes, _) = fixture.flights(200, checkouts.post("/v1/quotes", &body)).await;

        assert_eq!(quote.body["lines"].as_array().map(Vec::len), Some(lines));
        assert_eq!(stranger, QUOTE);
        assert_eq!(account, [&["look up a caller's role"][..], QUOTE[0]]);
        assert_eq!(codes, [&["take a rate limit token"][..], QUOTE[0]]);
    }
}

#[tokio::test]
async fn a_checkout_of_a_hundred_lines_costs_as_many_statements_as_one_of_one() {
    let fixture = Fixture::new().await;
    let checkouts = fixture.checkouts();
    let products = fixture.products(101).await;
    let buyer = fixture.shop.customer().await;
    let complete = |path: &str, total: &Value| {
        let call =
            fixture.orders().post(&format!("{path}/complete"), &json!({"expected_total": total}));
        call.by(&buyer).header("if-match", "*").key(path)
    };
    let first = checkouts.post("/v1/checkouts", &order_body(&products[..1])).by(&buyer).await;
    let path = format!("/v1/checkouts/{}", first.text("/id"));
    assert_eq!(complete(&path, &first.body["total"]).await.status, 201);
    for lines in ROWS {
        let create = checkouts.post("/v1/checkouts", &order_body(&products[..lines])).by(&buyer);
        let (creating, created) = fixture.flights(201, create).await;
        let path = format!("/v1/checkouts/{}", created.text("/id"));
        let (showing, _) = fixture.flights(200, checkouts.get(&path).by(&buyer)).await;
        let change = checkouts.patch(&path, &json!({"note": "Ring twice"})).by(&buyer);
        let (changing, _) = fixture.flights(200, change.header("if-match", "*")).await;
        let line = format!("{path}/lines/{}", products[0]);
        let line = checkouts.call("PUT".parse().unwrap(), &line).json(&json!({"quantity": 9}));
        let (setting, set) = fixture.flights(200, line.by(&buyer)).await;
        let completing = complete(&path, &set.body["total"]);
        let (completing, _) = fixture.flights(201, completing).await;

        assert_eq!(creating, CREATE_CHECKOUT);
        assert_eq!(showing, SHOW_CHECKOUT);
        assert_eq!(changing, CHANGE_CHECKOUT);
        assert_eq!(setting, CHANGE_CHECKOUT);
        assert_eq!(completing, COMPLETE);
    }
}
