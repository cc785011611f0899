//! Early fraud warnings and reviews: the goods wait, the staff are told, and can let them go.

use super::{Fixture, api, deliver, event_outcome, ordered};
use axum::http::Method;
use domain::id::OrderId;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::{Value, json};
use testkit::{ApiClient, Response, Shop, User, send_all};

const WARNING: &str = "issfr_of_the_bank";
const REVIEW: &str = "prv_of_radar";

fn orders_of(shop: &Shop) -> ApiClient {
    let dispatcher = OutboxDispatcher::deferred();
    ApiClient::new(orders::routes(), Orders { app: shop.app(), dispatcher })
}

async fn ship(shop: &Shop, order: OrderId) -> Response {
    let path = format!("/v1/orders/{order}/ship");
    orders_of(shop).post(&path, &json!({"carrier": "DHL"})).by(&shop.staff().await).await
}

async fn release(shop: &Shop, order: OrderId, who: &User) -> Response {
    let path = format!("/v1/orders/{order}/release-hold");
    orders_of(shop).call(Method::POST, &path).by(who).await
}

/// What the order's timeline says about warnings, to whom.
async fn timeline(shop: &Shop, order: OrderId, who: &User) -> Vec<Value> {
    let path = format!("/v1/orders/{order}/events");
    let answer = orders_of(shop).get(&path).by(who).await;
    let mut entries = answer.body["data"].as_array().unwrap().clone();
    let concerns = |entry: &Value| {
        let kind = entry["type"].as_str().unwrap();
        kind.starts_with("fraud_warning") || kind.starts_with("review")
    };
    entries.retain(concerns);
    entries
}

/// The warnings of all orders in one line each, and how many emails were written about them.
async fn warnings(shop: &Shop) -> (Vec<String>, i64) {
    let sql = "select kind || ' ' || reason || case
                   when closed_by is not null then ' released' when closed_at is not null then ' closed' else ' open' end
               from fraud_warnings order by kind, provider";
    let rows = shop.admin.query(sql, &[]).await.unwrap();
    let mails = "select count(*) from outbox where dedupe_key like 'fraud_warning_opened:%'";
    (rows.iter().map(|row| row.get(0)).collect(), shop.one(mails).await)
}

#[tokio::test]
async fn a_fraud_warning_holds_the_goods_and_the_staff_hear_of_it_once() {
    let fixture = Fixture::paid().await;
    let (shop, order) = (&fixture.shop, fixture.order);
    let event = fixture.intent.warning_event(WARNING, "created", true);

    let twins = send_all((0..10).map(|_| fixture.api.stripe_event(&event))).await;
    fixture.deliver(&fixture.intent.warning_event(WARNING, "updated", true)).await;

    assert!(twins.iter().all(|response| response.status == 200));
    let open = "early_fraud_warning made_with_stolen_card open".to_owned();
    assert_eq!(warnings(shop).await, (vec![open], 1));
    assert_eq!(ship(shop, order).await.refusal(), (409, "on_hold"));
    let entries = timeline(shop, order, &shop.staff().await).await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["type"], "fraud_warning_opened");
    assert_eq!(entries[0]["data"]["reason"], "made_with_stolen_card");
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_warning_that_can_no_longer_be_acted_on_lets_the_goods_go() {
    let fixture = Fixture::paid().await;

    fixture.deliver(&fixture.intent.warning_event(WARNING, "created", true)).await;
    fixture.deliver(&fixture.intent.warning_event(WARNING, "updated", false)).await;
    // Told late: it stays closed.
    fixture.deliver(&fixture.intent.warning_event(WARNING, "updated", true)).await;
    // Refunded or disputed before the warning came: nobody needs to be told.
    fixture.deliver(&fixture.intent.warning_event("issfr_late", "created", false)).await;

    let closed = "early_fraud_warning made_with_stolen_card closed".to_owned();
    assert_eq!(warnings(&fixture.shop).await, (vec![closed.clone(), closed], 1));
    assert_eq!(ship(&fixture.shop, fixture.order).await.status, 200);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_review_holds_the_goods_until_it_is_closed_in_whatever_order_that_is_told() {
    let fixture = Fixture::paid().await;
    let (shop, order) = (&fixture.shop, fixture.order);
    fixture.deliver(&fixture.intent.review_event(REVIEW, "opened")).await;

    let held = ship(shop, order).await;
    fixture.deliver(&fixture.intent.review_event(REVIEW, "closed")).await;
    fixture.deliver(&fixture.intent.review_event("prv_other", "closed")).await;
    fixture.deliver(&fixture.intent.review_event("prv_other", "opened")).await;

    assert_eq!(held.refusal(), (409, "on_hold"));
    let closed = "review rule closed".to_owned();
    assert_eq!(warnings(shop).await, (vec![closed.clone(), closed], 1));
    let kinds = timeline(shop, order, &shop.staff().await).await;
    let kinds: Vec<_> = kinds.iter().filter_map(|entry| entry["type"].as_str()).collect();
    assert_eq!(kinds, ["review_opened", "review_closed", "review_opened", "review_closed"]);
    assert_eq!(ship(shop, order).await.status, 200);
    shop.check_invariants().await;
}

#[tokio::test]
async fn staff_let_the_goods_go_and_only_staff() {
    let fixture = Fixture::paid().await;
    let (shop, order) = (&fixture.shop, fixture.order);
    let (staff, stranger) = (shop.staff().await, shop.customer().await);
    fixture.deliver(&fixture.intent.warning_event(WARNING, "created", true)).await;
    fixture.deliver(&fixture.intent.review_event(REVIEW, "opened")).await;

    let refused = release(shop, order, &stranger).await;
    let released = release(shop, order, &staff).await;
    let again = release(shop, order, &staff).await;
    // Nobody asks again for what was decided here.
    fixture.deliver(&fixture.intent.warning_event(WARNING, "updated", true)).await;

    assert_eq!(refused.refusal(), (403, "wrong_role"));
    assert_eq!((released.status, &released.body["on_hold"]), (200, &json!(false)));
    assert_eq!((again.status, &again.body), (200, &released.body));
    let expected = [
        "early_fraud_warning made_with_stolen_card released".to_owned(),
        "review rule released".to_owned(),
    ];
    assert_eq!(warnings(shop).await, (expected.to_vec(), 2));
    let entries = timeline(shop, order, &staff).await;
    let closed = entries.iter().filter(|entry| entry["actor"] == json!(staff.id));
    assert_eq!(closed.count(), 2, "{entries:?}");
    assert_eq!(ship(shop, order).await.status, 200);
    shop.check_invariants().await;
}

#[tokio::test]
async fn nobody_releases_disputed_goods() {
    let fixture = Fixture::paid().await;
    let (shop, order, staff) = (&fixture.shop, fixture.order, fixture.shop.staff().await);
    let dispute = |step, status, second| fixture.intent.dispute_event("dp_1", step, status, second);
    fixture.deliver(&fixture.intent.warning_event(WARNING, "created", true)).await;
    fixture.deliver(&dispute("created", "needs_response", 1)).await;

    let refused = release(shop, order, &staff).await;
    // The dispute is won, and the warning is still open.
    fixture.deliver(&dispute("closed", "won", 3)).await;
    let held = ship(shop, order).await;
    let released = release(shop, order, &staff).await;

    assert_eq!(refused.refusal(), (409, "on_hold"));
    assert_eq!(held.refusal(), (409, "on_hold"));
    assert_eq!((released.status, &released.body["on_hold"]), (200, &json!(false)));
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_review_that_is_told_before_its_payment_holds_the_order_as_soon_as_it_is_paid() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    let review = intent.review_event(REVIEW, "opened");

    deliver(&api, &review).await;
    deliver(&api, &intent.event("succeeded", 3)).await;

    assert_eq!(event_outcome(&shop, &review).await, "done");
    assert_eq!(ship(&shop, order).await.refusal(), (409, "on_hold"));
    shop.check_invariants().await;
}

#[tokio::test]
async fn buyers_do_not_read_of_warnings_in_the_timeline() {
    let shop = Shop::open().await;
    let product = shop.product(testkit::Product::any()).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, testkit::Order { product, quantity: 1 }).await;
    let intent = shop.payment(order).await;
    let api = api(&shop);
    deliver(&api, &intent.event("succeeded", 0)).await;

    deliver(&api, &intent.warning_event(WARNING, "created", true)).await;
    deliver(&api, &intent.review_event(REVIEW, "opened")).await;

    assert!(timeline(&shop, order, &buyer).await.is_empty());
    assert_eq!(timeline(&shop, order, &shop.staff().await).await.len(), 2);
}
