//! Breaches that only the recorded HTTP responses can show.

use super::{Fixture, expect};
use invariants::BreachKind::{Duplicate, Lost};
use invariants::{Exchange, ExchangeLog};
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::{Value, json};
use testkit::{ApiClient, Response};

const KEY: &str = "the key of this order";

impl Fixture {
    /// Places a second order of the same buyer under [`KEY`], twice. The client that recorded both answers, and the
    /// first answer.
    async fn order_again(&self) -> (ApiClient, Response) {
        let orders = Orders { app: self.shop.app(), dispatcher: OutboxDispatcher::deferred() };
        let api = ApiClient::new(orders::routes(), orders);
        let mug: String =
            self.shop.one("select 'prod_' || replace(id::text, '-', '') from products").await;
        let body = json!({"lines": [{"product": mug, "quantity": 1}]});
        let place = || api.post("/v1/orders", &body).by(&self.buyer).key(KEY);
        let placed = place().await;
        assert_eq!((placed.status, place().await.bytes), (201, placed.bytes.clone()));
        self.shop.audit().with_exchanges(api.exchanges()).assert_holds().await;
        (api, placed)
    }

    /// A record of one answer to the buyer.
    fn exchanges(&self, call: &str, key: Option<&str>, status: u16, body: Value) -> ExchangeLog {
        let log = ExchangeLog::default();
        let (user, key) = (Some(self.buyer.email.clone()), key.map(str::to_owned));
        log.add(Exchange { user, call: call.to_owned(), key, status, body });
        log
    }
}

#[tokio::test]
async fn an_answer_that_is_not_kept_or_changes_is_named() {
    let fixture = Fixture::with_order("pending").await;
    let (api, placed) = fixture.order_again().await;

    let other = fixture.exchanges("POST /v1/orders", Some(KEY), 201, json!({"id": "ord_1"}));
    let audit = fixture.shop.audit().with_exchanges(api.exchanges()).with_exchanges(&other);
    expect(audit, &[("I5", Duplicate, "POST /v1/orders under the key of this order: {")]).await;
    expect(
        fixture.shop.audit().with_exchanges(&other),
        &[("I5", Lost, "{\"id\":\"ord_1\"}, kept 201 ")],
    )
    .await;

    fixture.corrupt("delete from idempotency_keys").await;
    let audit = || fixture.shop.audit().with_exchanges(api.exchanges());
    expect(audit(), &[("I5", Lost, "and nothing is kept")]).await;
    assert_eq!(placed.status, 201);
}

#[tokio::test]
async fn an_order_that_nobody_asked_for_or_that_is_gone_is_named() {
    let fixture = Fixture::with_order("pending").await;
    let (api, placed) = fixture.order_again().await;

    let unexpected = format!("{} exists, but no response reported it", fixture.order);
    expect(
        fixture.shop.audit().with_all_exchanges(api.exchanges()),
        &[("I5", Duplicate, &unexpected)],
    )
    .await;

    let first = fixture.exchanges("POST /v1/orders", None, 201, json!({"id": fixture.order}));
    let gone = fixture.exchanges(
        "POST /v1/orders",
        None,
        201,
        json!({"id": format!("ord_{}", "0".repeat(32))}),
    );
    let all = || fixture.shop.audit().with_all_exchanges(api.exchanges()).with_exchanges(&first);
    expect(all(), &[]).await;
    expect(all().with_exchanges(&gone), &[("I5", Lost, "000 was placed, and is not there")]).await;
    assert_eq!(placed.status, 201);
}

#[tokio::test]
async fn a_customer_who_sees_something_of_somebody_else_is_named() {
    let fixture = Fixture::with_order("pending").await;
    let mut shown =
        fixture.exchanges("GET /v1/orders", None, 200, json!({"data": [{"id": fixture.order}]}));
    fixture.shop.audit().with_exchanges(&shown).assert_holds().await;

    let [mut exchange] = <[Exchange; 1]>::try_from(shown.all()).unwrap();
    exchange.user = Some(fixture.shop.customer().await.email);
    shown = ExchangeLog::default();
    shown.add(exchange.clone());
    let seen = format!(
        "{} was shown {} of somebody else, by GET /v1/orders",
        exchange.user.unwrap(),
        fixture.order
    );
    expect(fixture.shop.audit().with_exchanges(&shown), &[("I8", Lost, &seen)]).await;

    let body = problem(403, "wrong_role");
    let exchanges = fixture.exchanges("GET /v1/orders/ord_1", None, 403, body);
    expect(
        fixture.shop.audit().with_exchanges(&exchanges),
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
    let fixture = Fixture::with_order("pending").await;
    let audit = |body: Value| {
        fixture.shop.audit().with_exchanges(&fixture.exchanges("GET /v1", None, 503, body))
    };
    let problem_with = |field: &str, value: Value| {
        let mut body = problem(503, "unavailable");
        body[field] = value;
        body
    };

    expect(audit(problem(503, "unavailable")), &[]).await;
    expect(audit(json!({"message": "Service Unavailable"})), &[]).await;
    expect(audit(json!("oops")), &[("I9", Lost, "GET /v1 503, which is no problem: \"oops\"")])
        .await;
    expect(audit(problem_with("status", json!(500))), &[("I9", Lost, "which is no problem")]).await;
    expect(audit(problem_with("request_id", json!(null))), &[("I9", Lost, "without a request id")])
        .await;
    for internal in ["SQLSTATE 23505", "thread panicked at src/lib.rs:1", "sk_test_1"] {
        expect(audit(problem_with("detail", json!(internal))), &[("I9", Lost, internal)]).await;
    }
}
