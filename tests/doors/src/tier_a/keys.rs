//! A26: an `Idempotency-Key` is honoured wherever it is sent.

use super::{counter, shelves};
use accounts::Accounts;
use axum::http::Method;
use domain::accounts::{RefreshKey, Role};
use domain::id::OrderId;
use inventory::Inventory;
use lambda::dispatch::Dispatch;
use serde_json::{Value, json};
use testkit::{Answer, Call, Door, Order, Person, Product, Shop, all};

const KEY: &str = "a key of one's own";

/// A shop, and whoever may do all of what is tried.
struct Scene {
    shop: Shop,
    admin: Person,
}

impl Scene {
    async fn open() -> Self {
        let shop = Shop::open().await;
        Self { admin: shop.person(Role::Admin).await, shop }
    }

    async fn order(&self) -> OrderId {
        let product = self.shop.product(Product::any()).await;
        let buyer = self.shop.customer().await;
        self.shop.order(&buyer, Order { product, quantity: 1 }).await
    }

    fn people(&self) -> Door {
        let refresh = RefreshKey::from_base64("bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE=");
        let (signer, keys, links) = (testkit::signer(), testkit::token_keys(), testkit::link_key());
        let (app, later) = (self.shop.app(), Dispatch::later());
        let state = Accounts::new(app, later, signer, keys, refresh.unwrap(), links).unwrap();
        Door::new(accounts::routes(), state)
    }

    /// Sends a request with the key; without a body if there is none.
    fn send(&self, door: &Door, path: &str, body: &Value) -> Call {
        let call = door.call(Method::POST, path).by(&self.admin).key(KEY);
        if body.is_null() { call } else { call.json(body) }
    }

    /// A repetition gets the same answer and changes nothing; another request under the key is refused.
    async fn honours(&self, door: &Door, path: &str, body: Value, other: (&str, Value)) {
        let first = self.send(door, path, &body).await;
        let after = self.shop.snapshot().await;

        let again = self.send(door, path, &body).await;
        let reused = self.send(door, other.0, &other.1).await;

        assert!((200..300).contains(&first.status), "{path} {}", first.body);
        assert_eq!(shown(&again), shown(&first), "{path}");
        assert_eq!(replayed(&first), None, "{path}");
        assert_eq!(replayed(&again), Some("true"), "{path}");
        assert_eq!(reused.refusal(), (422, "idempotency_key_reused"), "{path} {}", reused.body);
        assert_eq!(self.shop.snapshot().await, after, "{path}");
    }
}

fn shown(answer: &Answer) -> (u16, &[u8], Option<&str>, Option<&str>) {
    (answer.status, &answer.bytes, answer.header("location"), answer.header("etag"))
}

fn replayed(answer: &Answer) -> Option<&str> {
    answer.header("idempotent-replayed")
}

fn mug(sku: &str) -> Value {
    json!({"sku": sku, "name": "Mug", "price": {"amount": 1250, "currency": "EUR"}, "stock": 3})
}

#[tokio::test]
async fn a_product_is_created_once_under_its_key() {
    let here = Scene::open().await;
    let other = ("/v1/products", mug("B"));
    here.honours(&shelves(&here.shop), "/v1/products", mug("A"), other).await;
    here.shop.check_invariants().await;
}

#[tokio::test]
async fn a_category_is_created_once_under_its_key() {
    let here = Scene::open().await;
    let other = ("/v1/categories", json!({"name": "Pots"}));
    here.honours(&shelves(&here.shop), "/v1/categories", json!({"name": "Mugs"}), other).await;
}

#[tokio::test]
async fn counts_are_taken_once_under_their_key() {
    let here = Scene::open().await;
    let state = Inventory { app: here.shop.app(), dispatch: Dispatch::later() };
    let door = Door::new(inventory::routes(), state);
    let counts = |on_hand| {
        let count = json!({"sku": "A", "on_hand": on_hand, "sequence": 1});
        json!({"source": "acme", "counts": [count]})
    };
    let path = "/v1/inventory/sync";
    here.honours(&door, path, counts(1), (path, counts(2))).await;
}

#[tokio::test]
async fn an_order_is_confirmed_once_under_its_key() {
    let here = Scene::open().await;
    let path = format!("/v1/orders/{}/confirm", here.order().await);
    let other = (path.as_str(), json!({"reason": "card"}));
    here.honours(&counter(&here.shop), &path, json!({"reason": "cash"}), other).await;
    here.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_is_shipped_once_under_its_key() {
    let here = Scene::open().await;
    let product = here.shop.product(Product::any()).await;
    let buyer = here.shop.customer().await;
    let order = here.shop.confirmed_order(&buyer, Order { product, quantity: 1 }).await;
    let path = format!("/v1/orders/{order}/ship");
    let other = (path.as_str(), json!({"carrier": "UPS"}));
    here.honours(&counter(&here.shop), &path, json!({"carrier": "DHL"}), other).await;
    here.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_is_cancelled_once_under_its_key() {
    let here = Scene::open().await;
    let path = format!("/v1/orders/{}/cancel", here.order().await);
    let other = format!("/v1/orders/{}/cancel", here.order().await);
    here.honours(&counter(&here.shop), &path, Value::Null, (&other, Value::Null)).await;
    here.shop.check_invariants().await;
}

/// A repetition that comes late must not close an account that was opened again meanwhile.
#[tokio::test]
async fn an_account_is_closed_once_under_its_key() {
    let here = Scene::open().await;
    let (ann, door) = (here.shop.customer().await, here.people());
    let path = |action: &str| format!("/v1/users/{}/{action}", ann.id);
    let (disable, enable) = (path("disable"), path("enable"));

    here.honours(&door, &disable, Value::Null, (&enable, Value::Null)).await;
    let opened = door.call(Method::POST, &enable).by(&here.admin).await;
    let late = here.send(&door, &disable, &Value::Null).await;

    assert_eq!((opened.status, late.status, replayed(&late)), (200, 200, Some("true")));
    let closed = "select count(*) from users where disabled_at is not null";
    assert_eq!(here.shop.one::<i64>(closed).await, 0);
}

#[tokio::test]
async fn of_ten_twins_at_once_under_one_key_one_makes_the_product() {
    let here = Scene::open().await;
    let door = shelves(&here.shop);

    let answers = all((0..10).map(|_| here.send(&door, "/v1/products", &mug("TWIN")))).await;

    assert!(answers.iter().all(|answer| shown(answer) == shown(&answers[0])), "{answers:?}");
    assert_eq!(answers[0].status, 201);
    assert_eq!(answers.iter().filter(|answer| replayed(answer).is_none()).count(), 1);
    assert_eq!(here.shop.one::<i64>("select count(*) from products").await, 1);
}

#[tokio::test]
async fn a_refused_wish_frees_its_key_and_a_bad_key_is_refused() {
    let here = Scene::open().await;
    let door = shelves(&here.shop);
    here.shop.product(Product { sku: "A".to_owned(), ..Product::any() }).await;

    let refused = here.send(&door, "/v1/products", &mug("A")).await;
    let granted = here.send(&door, "/v1/products", &mug("B")).await;
    let bad = door.post("/v1/products", &mug("C")).by(&here.admin).key("short").await;

    assert_eq!(refused.refusal(), (409, "sku_taken"));
    assert_eq!(granted.status, 201, "{}", granted.body);
    assert_eq!(bad.refusal(), (400, "bad_idempotency_key"));
}
