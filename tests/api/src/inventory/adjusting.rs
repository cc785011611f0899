use super::Fixture;
use futures_util::future::join_all;
use serde_json::json;

#[tokio::test]
async fn an_adjustment_changes_what_is_on_hand_and_says_what_came_of_it() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    fixture.reserve(mug, 3).await;

    let body = json!({"delta": -4, "reason": "lost"});
    let answer = fixture.adjust("MUG-1", "the key of one request", &body).await;

    assert_eq!(answer.status, 201, "{}", answer.body);
    assert!(answer.text("/id").starts_with("adj_"));
    let moved = fixture.get(answer.header("location").unwrap()).await;
    assert_eq!(moved.body["data"][0]["source_id"], answer.body["id"]);
    assert_eq!(answer.body["delta"], -4);
    assert_eq!(answer.body["note"], json!(null));
    assert_eq!(answer.body["stock"], fixture.get("/v1/inventory/MUG-1").await.body);
    assert_eq!(fixture.shop.stock(mug).await, (6, 3));
    fixture.check_invariants().await;
}

#[tokio::test]
async fn an_adjustment_keeps_what_is_promised() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    fixture.reserve(mug, 3).await;

    let below_reserved = json!({"delta": -8, "reason": "lost"});
    let answer = fixture.adjust("MUG-1", "the key of one request", &below_reserved).await;
    let down_to_reserved = json!({"delta": -7, "reason": "lost"});
    // A refused request leaves its key unused.
    let again = fixture.adjust("MUG-1", "the key of one request", &down_to_reserved).await;

    assert_eq!(answer.refusal(), (409, "below_reserved"));
    assert_eq!((&answer.body["reserved"], &answer.body["on_hand"]), (&json!(3), &json!(10)));
    assert_eq!(again.status, 201, "{}", again.body);
    assert_eq!(fixture.shop.stock(mug).await, (3, 3));
    fixture.check_invariants().await;
}

#[tokio::test]
async fn the_same_adjustment_twice_counts_once() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    let body = json!({"delta": 5, "reason": "received"});

    let twins =
        (0..6).map(|_| async { fixture.adjust("MUG-1", "the key of one request", &body).await });
    let answers = join_all(twins).await;
    let other = json!({"delta": 6, "reason": "received"});
    let reused = fixture.adjust("MUG-1", "the key of one request", &other).await;

    assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
    assert!(answers.iter().all(|answer| answer.header("location").is_some()));
    let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_some());
    assert_eq!(replayed.count(), 5);
    assert_eq!(reused.refusal(), (422, "idempotency_key_reused"));
    assert_eq!(fixture.shop.stock(mug).await, (15, 0));
    fixture.check_invariants().await;
}

#[tokio::test]
async fn people_who_adjust_at_once_do_not_overwrite_each_other() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 4).await;
    let body = json!({"delta": -1, "reason": "lost"});

    let keys: Vec<_> = (0..7).map(|n| format!("the key of request number {n}")).collect();
    let answers =
        join_all(keys.iter().map(|key| async { fixture.adjust("MUG-1", key, &body).await }));
    let answers = answers.await;

    let accepted = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.refusal() == (409, "below_reserved"));
    assert_eq!((accepted, refused.count()), (4, 3));
    assert_eq!(fixture.shop.stock(mug).await, (0, 0));
    fixture.check_invariants().await;
}

#[tokio::test]
async fn an_adjustment_that_makes_no_sense_is_refused() {
    let fixture = Fixture::new().await;
    fixture.product("MUG-1", 10).await;
    for (body, refusal) in [
        (json!({"delta": 0, "reason": "lost"}), (422, "invalid_value")),
        (json!({"delta": 1_000_001, "reason": "found"}), (422, "invalid_value")),
        (json!({"delta": 1, "reason": "found", "note": "a\u{0}"}), (422, "invalid_value")),
        (json!({"delta": 1.5, "reason": "found"}), (400, "bad_body")),
        (json!({"delta": 1, "reason": "stolen"}), (400, "bad_body")),
        (json!({"delta": 1}), (400, "bad_body")),
        (json!({"delta": 1, "reason": "found", "actor": "me"}), (400, "bad_body")),
    ] {
        let answer = fixture.adjust("MUG-1", "the key of one request", &body).await;
        assert_eq!(answer.refusal(), refusal, "{body}");
    }
    let body = json!({"delta": 1, "reason": "found"});
    let unknown = fixture.adjust("POT-1", "the key of one request", &body).await;
    assert_eq!(unknown.refusal(), (404, "unknown_sku"));
    let keyless =
        fixture.api.post("/v1/inventory/MUG-1/adjustments", &body).by(&fixture.staff).await;
    assert_eq!(keyless.refusal(), (400, "idempotency_key_required"));
    let customer = fixture.shop.customer().await;
    let path = "/v1/inventory/MUG-1/adjustments";
    let answer = fixture.api.post(path, &body).key("the key of one request").by(&customer).await;
    assert_eq!(answer.refusal(), (403, "wrong_role"));
    fixture.check_invariants().await;
}

#[tokio::test]
async fn a_stock_level_has_an_upper_limit() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 999_999_999).await;

    let body = json!({"delta": 2, "reason": "received"});
    let answer = fixture.adjust("MUG-1", "the key of one request", &body).await;

    assert_eq!(answer.refusal(), (409, "too_much_stock"));
    assert_eq!(fixture.shop.stock(mug).await, (999_999_999, 0));
}
