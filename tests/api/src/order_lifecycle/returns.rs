use super::{api, assert_consistent, path, queued_messages};
use domain::id::{OrderId, ProductId};
use inventory::Inventory;
use lambda::dispatcher::OutboxDispatcher;
use serde_json::{Value, json};
use testkit::{ApiClient, Call, Order, Product, Response, Shop, User};

/// An order of so many mugs, of ten in stock, that was shipped as a whole.
pub(super) struct Sold {
    pub(super) shop: Shop,
    pub(super) api: ApiClient,
    pub(super) buyer: User,
    pub(super) staff: User,
    pub(super) mug: ProductId,
    pub(super) order: OrderId,
}

impl Sold {
    pub(super) async fn of(quantity: i32) -> Self {
        let sold = Self::paid(quantity).await;
        let ship = sold.api.post(&path(sold.order, "ship"), &json!({"carrier": "DHL"}));
        assert_eq!(ship.by(&sold.staff).await.status, 200);
        sold
    }

    async fn paid(quantity: i32) -> Self {
        let shop = Shop::open().await;
        let mug = shop.product(Product { stock: 10, ..Product::any() }).await;
        let (buyer, staff) = (shop.customer().await, shop.staff().await);
        let order = shop.confirmed_order(&buyer, Order { product: mug, quantity }).await;
        Self { api: api(&shop), shop, buyer, staff, mug, order }
    }

    pub(super) fn request(&self, key: &str, who: &User, body: &Value) -> Call {
        let key = format!("a-key-of-the-return-{key}");
        self.api.post(&path(self.order, "returns"), body).by(who).key(&key)
    }

    pub(super) fn mugs(&self, quantity: i32) -> Value {
        json!({"lines": [{"product": self.mug, "quantity": quantity}]})
    }

    /// The id of a return of so many mugs.
    pub(super) async fn back(&self, key: &str, quantity: i32) -> String {
        let made = self.request(key, &self.buyer, &self.mugs(quantity)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.text("/id").to_owned()
    }

    pub(super) fn act(&self, id: &str, action: &str, body: &Value) -> Call {
        self.api.post(&format!("/v1/returns/{id}/{action}"), body).by(&self.staff)
    }

    pub(super) async fn approved(&self, key: &str, quantity: i32) -> String {
        let id = self.back(key, quantity).await;
        assert_eq!(self.act(&id, "approve", &json!({})).await.status, 200);
        id
    }

    pub(super) fn arrived(&self, received: i32, restock: i32) -> Value {
        let condition = (received > 0).then_some("opened");
        let line = json!({"product": self.mug, "received": received, "condition": condition, "restock": restock});
        json!({"lines": [line]})
    }

    async fn line(&self) -> Value {
        let order = self.api.get(&format!("/v1/orders/{}", self.order)).by(&self.buyer).await;
        order.body["lines"][0].clone()
    }

    async fn events(&self, who: &User) -> Vec<Value> {
        let seen = self.api.get(&path(self.order, "events")).by(who).await;
        seen.body["data"].as_array().unwrap().clone()
    }

    async fn settings(&self, sql: &str) {
        self.shop.run(sql).await;
    }
}

fn left(refused: &Response) -> (u16, &str, &Value) {
    let (status, code) = refused.refusal();
    (status, code, &refused.body["left"])
}

#[tokio::test]
async fn goods_come_back_in_three_steps_and_the_buyer_hears_of_each() {
    let sold = Sold::of(3).await;
    let body = json!({"lines": sold.mugs(2)["lines"], "note": "Too small"});

    let made = sold.request("1", &sold.buyer, &body).await;
    let again = sold.request("1", &sold.buyer, &body).await;
    let id = made.text("/id");
    let where_to = json!({"instructions": "To dock 4"});
    let approved = sold.act(id, "approve", &where_to).await;
    let received = sold.act(id, "receive", &sold.arrived(2, 1)).await;

    assert_eq!(
        (made.status, made.text("/status"), made.text("/note")),
        (201, "requested", "Too small")
    );
    assert_eq!(made.header("location"), Some(&*format!("/v1/returns/{id}")));
    assert_eq!((again.status, &again.body), (201, &made.body));
    assert_eq!((approved.status, approved.text("/status")), (200, "approved"), "{}", approved.body);
    assert_eq!(approved.text("/instructions"), "To dock 4");
    assert_eq!((received.status, received.text("/status")), (200, "received"), "{}", received.body);
    let line = &received.body["lines"][0];
    assert_eq!(
        (&line["quantity"], &line["received"], &line["restocked"]),
        (&json!(2), &json!(2), &json!(1))
    );
    assert_eq!(
        (line["condition"].clone(), sold.shop.stock(sold.mug).await),
        (json!("opened"), (8, 0))
    );
    assert_eq!(sold.line().await["returned"], 2);
    let steps = ["requested", "approved", "received"].map(|step| format!("return_{step}:{id}"));
    let mails = queued_messages(&sold.shop).await;
    assert_eq!(mails, format!("order_shipped:{} {}", sold.order, steps.join(" ")));
    let events = sold.events(&sold.buyer).await;
    let told: Vec<_> =
        events.iter().rev().take(3).map(|event| (&event["type"], &event["data"])).collect();
    assert_eq!(told[0], (&json!("return_received"), &json!({"return": id})));
    assert_eq!(
        told[1],
        (&json!("return_approved"), &json!({"return": id, "instructions": "To dock 4"}))
    );
    assert_eq!(told[2], (&json!("return_requested"), &json!({"return": id, "note": "Too small"})));
    assert!(events.iter().all(|event| event["actor"].is_null()));
    let by_staff = sold.events(&sold.staff).await;
    assert_eq!(by_staff.last().unwrap()["actor"], json!(sold.staff.id));
    let move_of = format!(
        "stock_moves where source = 'received_return' and source_id = '{id}' and on_hand_delta = 1"
    );
    assert_eq!(sold.shop.one::<i64>(&format!("select count(*) from {move_of}")).await, 1);
    assert_consistent(&sold.shop).await;
    sold.shop.check_invariants().await;
}

#[tokio::test]
async fn no_more_comes_back_than_was_shipped_and_a_refused_request_changes_nothing() {
    let sold = Sold::of(2).await;
    sold.back("1", 1).await;
    let other = sold.shop.product(Product::any()).await;
    let before = sold.shop.snapshot().await;
    let one = |product: ProductId, quantity: i64| json!({"product": product, "quantity": quantity});

    let many = sold.request("2", &sold.buyer, &sold.mugs(2)).await;
    let foreign = sold.request("3", &sold.buyer, &json!({"lines": [one(other, 1)]})).await;
    assert_eq!(left(&many), (409, "too_many_to_return", &json!(1)));
    assert_eq!(left(&foreign), (409, "too_many_to_return", &json!(0)));
    for (key, body, pointer) in [
        ("4", json!({"lines": []}), "/lines"),
        ("5", json!({"lines": [one(sold.mug, 0)]}), "/lines/0/quantity"),
        ("6", json!({"lines": vec![one(sold.mug, 1); 101]}), "/lines"),
        ("7", json!({"note": "x".repeat(1001)}), "/note"),
    ] {
        let bad = sold.request(key, &sold.buyer, &body).await;
        assert_eq!((bad.status, bad.text("/errors/0/pointer")), (422, pointer), "{body}");
    }
    let nothing = "ret_0193f2a7c1d87b3e9a5f4c2d1e0b9a87";
    for (action, body) in [
        ("approve", json!({})),
        ("reject", json!({"reason": "No"})),
        ("receive", sold.arrived(1, 0)),
        ("cancel", Value::Null),
    ] {
        assert_eq!(sold.act(nothing, action, &body).await.refusal(), (404, "return_not_found"));
    }
    assert_eq!(sold.shop.snapshot().await, before);
    sold.back("8", 1).await;
    let nothing = sold.request("9", &sold.buyer, &json!({})).await;
    assert_eq!(nothing.refusal(), (409, "nothing_to_return"));
    sold.shop.check_invariants().await;
}

#[tokio::test]
async fn buyers_request_returns_in_time_and_staff_after_it() {
    let sold = Sold::of(3).await;
    sold.settings(
        "update fulfillments set shipped_at = now() - interval '30 days' + interval '1 minute'",
    )
    .await;
    assert_eq!(sold.request("1", &sold.buyer, &sold.mugs(1)).await.status, 201);

    sold.settings(
        "update fulfillments set shipped_at = date_trunc('second', now()) - interval '30 days'",
    )
    .await;
    let late = sold.request("2", &sold.buyer, &sold.mugs(1)).await;
    let by_staff = sold.request("3", &sold.staff, &sold.mugs(1)).await;
    sold.settings("update shop_pricing set return_window_days = null").await;
    let never = sold.request("4", &sold.buyer, &sold.mugs(1)).await;
    let by_staff_again = sold.request("5", &sold.staff, &sold.mugs(1)).await;

    assert_eq!(late.refusal(), (409, "return_window_closed"));
    assert!(late.text("/closed_at").ends_with('Z'), "{}", late.body);
    assert_eq!((by_staff.status, by_staff_again.status), (201, 201));
    assert_eq!(never.refusal(), (409, "returns_by_staff"));
    sold.shop.check_invariants().await;
}

#[tokio::test]
async fn pieces_of_a_parcel_come_back_while_others_are_left_to_ship() {
    let sold = Sold::paid(3).await;
    let early = sold.request("1", &sold.buyer, &json!({})).await;
    let parcel = json!({"lines": sold.mugs(2)["lines"], "carrier": "DHL"});
    let parcel = sold.api.post(&path(sold.order, "fulfillments"), &parcel).by(&sold.staff);
    assert_eq!(parcel.key("a-key-of-the-parcel").await.status, 201);

    let many = sold.request("2", &sold.buyer, &sold.mugs(3)).await;
    let id = sold.request("3", &sold.buyer, &json!({})).await.text("/id").to_owned();
    sold.act(&id, "approve", &json!({})).await;
    let received = sold.act(&id, "receive", &sold.arrived(1, 1)).await;

    assert_eq!(early.refusal(), (409, "nothing_to_return"));
    assert_eq!(left(&many), (409, "too_many_to_return", &json!(2)));
    assert_eq!((received.status, sold.shop.stock(sold.mug).await), (200, (9, 1)));
    let rest = sold.api.post(&path(sold.order, "ship"), &json!({"carrier": "DHL"})).by(&sold.staff);
    assert_eq!(rest.await.status, 200);
    assert_eq!(
        sold.back("4", 2).await.len(),
        36,
        "what did not arrive, and what was shipped since"
    );
    sold.shop.check_invariants().await;
}

#[tokio::test]
async fn what_was_shipped_before_there_were_parcels_comes_back() {
    let sold = Sold::paid(2).await;
    sold.shop.ship(sold.order).await;

    let id = sold.approved("1", 2).await;
    let received = sold.act(&id, "receive", &sold.arrived(2, 2)).await;

    assert_eq!((received.status, sold.shop.stock(sold.mug).await), (200, (10, 0)));
    sold.shop.check_invariants().await;
}

#[tokio::test]
async fn a_rejected_or_cancelled_return_frees_its_pieces() {
    let sold = Sold::of(2).await;
    let rejected = sold.back("1", 2).await;
    let no = json!({"reason": "The seal was broken"});
    let first = sold.act(&rejected, "reject", &no).await;
    let again = sold.act(&rejected, "reject", &no).await;
    let otherwise = sold.act(&rejected, "reject", &json!({"reason": "Late"})).await;

    assert_eq!((first.status, first.text("/reason")), (200, "The seal was broken"));
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(otherwise.refusal(), (409, "illegal_return_move"));
    assert_eq!(otherwise.body["allowed"], json!([]));
    let cancelled = sold.back("2", 2).await;
    let by_buyer = format!("/v1/returns/{cancelled}/cancel");
    let first = sold.api.post(&by_buyer, &Value::Null).by(&sold.buyer).await;
    let again = sold.api.post(&by_buyer, &Value::Null).by(&sold.buyer).await;
    assert_eq!((first.status, first.text("/status")), (200, "cancelled"));
    assert_eq!((again.status, &again.body), (200, &first.body));
    let approved = sold.approved("3", 2).await;
    let too_late = format!("/v1/returns/{approved}/cancel");
    let too_late = sold.api.post(&too_late, &Value::Null).by(&sold.buyer).await;
    assert_eq!(too_late.refusal(), (409, "illegal_return_move"));
    assert_eq!(
        (&too_late.body["return_status"], &too_late.body["allowed"]),
        (&json!("approved"), &json!([]))
    );
    assert_eq!(sold.act(&approved, "cancel", &Value::Null).await.status, 200);
    sold.back("4", 2).await;
    assert_eq!(sold.shop.stock(sold.mug).await, (8, 0));
    sold.shop.check_invariants().await;
}

#[tokio::test]
async fn each_step_follows_the_one_before_and_repeating_it_changes_nothing() {
    let sold = Sold::of(3).await;
    let id = sold.back("1", 2).await;
    let early = sold.act(&id, "receive", &sold.arrived(2, 2)).await;
    assert_eq!(early.refusal(), (409, "illegal_return_move"));
    assert_eq!(early.body["allowed"], json!(["approved", "rejected", "cancelled"]));

    let approved = sold.act(&id, "approve", &json!({})).await;
    let again = sold.act(&id, "approve", &json!({})).await;
    let otherwise = sold.act(&id, "approve", &json!({"instructions": "By post"})).await;
    let rejected = sold.act(&id, "reject", &json!({"reason": "No"})).await;
    assert_eq!((again.status, &again.body), (200, &approved.body));
    assert_eq!(otherwise.refusal(), (409, "illegal_return_move"));
    assert_eq!(rejected.body["allowed"], json!(["received", "cancelled"]));

    let many = sold.act(&id, "receive", &sold.arrived(3, 0)).await;
    assert_eq!(left(&many), (409, "too_many_received", &json!(2)));
    let received = sold.act(&id, "receive", &sold.arrived(1, 1)).await;
    let again = sold.act(&id, "receive", &sold.arrived(1, 1)).await;
    let otherwise = sold.act(&id, "receive", &sold.arrived(2, 2)).await;
    assert_eq!((again.status, &again.body), (200, &received.body));
    assert_eq!(otherwise.refusal(), (409, "illegal_return_move"));
    assert_eq!(
        (sold.shop.stock(sold.mug).await, &sold.line().await["returned"]),
        ((8, 0), &json!(1))
    );
    assert_eq!(queued_messages(&sold.shop).await.split(' ').count(), 4);
    sold.back("2", 2).await;
    sold.shop.check_invariants().await;
}

#[tokio::test]
async fn pieces_of_a_product_that_was_archived_are_in_stock_again() {
    let sold = Sold::of(2).await;
    let id = sold.approved("1", 2).await;
    sold.shop.run("update products set status = 'archived'").await;

    let received = sold.act(&id, "receive", &sold.arrived(2, 2)).await;

    assert_eq!((received.status, sold.shop.stock(sold.mug).await), (200, (10, 0)));
    let inventory = Inventory { app: sold.shop.app(), dispatcher: OutboxDispatcher::deferred() };
    let inventory = ApiClient::new(inventory::routes(), inventory);
    let path = format!("/v1/inventory/{}", sold.mug);
    let level = inventory.get(&path).by(&sold.staff).await;
    let moves = inventory.get(&format!("{path}/movements")).by(&sold.staff).await;
    let gone = json!({"delta": -10, "reason": "damaged"});
    let gone = inventory.post(&format!("{path}/adjustments"), &gone).by(&sold.staff);
    let gone = gone.key("a-key-to-write-them-off").await;
    assert_eq!((level.status, &level.body["on_hand"]), (200, &json!(10)), "{}", level.body);
    assert_eq!(moves.text("/data/0/source_id"), id);
    assert_eq!((gone.status, sold.shop.stock(sold.mug).await), (201, (0, 0)), "{}", gone.body);
    sold.shop.check_invariants().await;
}

#[tokio::test]
async fn returns_are_shown_to_their_buyer_and_staff_see_what_waits() {
    let sold = Sold::of(3).await;
    let stranger = sold.shop.customer().await;
    let (first, second) = (sold.approved("1", 1).await, sold.back("2", 1).await);
    let one = format!("/v1/returns/{first}");
    let list = path(sold.order, "returns");

    for path in [&one, &list] {
        assert_eq!(sold.api.get(path).by(&sold.buyer).await.status, 200);
        assert_eq!(sold.api.get(path).by(&sold.staff).await.status, 200);
        assert_eq!(sold.api.get(path).await.refusal(), (401, "sign_in"));
    }
    assert_eq!(sold.api.get(&one).by(&stranger).await.refusal(), (404, "return_not_found"));
    assert_eq!(sold.api.get(&list).by(&stranger).await.refusal(), (404, "order_not_found"));
    let cancel = sold.api.post(&format!("/v1/returns/{second}/cancel"), &Value::Null);
    assert_eq!(cancel.by(&stranger).await.refusal(), (404, "return_not_found"));
    assert_eq!(sold.request("3", &stranger, &json!({})).await.refusal(), (404, "order_not_found"));
    let approve = sold.api.post(&format!("/v1/returns/{second}/approve"), &json!({}));
    assert_eq!(approve.by(&sold.buyer).await.refusal(), (403, "wrong_role"));
    assert_eq!(sold.api.get("/v1/returns").by(&sold.buyer).await.refusal(), (403, "wrong_role"));
    let ids = |page: &Response| {
        let items = page.body["data"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let waiting = sold.api.get("/v1/returns?status=requested").by(&sold.staff).await;
    assert_eq!(ids(&waiting), [&*second]);
    let page = sold.api.get("/v1/returns?limit=1").by(&sold.staff).await;
    let next = format!("/v1/returns?limit=1&cursor={}", page.text("/next_cursor"));
    let next = sold.api.get(&next).by(&sold.staff).await;
    assert_eq!(
        (ids(&page), ids(&next), &next.body["next_cursor"]),
        (vec![first], vec![second], &Value::Null)
    );
}
