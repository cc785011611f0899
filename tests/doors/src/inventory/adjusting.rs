use super::Store;
use futures_util::future::join_all;
use serde_json::json;

#[tokio::test]
async fn an_adjustment_changes_what_is_on_hand_and_says_what_came_of_it() {
    let store = Store::open().await;
    let mug = store.product("MUG-1", 10).await;
    store.promise(mug, 3).await;

    let wish = json!({"delta": -4, "reason": "lost"});
    let answer = store.adjust("MUG-1", "the key of one wish", &wish).await;

    assert_eq!(answer.status, 201, "{}", answer.body);
    assert!(answer.text("/id").starts_with("adj_"));
    let moved = store.get(answer.header("location").unwrap()).await;
    assert_eq!(moved.body["data"][0]["source_id"], answer.body["id"]);
    assert_eq!(answer.body["delta"], -4);
    assert_eq!(answer.body["note"], json!(null));
    assert_eq!(answer.body["stock"], store.get("/v1/inventory/MUG-1").await.body);
    assert_eq!(store.shop.stock(mug).await, (6, 3));
    store.books_are_in_order().await;
}

#[tokio::test]
async fn an_adjustment_keeps_what_is_promised() {
    let store = Store::open().await;
    let mug = store.product("MUG-1", 10).await;
    store.promise(mug, 3).await;

    let too_much = json!({"delta": -8, "reason": "lost"});
    let answer = store.adjust("MUG-1", "the key of one wish", &too_much).await;
    let all_else = json!({"delta": -7, "reason": "lost"});
    // The refusal used no key up.
    let again = store.adjust("MUG-1", "the key of one wish", &all_else).await;

    assert_eq!(answer.refusal(), (409, "below_reserved"));
    assert_eq!((&answer.body["reserved"], &answer.body["on_hand"]), (&json!(3), &json!(10)));
    assert_eq!(again.status, 201, "{}", again.body);
    assert_eq!(store.shop.stock(mug).await, (3, 3));
    store.books_are_in_order().await;
}

#[tokio::test]
async fn the_same_wish_twice_is_granted_once() {
    let store = Store::open().await;
    let mug = store.product("MUG-1", 10).await;
    let wish = json!({"delta": 5, "reason": "received"});

    let twins = (0..6).map(|_| async { store.adjust("MUG-1", "the key of one wish", &wish).await });
    let answers = join_all(twins).await;
    let other = json!({"delta": 6, "reason": "received"});
    let reused = store.adjust("MUG-1", "the key of one wish", &other).await;

    assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
    assert!(answers.iter().all(|answer| answer.header("location").is_some()));
    let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_some());
    assert_eq!(replayed.count(), 5);
    assert_eq!(reused.refusal(), (422, "idempotency_key_reused"));
    assert_eq!(store.shop.stock(mug).await, (15, 0));
    store.books_are_in_order().await;
}

#[tokio::test]
async fn people_who_adjust_at_once_do_not_overwrite_each_other() {
    let store = Store::open().await;
    let mug = store.product("MUG-1", 4).await;
    let wish = json!({"delta": -1, "reason": "lost"});

    let keys: Vec<_> = (0..7).map(|n| format!("the key of wish number {n}")).collect();
    let answers =
        join_all(keys.iter().map(|key| async { store.adjust("MUG-1", key, &wish).await }));
    let answers = answers.await;

    let granted = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.refusal() == (409, "below_reserved"));
    assert_eq!((granted, refused.count()), (4, 3));
    assert_eq!(store.shop.stock(mug).await, (0, 0));
    store.books_are_in_order().await;
}

#[tokio::test]
async fn a_wish_that_makes_no_sense_is_refused() {
    let store = Store::open().await;
    store.product("MUG-1", 10).await;
    for (wish, refusal) in [
        (json!({"delta": 0, "reason": "lost"}), (422, "invalid_value")),
        (json!({"delta": 1_000_001, "reason": "found"}), (422, "invalid_value")),
        (json!({"delta": 1, "reason": "found", "note": "a\u{0}"}), (422, "invalid_value")),
        (json!({"delta": 1.5, "reason": "found"}), (400, "bad_body")),
        (json!({"delta": 1, "reason": "stolen"}), (400, "bad_body")),
        (json!({"delta": 1}), (400, "bad_body")),
        (json!({"delta": 1, "reason": "found", "actor": "me"}), (400, "bad_body")),
    ] {
        let answer = store.adjust("MUG-1", "the key of one wish", &wish).await;
        assert_eq!(answer.refusal(), refusal, "{wish}");
    }
    let wish = json!({"delta": 1, "reason": "found"});
    let unknown = store.adjust("POT-1", "the key of one wish", &wish).await;
    assert_eq!(unknown.refusal(), (404, "unknown_sku"));
    let keyless = store.door.post("/v1/inventory/MUG-1/adjustments", &wish).by(&store.staff).await;
    assert_eq!(keyless.refusal(), (400, "idempotency_key_required"));
    let customer = store.shop.customer().await;
    let path = "/v1/inventory/MUG-1/adjustments";
    let answer = store.door.post(path, &wish).key("the key of one wish").by(&customer).await;
    assert_eq!(answer.refusal(), (403, "wrong_role"));
    store.books_are_in_order().await;
}

#[tokio::test]
async fn a_shelf_holds_only_so_many() {
    let store = Store::open().await;
    let mug = store.product("MUG-1", 999_999_999).await;

    let wish = json!({"delta": 2, "reason": "received"});
    let answer = store.adjust("MUG-1", "the key of one wish", &wish).await;

    assert_eq!(answer.refusal(), (409, "too_much_stock"));
    assert_eq!(store.shop.stock(mug).await, (999_999_999, 0));
}
