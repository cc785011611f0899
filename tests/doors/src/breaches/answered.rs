//! Promises that are broken by what people are answered.

use super::{Scene, expect};
use books::Harm::{Lost, Twice};
use books::{Note, Notes};
use lambda::dispatch::Dispatch;
use orders::Orders;
use serde_json::{Value, json};
use testkit::{Answer, Door};

const KEY: &str = "the key of this order";

impl Scene {
    /// The buyer orders once more, and asks again.
    async fn order_again(&self) -> (Door, Answer) {
        let orders = Orders { app: self.shop.app(), dispatch: Dispatch::later() };
        let door = Door::new(orders::routes(), orders);
        let mug: String =
            self.shop.one("select 'prod_' || replace(id::text, '-', '') from products").await;
        let wish = json!({"lines": [{"product": mug, "quantity": 1}]});
        let place = || door.post("/v1/orders", &wish).by(&self.buyer).key(KEY);
        let placed = place().await;
        assert_eq!((placed.status, place().await.bytes), (201, placed.bytes.clone()));
        self.shop.books().with_answers(door.notes()).hold().await;
        (door, placed)
    }

    /// What is found if the buyer was answered like this.
    fn told(&self, call: &str, key: Option<&str>, status: u16, body: Value) -> Notes {
        let notes = Notes::default();
        let (who, key) = (Some(self.buyer.email.clone()), key.map(str::to_owned));
        notes.add(Note { who, call: call.to_owned(), key, status, body });
        notes
    }
}

#[tokio::test]
async fn an_answer_that_is_not_kept_or_changes_is_named() {
    let scene = Scene::with("pending").await;
    let (door, placed) = scene.order_again().await;

    let other = scene.told("POST /v1/orders", Some(KEY), 201, json!({"id": "ord_1"}));
    let books = scene.shop.books().with_answers(door.notes()).with_answers(&other);
    expect(books, &[("I5", Twice, "POST /v1/orders under the key of this order: {")]).await;
    expect(
        scene.shop.books().with_answers(&other),
        &[("I5", Lost, "{\"id\":\"ord_1\"}, kept 201 ")],
    )
    .await;

    scene.break_into("delete from idempotency_keys").await;
    let books = || scene.shop.books().with_answers(door.notes());
    expect(books(), &[("I5", Lost, "and nothing is kept")]).await;
    assert_eq!(placed.status, 201);
}

#[tokio::test]
async fn an_order_that_nobody_asked_for_or_that_is_gone_is_named() {
    let scene = Scene::with("pending").await;
    let (door, placed) = scene.order_again().await;

    let nobody = format!("{} is there, and nobody was told of it", scene.order);
    expect(scene.shop.books().with_all_answers(door.notes()), &[("I5", Twice, &nobody)]).await;

    let first = scene.told("POST /v1/orders", None, 201, json!({"id": scene.order}));
    let gone =
        scene.told("POST /v1/orders", None, 201, json!({"id": format!("ord_{}", "0".repeat(32))}));
    let all = || scene.shop.books().with_all_answers(door.notes()).with_answers(&first);
    expect(all(), &[]).await;
    expect(all().with_answers(&gone), &[("I5", Lost, "000 was placed, and is not there")]).await;
    assert_eq!(placed.status, 201);
}

#[tokio::test]
async fn a_customer_who_sees_something_of_somebody_else_is_named() {
    let scene = Scene::with("pending").await;
    let mut stranger =
        scene.told("GET /v1/orders", None, 200, json!({"data": [{"id": scene.order}]}));
    scene.shop.books().with_answers(&stranger).hold().await;

    let [mut note] = <[Note; 1]>::try_from(stranger.all()).unwrap();
    note.who = Some(scene.shop.customer().await.email);
    stranger = Notes::default();
    stranger.add(note.clone());
    let seen = format!(
        "{} was shown {} of somebody else, by GET /v1/orders",
        note.who.unwrap(),
        scene.order
    );
    expect(scene.shop.books().with_answers(&stranger), &[("I8", Lost, &seen)]).await;

    let told = problem(403, "wrong_role");
    let told = scene.told("GET /v1/orders/ord_1", None, 403, told);
    expect(
        scene.shop.books().with_answers(&told),
        &[("I8", Lost, "GET /v1/orders/ord_1 says 403")],
    )
    .await;
}

fn problem(status: u16, code: &str) -> Value {
    json!({"type": format!("/errors/{code}"), "title": "No", "status": status, "code": code,
           "detail": "no", "request_id": "r-1"})
}

#[tokio::test]
async fn an_error_that_is_no_problem_or_tells_of_our_insides_is_named() {
    let scene = Scene::with("pending").await;
    let books =
        |body: Value| scene.shop.books().with_answers(&scene.told("GET /v1", None, 503, body));
    let but = |field: &str, value: Value| {
        let mut body = problem(503, "unavailable");
        body[field] = value;
        body
    };

    expect(books(problem(503, "unavailable")), &[]).await;
    expect(books(json!({"message": "Service Unavailable"})), &[]).await;
    expect(books(json!("oops")), &[("I9", Lost, "GET /v1 503, which is no problem: \"oops\"")])
        .await;
    expect(books(but("status", json!(500))), &[("I9", Lost, "which is no problem")]).await;
    expect(books(but("request_id", json!(null))), &[("I9", Lost, "without a request id")]).await;
    for inside in ["SQLSTATE 23505", "thread panicked at src/lib.rs:1", "sk_test_1"] {
        expect(books(but("detail", json!(inside))), &[("I9", Lost, inside)]).await;
    }
}
