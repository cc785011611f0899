//! The audit log: what staff have changed, chained by hashes. `audited_routes` of tests/contract walks through all routes.

mod chain;
mod entries;

use domain::accounts::Role;
use domain::id::ProductId;
use lambda::dead_letters::DeadLetters;
use lambda::dispatcher::OutboxDispatcher;
use operations::Operations;
use orders::Orders;
use serde_json::{Value, json};
use testkit::{ApiClient, Call, Product, Response, Shop, User};

/// A shop with an admin, a member of staff and a product.
struct Fixture {
    shop: Shop,
    catalog: ApiClient,
    orders: ApiClient,
    operations: ApiClient,
    admin: User,
    staff: User,
    product: ProductId,
}

impl Fixture {
    async fn new() -> Self {
        let shop = Shop::open().await;
        let app = shop.app();
        let orders = Orders { app: app.clone(), dispatcher: OutboxDispatcher::deferred() };
        let operations = Operations { app: app.clone(), dead_letters: DeadLetters::none() };
        Self {
            catalog: ApiClient::new(catalog::routes(), app),
            orders: ApiClient::new(orders::routes(), orders),
            operations: ApiClient::new(operations::routes(), operations),
            admin: shop.user(Role::Admin).await,
            staff: shop.staff().await,
            product: shop.product(Product { stock: 100, ..Product::any() }).await,
            shop,
        }
    }

    /// A change of the product by staff.
    fn price(&self, amount: usize) -> Call {
        let path = format!("/v1/products/{}", self.product);
        let body = json!({"price": {"amount": amount, "currency": "EUR"}});
        self.catalog.patch(&path, &body).by(&self.staff)
    }

    /// Changes the price of the product several times.
    async fn prices(&self, times: usize) {
        for time in 0..times {
            let changed = self.price(5_000 + time).await;
            assert_eq!(changed.status, 200, "{}", changed.body);
        }
    }

    async fn list(&self, query: &str) -> Response {
        let listed = self.operations.get(&format!("/v1/audit-log{query}")).by(&self.admin).await;
        assert_eq!(listed.status, 200, "{}", listed.body);
        listed
    }

    /// The places in the chain of the entries of a list.
    async fn places(&self, query: &str) -> Vec<i64> {
        let listed = self.list(query).await;
        let entries = listed.body["data"].as_array().unwrap();
        entries.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect()
    }

    async fn verify(&self, body: &Value) -> Value {
        let verified = self.operations.post("/v1/ops/audit/verify", body).by(&self.admin).await;
        assert_eq!(verified.status, 200, "{}", verified.body);
        verified.body
    }

    /// As the owner of the database, who can switch the guard of the log off.
    async fn tamper(&self, sql: &str) {
        let sql = format!(
            "begin; alter table audit_log disable trigger user; {sql}; alter table audit_log enable trigger user; commit"
        );
        self.shop.admin.batch_execute(&sql).await.unwrap();
    }
}
