//! Operations that take an `Idempotency-Key` honour it.

use super::{catalog_api, orders_api};
use accounts::Accounts;
use axum::http::Method;
use domain::accounts::{RefreshKey, Role};
use domain::id::OrderId;
use inventory::Inventory;
use lambda::dispatcher::OutboxDispatcher;
use serde_json::{Value, json};
use testkit::{ApiClient, Call, Order, Product, Response, Shop, User, send_all};

const KEY: &str = "an idempotency key";

/// A shop, and an admin, who may call every operation under test.
struct Fixture {
    shop: Shop,
    admin: User,
}

impl Fixture {
    async fn open() -> Self {
        let shop = Shop::open().await;
        Self { admin: shop.user(Role::Admin).await, shop }
    }

    async fn order(&self) -> OrderId {
        let product = self.shop.product(Product::any()).await;
        let buyer = self.shop.customer().await;
        self.shop.order(&buyer, Order { product, quantity: 1 }).await
    }

    fn accounts_api(&self) -> ApiClient {
        let refresh = RefreshKey::from_base64("bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE=");
        let (signer, keys, links) = (testkit::signer(), testkit::token_keys(), testkit::link_key());
        let (app, later) = (self.shop.app(), OutboxDispatcher::deferred());
        let state = Accounts::new(app, later, signer, keys, refresh.unwrap(), links).unwrap();
        ApiClient::new(accounts::routes(), state)
    }

    /// A request under [`KEY`], without a body if `body` is null.
    fn send(&self, api: &ApiClient, path: &str, body: &Value) -> Call {
        let call = api.call(Method::POST, path).by(&self.admin).key(KEY);
        if body.is_null() { call } else { call.json(body) }
    }

    /// Fails unless a repeated request gets the recorded response and changes nothing, and another request under the
    /// key is refused.
    async fn assert_idempotent(
        &self,
        api: &ApiClient,
        path: &str,
        body: Value,
        other: (&str, Value),
    ) {
        let first = self.send(api, path, &body).await;
        let after = self.shop.snapshot().await;

        let again = self.send(api, path, &body).await;
        let reused = self.send(api, other.0, &other.1).await;

        assert!((200..300).contains(&first.status), "{path} {}", first.body);
        assert_eq!(shown(&again), shown(&first), "{path}");
        assert_eq!(replayed(&first), None, "{path}");
        assert_eq!(replayed(&again), Some("true"), "{path}");
        assert_eq!(reused.refusal(), (422, "idempotency_key_reused"), "{path} {}", reused.body);
        assert_eq!(self.shop.snapshot().await, after, "{path}");
    }
}

fn shown(response: &Response) -> (u16, &[u8], Option<&str>, Option<&str>) {
    (response.status, &response.bytes, response.header("location"), response.header("etag"))
}

fn replayed(response: &Response) -> Option<&str> {
    response.header("idempotent-replayed")
}

fn mug(sku: &str) -> Value {
    json!({"sku": sku, "name": "Mug", "price": {"amount": 1250, "currency": "EUR"}, "stock": 3})
}

#[tokio::test]
async fn a_product_is_created_once_under_its_key() {
    let fixture = Fixture::open().await;
    let other = ("/v1/products", mug("B"));
    fixture.assert_idempotent(&catalog_api(&fixture.shop), "/v1/products", mug("A"), other).await;
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_category_is_created_once_under_its_key() {
    let fixture = Fixture::open().await;
    let other = ("/v1/categories", json!({"name": "Pots"}));
    fixture
        .assert_idempotent(
            &catalog_api(&fixture.shop),
            "/v1/categories",
            json!({"name": "Mugs"}),
            other,
        )
        .await;
}

#[tokio::test]
async fn counts_are_taken_once_under_their_key() {
    let fixture = Fixture::open().await;
    fixture.shop.product(Product { sku: "A".to_owned(), ..Product::any() }).await;
    let state = Inventory { app: fixture.shop.app(), dispatcher: OutboxDispatcher::deferred() };
    let api = ApiClient::new(inventory::routes(), state);
    let counts = |on_hand| {
        let count = json!({"sku": "A", "on_hand": on_hand, "sequence": 1});
        json!({"source": "acme", "counts": [count]})
    };
    let path = "/v1/stock-counts";
    fixture.assert_idempotent(&api, path, counts(1), (path, counts(2))).await;
}

#[tokio::test]
async fn an_order_is_confirmed_once_under_its_key() {
    let fixture = Fixture::open().await;
    let path = format!("/v1/orders/{}/confirm", fixture.order().await);
    let other = (path.as_str(), json!({"reason": "card"}));
    fixture
        .assert_idempotent(&orders_api(&fixture.shop), &path, json!({"reason": "cash"}), other)
        .await;
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_is_shipped_once_under_its_key() {
    let fixture = Fixture::open().await;
    let product = fixture.shop.product(Product::any()).await;
    let buyer = fixture.shop.customer().await;
    let order = fixture.shop.confirmed_order(&buyer, Order { product, quantity: 1 }).await;
    let path = format!("/v1/orders/{order}/ship");
    let other = (path.as_str(), json!({"carrier": "UPS"}));
    fixture
        .assert_idempotent(&orders_api(&fixture.shop), &path, json!({"carrier": "DHL"}), other)
        .await;
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_is_cancelled_once_under_its_key() {
    let fixture = Fixture::open().await;
    let path = format!("/v1/orders/{}/cancel", fixture.order().await);
    let other = format!("/v1/orders/{}/cancel", fixture.order().await);
    fixture
        .assert_idempotent(&orders_api(&fixture.shop), &path, Value::Null, (&other, Value::Null))
        .await;
    fixture.shop.check_invariants().await;
}

/// A late repetition must not disable an account that was enabled again in between.
#[tokio::test]
async fn an_account_is_closed_once_under_its_key() {
    let fixture = Fixture::open().await;
    let (ann, api) = (fixture.shop.customer().await, fixture.accounts_api());
    let path = |action: &str| format!("/v1/users/{}/{action}", ann.id);
    let (disable, enable) = (path("disable"), path("enable"));

    fixture.assert_idempotent(&api, &disable, Value::Null, (&enable, Value::Null)).await;
    let enabled = api.call(Method::POST, &enable).by(&fixture.admin).await;
    let late = fixture.send(&api, &disable, &Value::Null).await;

    assert_eq!((enabled.status, late.status, replayed(&late)), (200, 200, Some("true")));
    let disabled = "select count(*) from users where disabled_at is not null";
    assert_eq!(fixture.shop.one::<i64>(disabled).await, 0);
}

#[tokio::test]
async fn of_ten_twins_at_once_under_one_key_one_makes_the_product() {
    let fixture = Fixture::open().await;
    let api = catalog_api(&fixture.shop);

    let responses =
        send_all((0..10).map(|_| fixture.send(&api, "/v1/products", &mug("TWIN")))).await;

    assert!(
        responses.iter().all(|response| shown(response) == shown(&responses[0])),
        "{responses:?}"
    );
    assert_eq!(responses[0].status, 201);
    assert_eq!(responses.iter().filter(|response| replayed(response).is_none()).count(), 1);
    assert_eq!(fixture.shop.one::<i64>("select count(*) from products").await, 1);
}

#[tokio::test]
async fn a_twin_that_the_release_before_still_serves_is_waited_for() {
    let fixture = Fixture::open().await;
    let (api, id) = (catalog_api(&fixture.shop), fixture.admin.id);
    let quoted = format!("\"{KEY}\"");
    let twin = || api.post("/v1/products", &mug("TWIN")).by(&fixture.admin).key(&quoted);
    let first = twin().await;
    fixture.shop.run("create temporary table stored as select * from idempotency_keys").await;
    fixture.shop.run("delete from idempotency_keys").await;
    // What its transaction does until just before the commit.
    fixture.shop.run("begin").await;
    let lock = "select count(*) from take_turn($1, $2, $2)";
    assert_eq!(fixture.shop.admin.query(lock, &[&id, &quoted]).await.unwrap().len(), 1);
    fixture.shop.run("insert into idempotency_keys select * from stored").await;

    let is_awaited =
        "select exists (select from pg_locks where not granted and locktype = 'advisory')";
    let commit = async {
        while !fixture.shop.one::<bool>(is_awaited).await {}
        fixture.shop.run("commit").await;
    };
    let (again, ()) = tokio::join!(twin().into_future(), commit);

    assert_eq!((again.status, &again.bytes), (201, &first.bytes), "{}", again.body);
    assert_eq!(replayed(&again), Some("true"));
}

#[tokio::test]
async fn a_refused_request_frees_its_key_and_a_bad_key_is_refused() {
    let fixture = Fixture::open().await;
    let api = catalog_api(&fixture.shop);
    fixture.shop.product(Product { sku: "A".to_owned(), ..Product::any() }).await;

    let refused = fixture.send(&api, "/v1/products", &mug("A")).await;
    let granted = fixture.send(&api, "/v1/products", &mug("B")).await;
    let bad = api.post("/v1/products", &mug("C")).by(&fixture.admin).key("short").await;

    assert_eq!(refused.refusal(), (409, "sku_taken"));
    assert_eq!(granted.status, 201, "{}", granted.body);
    assert_eq!(bad.refusal(), (400, "bad_idempotency_key"));
}
