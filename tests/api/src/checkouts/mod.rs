//! Quotes, and checkouts of accounts.

mod cancel;
mod change;
mod complete;
mod completion_races;
mod create;
mod explanation;
mod list;
mod problems;
mod quote;
mod races;
mod rules;
mod show;

use axum::http::Method;
use domain::id::ProductId;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::{Value, json};
use testkit::{ApiClient, Call, Product, Response, Shop, User};

/// A shop with clients of the functions.
struct Fixture {
    shop: Shop,
    api: ApiClient,
    /// Of the function that makes orders of checkouts.
    orders: ApiClient,
}

impl Fixture {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let api = ApiClient::new(checkouts::routes(), shop.app());
        let dispatcher = OutboxDispatcher::deferred();
        let orders = ApiClient::new(orders::routes(), Orders { app: shop.app(), dispatcher });
        Self { shop, api, orders }
    }

    /// A product at this price in cents, of which there are ten.
    async fn product(&self, price: i64) -> ProductId {
        self.shop.product(Product { price, ..Product::any() }).await
    }

    fn quote(&self, body: &Value) -> Call {
        self.api.post("/v1/quotes", body)
    }

    fn create(&self, user: &User, body: &Value) -> Call {
        self.api.post("/v1/checkouts", body).by(user)
    }

    /// Creates a checkout, and returns its path.
    async fn checkout(&self, user: &User, body: &Value) -> String {
        let created = self.create(user, body).await;
        assert_eq!(created.status, 201, "{}", created.body);
        path(&created)
    }

    async fn show(&self, user: &User, path: &str) -> Response {
        self.api.get(path).by(user).await
    }

    /// Changes a checkout whatever its version.
    async fn change(&self, user: &User, path: &str, body: &Value) -> Response {
        self.api.patch(path, body).by(user).header("if-match", "*").await
    }

    fn set_line(&self, user: &User, path: &str, product: ProductId, quantity: i64) -> Call {
        let path = format!("{path}/lines/{product}");
        self.api.call(Method::PUT, &path).by(user).json(&json!({"quantity": quantity}))
    }

    fn cancel(&self, user: &User, path: &str) -> Call {
        self.api.call(Method::POST, &format!("{path}/cancel")).by(user)
    }

    /// Completes a checkout whatever its version, under a key of its own.
    fn complete(&self, user: &User, path: &str, cents: i64) -> Call {
        let key = format!("a key of this request, {}", ProductId::generate());
        self.complete_as_seen(user, path, "*", cents).key(&key)
    }

    /// Completes a checkout of this `ETag`, without a key.
    fn complete_as_seen(&self, user: &User, path: &str, etag: &str, cents: i64) -> Call {
        let body = json!({"expected_total": {"amount": cents, "currency": "EUR"}});
        self.orders.post(&format!("{path}/complete"), &body).by(user).header("if-match", etag)
    }

    async fn count(&self) -> i64 {
        self.shop.one("select count(*) from checkouts").await
    }

    async fn orders_count(&self) -> i64 {
        self.shop.one("select count(*) from orders").await
    }
}

fn path(checkout: &Response) -> String {
    format!("/v1/checkouts/{}", checkout.text("/id"))
}

/// A body with these products and quantities.
fn lines<const N: usize>(lines: [(ProductId, i64); N]) -> Value {
    let line = |(product, quantity)| json!({"product": product, "quantity": quantity});
    json!({"lines": lines.map(line).to_vec()})
}

/// The body with other members beside its own.
fn with(mut body: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("{more}") };
    body.as_object_mut().unwrap().extend(more);
    body
}

/// The whole address of somebody.
fn address(country: &str) -> Value {
    json!({
        "name": "Ann Example", "line1": "Street 1", "postal_code": "10115", "city": "Town", "region": "NY",
        "country": country,
    })
}

/// The amount at a place in cents.
fn cents(response: &Response, pointer: &str) -> i64 {
    let amount = response.body.pointer(&format!("{pointer}/amount"));
    amount.and_then(Value::as_i64).unwrap_or_else(|| panic!("{pointer} in {}", response.body))
}

/// Code, severity and pointer of each problem.
fn problems(response: &Response) -> Vec<[&str; 3]> {
    let problems = response.body["problems"].as_array();
    let problems = problems.unwrap_or_else(|| panic!("{}", response.body)).iter();
    problems
        .map(|problem| ["code", "severity", "pointer"].map(|part| problem[part].as_str().unwrap()))
        .collect()
}
