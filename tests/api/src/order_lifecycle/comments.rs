//! What staff write about an order, for staff.

use super::{api, path};
use domain::id::OrderId;
use serde_json::{Value, json};
use testkit::{ApiClient, Call, Order, Product, Shop, User, send_all};

const KEY: &str = "a-key-of-a-comment";
const TEXT: &str = "She called:\nleave the parcel next door.";

struct Fixture {
    shop: Shop,
    api: ApiClient,
    buyer: User,
    staff: User,
    order: OrderId,
}

impl Fixture {
    async fn new() -> Self {
        let shop = Shop::open().await;
        let product = shop.product(Product::any()).await;
        let (buyer, staff) = (shop.customer().await, shop.staff().await);
        let order = shop.order(&buyer, Order { product, quantity: 1 }).await;
        Self { api: api(&shop), shop, buyer, staff, order }
    }

    fn comment(&self, order: OrderId, text: &str) -> Call {
        self.api.post(&path(order, "comments"), &json!({"text": text}))
    }

    /// The texts that are in the order's events, as this person reads them.
    async fn seen_by(&self, person: &User) -> Vec<Value> {
        let events = self.api.get(&path(self.order, "events")).by(person).await;
        let events = events.body["data"].as_array().unwrap().clone();
        let comments = events.into_iter().filter(|event| event["type"] == "order_commented");
        comments.map(|mut event| event["data"]["text"].take()).collect()
    }
}

#[tokio::test]
async fn staff_read_who_commented_on_an_order_and_the_buyer_reads_nothing_of_it() {
    let fixture = Fixture::new().await;
    let staff = &fixture.staff;

    let first = fixture.comment(fixture.order, &format!(" {TEXT} ")).by(staff).key(KEY).await;
    fixture.api.post(&path(fixture.order, "cancel"), &Value::Null).by(staff).await;
    let after =
        fixture.comment(fixture.order, "It came back.").by(staff).key("another-key-of-one").await;

    assert_eq!((first.status, after.status), (201, 201), "{} {}", first.body, after.body);
    assert_eq!((first.text("/text"), first.text("/created_by")), (TEXT, &*staff.id.to_string()));
    assert_eq!(first.header("location"), Some(&*path(fixture.order, "events")));
    assert_eq!(fixture.seen_by(staff).await, [TEXT, "It came back."]);
    assert!(fixture.seen_by(&fixture.buyer).await.is_empty());
}

#[tokio::test]
async fn a_repeated_comment_is_one_even_if_both_arrive_at_once() {
    let fixture = Fixture::new().await;

    let twins = (0..8).map(|_| fixture.comment(fixture.order, TEXT).by(&fixture.staff).key(KEY));
    let answers = send_all(twins).await;

    let ids: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(!ids.is_empty() && ids.iter().all(|answer| answer.body == ids[0].body));
    let others = answers.iter().filter(|answer| answer.status != 201);
    assert!(others.clone().all(|answer| answer.refusal() == (409, "busy")));
    assert_eq!(fixture.seen_by(&fixture.staff).await, [TEXT]);
}

#[tokio::test]
async fn a_comment_of_nothing_on_nothing_or_by_the_buyer_is_none() {
    let fixture = Fixture::new().await;

    let empty = fixture.comment(fixture.order, " \n ").by(&fixture.staff).key(KEY).await;
    let card = fixture.comment(fixture.order, "4242424242424242").by(&fixture.staff).key(KEY).await;
    let nowhere = fixture.comment(OrderId::generate(), TEXT).by(&fixture.staff).key(KEY).await;
    let buyer = fixture.comment(fixture.order, TEXT).by(&fixture.buyer).key(KEY).await;
    let no_key = fixture.comment(fixture.order, TEXT).by(&fixture.staff).await;

    assert_eq!((empty.status, &empty.body["errors"][0]["code"]), (422, &json!("empty")));
    assert_eq!((card.status, &card.body["errors"][0]["code"]), (422, &json!("looks_like_a_card")));
    assert_eq!(nowhere.refusal(), (404, "order_not_found"));
    assert_eq!(buyer.refusal(), (403, "wrong_role"));
    assert_eq!(no_key.refusal(), (400, "idempotency_key_required"));
    assert_eq!(fixture.shop.one::<i64>("select count(*) from order_comments").await, 0);
}
