use super::{Fixture, each};
use serde_json::{Value, json};
use testkit::Product;

#[tokio::test]
async fn a_level_says_what_is_there_what_is_promised_and_what_is_left() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    fixture.reserve(mug, 3).await;

    let answer = fixture.get("/v1/inventory/MUG-1").await;

    let expected = json!({
        "product": mug, "sku": "MUG-1", "name": answer.body["name"], "on_hand": 10, "reserved": 3,
        "available": 7, "low_stock_threshold": null, "low_stock": false,
    });
    assert_eq!((answer.status, answer.body), (200, expected));
}

#[tokio::test]
async fn an_archived_product_has_no_level_and_its_sku_is_somebody_elses() {
    let fixture = Fixture::new().await;
    let gone = Product { sku: "MUG-1".to_owned(), status: "archived", ..Product::any() };
    fixture.shop.product(gone).await;
    assert_eq!(fixture.get("/v1/inventory/MUG-1").await.refusal(), (404, "unknown_sku"));

    fixture.product("MUG-1", 4).await;

    assert_eq!(fixture.get("/v1/inventory/MUG-1").await.body["on_hand"], 4);
    assert_eq!(each(&fixture.get("/v1/inventory").await, "sku"), ["MUG-1"]);
}

#[tokio::test]
async fn what_no_product_can_be_called_is_not_found() {
    let fixture = Fixture::new().await;
    for sku in ["%00", "a%2Fb", "-mug", "%F0%9F%8D%B5"] {
        let answer = fixture.get(&format!("/v1/inventory/{sku}")).await;
        assert_eq!(answer.refusal(), (404, "not_found"), "{sku}");
    }
}

#[tokio::test]
async fn a_list_is_walked_by_sku_and_narrowed_by_its_beginning() {
    let fixture = Fixture::new().await;
    for sku in ["POT-1", "MUG-2", "MUG-1", "mug-3", "MUG-10"] {
        fixture.product(sku, 1).await;
    }

    let (mut path, mut seen) = ("/v1/inventory?q=MUG-&limit=1".to_owned(), Vec::new());
    loop {
        let page = fixture.get(&path).await;
        seen.extend(each(&page, "sku"));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/v1/inventory?q=MUG-&limit=1&cursor={cursor}");
    }

    assert_eq!(seen, ["MUG-1", "MUG-10", "MUG-2"]);
    assert_eq!(each(&fixture.get("/v1/inventory?q=").await, "sku").len(), 5);
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused() {
    let fixture = Fixture::new().await;
    fixture.product("MUG-1", 1).await;
    // The last two decode to a number, and to a text with U+0000, which no row can contain.
    for cursor in ["forged", "NQ", "Ilx1MDAwMCI"] {
        let answer = fixture.get(&format!("/v1/inventory?cursor={cursor}")).await;
        assert_eq!(answer.refusal(), (400, "bad_cursor"), "{cursor}");
    }
    for (path, refusal) in [
        ("/v1/inventory?low_stock=maybe", (400, "bad_query")),
        ("/v1/inventory?colour=blue", (400, "bad_query")),
        ("/v1/inventory?limit=0", (400, "bad_limit")),
        ("/v1/inventory?q=a%00", (422, "invalid_value")),
        ("/v1/inventory/MUG-1/movements?cursor=forged", (400, "bad_cursor")),
        ("/v1/inventory/POT-1/movements", (404, "unknown_sku")),
        ("/v1/stock-discrepancies?limit=101", (400, "bad_limit")),
    ] {
        assert_eq!(fixture.get(path).await.refusal(), refusal, "{path}");
    }
}

#[tokio::test]
async fn the_movements_of_a_product_are_its_story_the_newest_first() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    fixture.reserve(mug, 3).await;
    let body = json!({"delta": -2, "reason": "damaged", "note": "dropped"});
    let made = fixture.adjust("MUG-1", "the key of one request", &body).await;

    let first = fixture.get("/v1/inventory/MUG-1/movements?limit=2").await;
    let cursor = first.text("/next_cursor");
    let rest = fixture.get(&format!("/v1/inventory/MUG-1/movements?cursor={cursor}")).await;

    let newest = &first.body["data"][0];
    assert_eq!(newest["source_id"], made.body["id"]);
    assert_eq!(newest["actor"], json!(fixture.staff.id));
    assert_eq!((&newest["reason"], &newest["note"]), (&json!("damaged"), &json!("dropped")));
    assert_eq!(each(&first, "source"), ["adjustment", "order_placed"]);
    assert_eq!(each(&rest, "source"), ["created"]);
    let sum = |field| -> i64 {
        [&first, &rest]
            .into_iter()
            .flat_map(|page| each(page, field))
            .filter_map(|n| n.as_i64())
            .sum()
    };
    assert_eq!((sum("on_hand_delta"), sum("reserved_delta")), (8, 3));
    assert_eq!(each(&rest, "reason"), [Value::Null]);
}

#[tokio::test]
async fn inventory_is_for_staff() {
    let fixture = Fixture::new().await;
    fixture.product("MUG-1", 1).await;
    let customer = fixture.shop.customer().await;
    for path in [
        "/v1/inventory",
        "/v1/inventory/MUG-1",
        "/v1/inventory/MUG-1/movements",
        "/v1/inventory/sync",
        "/v1/inventory/discrepancies",
        "/v1/stock-discrepancies",
    ] {
        assert_eq!(fixture.api.get(path).await.refusal(), (401, "sign_in"), "{path}");
        let answer = fixture.api.get(path).by(&customer).await;
        assert_eq!(answer.refusal(), (403, "wrong_role"), "{path}");
    }
}
