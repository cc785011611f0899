use super::{all, api, assert_consistent, order_body, path, place, queued_messages};
use domain::id::{OrderId, ProductId};
use serde_json::{Value, json};
use testkit::{ApiClient, Call, Order, Product, Response, Shop, User};

/// A paid order of so many mugs, of ten in stock, and the staff who ship it.
struct Sale {
    shop: Shop,
    api: ApiClient,
    buyer: User,
    staff: User,
    mug: ProductId,
    order: OrderId,
}

impl Sale {
    async fn of(quantity: i32) -> Self {
        let shop = Shop::open().await;
        let mug = shop.product(Product { stock: 10, ..Product::any() }).await;
        let (buyer, staff) = (shop.customer().await, shop.staff().await);
        let order = shop.confirmed_order(&buyer, Order { product: mug, quantity }).await;
        Self { api: api(&shop), shop, buyer, staff, mug, order }
    }

    fn parcel(&self, key: &str, body: &Value) -> Call {
        let path = path(self.order, "fulfillments");
        self.api.post(&path, body).by(&self.staff).key(&format!("a-key-of-the-parcel-{key}"))
    }

    /// Packs so many mugs, and ships them if there is a carrier.
    async fn pack(&self, key: &str, quantity: i32, carrier: Option<&str>) -> Response {
        let lines = json!([{"product": self.mug, "quantity": quantity}]);
        self.parcel(key, &json!({"lines": lines, "carrier": carrier})).await
    }

    async fn act(&self, parcel: &str, action: &str, body: &Value) -> Response {
        self.api.post(&format!("/v1/fulfillments/{parcel}/{action}"), body).by(&self.staff).await
    }

    async fn shown(&self) -> Response {
        self.api.get(&format!("/v1/orders/{}", self.order)).by(&self.buyer).await
    }

    async fn stock(&self) -> (i32, i32) {
        self.shop.stock(self.mug).await
    }

    /// The types of the order's events.
    async fn events(&self, person: &User) -> Vec<String> {
        let seen = self.api.get(&path(self.order, "events")).by(person).await;
        let events = seen.body["data"].as_array().unwrap().iter();
        events.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn an_order_is_shipped_with_its_last_parcel_and_each_parcel_is_announced_once() {
    let sale = Sale::of(3).await;

    let one = sale.pack("1", 2, Some("DHL")).await;
    let partly = sale.shown().await;
    let stock = sale.stock().await;
    let other = sale.parcel("2", &json!({"carrier": "UPS", "tracking_number": "1Z"})).await;
    let whole = sale.shown().await;

    assert_eq!((one.status, one.text("/status")), (201, "shipped"), "{}", one.body);
    assert_eq!(one.body["lines"][0]["quantity"], 2);
    assert_eq!(one.header("location"), Some(&*format!("/v1/fulfillments/{}", one.text("/id"))));
    assert_eq!(
        (partly.text("/status"), partly.text("/fulfillment_status")),
        ("confirmed", "partial")
    );
    assert_eq!(partly.body["lines"][0]["shipped"], 2);
    assert_eq!((partly.body["shipment"].clone(), stock), (Value::Null, (8, 1)));
    assert_eq!((other.status, &other.body["lines"][0]["quantity"]), (201, &json!(1)));
    assert_eq!(
        (whole.text("/status"), whole.text("/fulfillment_status")),
        ("shipped", "fulfilled")
    );
    assert_eq!(whole.body["shipment"]["carrier"], "UPS");
    assert_ne!(partly.header("etag"), whole.header("etag"));
    assert_eq!(sale.stock().await, (7, 0));
    let mails = format!("fulfillment_shipped:{} order_shipped:{}", one.text("/id"), sale.order);
    assert_eq!(queued_messages(&sale.shop).await, mails);
    assert_eq!(
        sale.events(&sale.buyer).await[1..],
        [
            "payment_captured",
            "order_confirmed",
            "fulfillment_shipped",
            "fulfillment_shipped",
            "order_shipped"
        ]
    );
    assert_consistent(&sale.shop).await;
    sale.shop.check_invariants().await;
}

#[tokio::test]
async fn a_packed_parcel_takes_nothing_from_stock_until_it_is_handed_over() {
    let sale = Sale::of(2).await;

    let packed = sale.parcel("1", &json!({})).await;
    let id = packed.text("/id").to_owned();
    let stock = sale.stock().await;
    let full = sale.pack("2", 1, Some("DHL")).await;
    let shipped = sale.act(&id, "ship", &json!({"carrier": "DHL"})).await;
    let again = sale.act(&id, "ship", &json!({"carrier": "DHL"})).await;
    let otherwise = sale.act(&id, "ship", &json!({"carrier": "UPS"})).await;

    assert_eq!((packed.status, packed.text("/status")), (201, "packed"));
    assert_eq!((packed.body["shipment"].clone(), stock), (Value::Null, (10, 2)));
    assert_eq!(full.refusal(), (409, "nothing_to_ship"));
    assert_eq!((shipped.status, shipped.text("/status")), (200, "shipped"));
    assert_eq!((again.status, &again.body), (200, &shipped.body));
    assert_eq!(otherwise.refusal(), (409, "illegal_fulfillment_move"));
    assert_eq!(sale.stock().await, (8, 0));
    assert_eq!(sale.shown().await.text("/status"), "shipped");
    assert_eq!(queued_messages(&sale.shop).await, format!("order_shipped:{}", sale.order));
    sale.shop.check_invariants().await;
}

#[tokio::test]
async fn a_parcel_is_cancelled_only_before_it_is_handed_over() {
    let sale = Sale::of(2).await;
    let packed = sale.pack("1", 1, None).await.text("/id").to_owned();
    let shipped = sale.pack("2", 1, Some("DHL")).await.text("/id").to_owned();

    let cancelled = sale.act(&packed, "cancel", &json!({})).await;
    let again = sale.act(&packed, "cancel", &json!({})).await;
    let too_late = sale.act(&shipped, "cancel", &json!({})).await;
    let not_shipped = sale.act(&packed, "ship", &json!({"carrier": "DHL"})).await;

    assert_eq!((cancelled.status, cancelled.text("/status")), (200, "cancelled"));
    assert_eq!((again.status, &again.body), (200, &cancelled.body));
    assert_eq!(too_late.refusal(), (409, "illegal_fulfillment_move"));
    assert_eq!(too_late.body["allowed"], json!([]));
    assert_eq!(not_shipped.refusal(), (409, "illegal_fulfillment_move"));
    assert_eq!(sale.stock().await, (9, 1));
    assert_eq!(sale.shown().await.body["lines"][0]["fulfilled"], 1);
    let last = sale.parcel("3", &json!({"carrier": "DHL"})).await;
    assert_eq!((last.status, sale.stock().await), (201, (8, 0)));
    let (staff, buyer) = (sale.events(&sale.staff).await, sale.events(&sale.buyer).await);
    assert!(staff.contains(&"fulfillment_cancelled".to_owned()), "{staff:?}");
    assert!(!buyer.contains(&"fulfillment_packed".to_owned()), "{buyer:?}");
    sale.shop.check_invariants().await;
}

#[tokio::test]
async fn no_parcel_holds_more_than_is_left_and_a_refused_one_changes_nothing() {
    let sale = Sale::of(2).await;
    let other = sale.shop.product(Product::any()).await;
    let line =
        |product: ProductId, quantity: i64| json!({"product": product, "quantity": quantity});
    let before = sale.shown().await.body;

    let many = sale.parcel("1", &json!({"lines": [line(sale.mug, 3)], "carrier": "DHL"})).await;
    let foreign = sale.parcel("2", &json!({"lines": [line(other, 1)], "carrier": "DHL"})).await;
    assert_eq!(many.refusal(), (409, "too_many_to_ship"));
    assert_eq!((&many.body["product"], &many.body["left"]), (&json!(sale.mug), &json!(2)));
    assert_eq!((foreign.refusal(), &foreign.body["left"]), ((409, "too_many_to_ship"), &json!(0)));
    for (key, body, pointer) in [
        ("3", json!({"lines": []}), "/lines"),
        ("4", json!({"lines": [line(sale.mug, 0)]}), "/lines/0/quantity"),
        ("5", json!({"lines": vec![line(sale.mug, 1); 101]}), "/lines"),
        ("6", json!({"tracking_number": "1Z"}), "/carrier"),
        ("7", json!({"carrier": "DHL", "tracking_url": "http://a.example/"}), "/tracking_url"),
    ] {
        let bad = sale.parcel(key, &body).await;
        assert_eq!((bad.status, bad.text("/errors/0/pointer")), (422, pointer), "{body}");
    }
    let unknown = format!("/v1/orders/{}/fulfillments", OrderId::generate());
    let unknown =
        sale.api.post(&unknown, &json!({})).by(&sale.staff).key("a-key-of-no-order").await;
    assert_eq!(unknown.refusal(), (404, "order_not_found"));
    let nothing = "ful_0193f2a7c1d87b3e9a5f4c2d1e0b9a87";
    let unknown = sale.act(nothing, "cancel", &json!({})).await;
    assert_eq!(unknown.refusal(), (404, "fulfillment_not_found"));
    assert_eq!((sale.shown().await.body, sale.stock().await), (before, (10, 2)));
}

#[tokio::test]
async fn only_paid_orders_are_packed_and_not_while_they_are_on_hold() {
    let sale = Sale::of(1).await;
    let pending = sale.shop.order(&sale.buyer, Order { product: sale.mug, quantity: 1 }).await;
    let unpaid = sale.api.post(&path(pending, "fulfillments"), &json!({}));
    let unpaid = unpaid.by(&sale.staff).key("a-key-of-an-unpaid-order").await;
    let packed = sale.pack("1", 1, None).await.text("/id").to_owned();
    sale.shop.run("update orders set on_hold = true where status = 'confirmed'").await;

    let held = sale.act(&packed, "ship", &json!({"carrier": "DHL"})).await;
    let unpacked = sale.act(&packed, "cancel", &json!({})).await;
    let not_packed = sale.pack("2", 1, None).await;

    assert_eq!(unpaid.refusal(), (409, "illegal_move"));
    assert_eq!(unpaid.body["allowed"], json!(["confirmed", "cancelled"]));
    assert_eq!(held.refusal(), (409, "on_hold"));
    assert_eq!(unpacked.status, 200);
    assert_eq!(not_packed.refusal(), (409, "on_hold"));
}

#[tokio::test]
async fn eight_parcels_at_once_share_five_pieces_and_a_repeated_one_is_the_same() {
    let sale = Sale::of(5).await;
    let one = json!({"lines": [{"product": sale.mug, "quantity": 1}], "carrier": "DHL"});

    let keys: Vec<_> = (0..8).map(|n| n.to_string()).collect();
    let answers = all(keys.iter().map(|key| sale.parcel(key, &one))).await;
    let again = all(keys.iter().map(|key| sale.parcel(key, &one))).await;

    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 5);
    for (first, second) in answers.iter().zip(&again).filter(|(first, _)| first.status == 201) {
        assert_eq!((second.status, &second.body), (201, &first.body));
    }
    assert_eq!(sale.stock().await, (5, 0));
    assert_eq!(sale.shown().await.text("/status"), "shipped");
    assert_eq!(queued_messages(&sale.shop).await.split(' ').count(), 5);
    sale.shop.check_invariants().await;
}

/// The foreign keys of what is inserted lock the products as well, before their counts are locked.
#[tokio::test]
async fn orders_of_the_same_products_that_are_shipped_at_once_never_wait_for_each_other_in_a_circle()
 {
    let sale = Sale::of(1).await;
    let pot = sale.shop.product(Product { stock: 100, ..Product::any() }).await;
    for _ in 0..10 {
        let mut orders = Vec::new();
        for _ in 0..8 {
            orders.push(
                sale.shop.confirmed_order(&sale.buyer, Order { product: pot, quantity: 1 }).await,
            );
        }
        let body = json!({"carrier": "DHL"});
        let ship = |order: &OrderId| sale.api.post(&path(*order, "ship"), &body).by(&sale.staff);

        let answers = all(orders.iter().map(ship)).await;

        assert!(answers.iter().all(|answer| answer.status == 200));
    }
    assert_eq!(sale.shop.stock(pot).await, (20, 0));
    sale.shop.check_invariants().await;
}

#[tokio::test]
async fn one_parcel_that_is_shipped_and_cancelled_at_once_is_one_of_both() {
    let sale = Sale::of(8).await;
    let (dhl, nothing) = (json!({"carrier": "DHL"}), json!({}));
    for turn in 0..8 {
        let id = sale.pack(&turn.to_string(), 1, None).await.text("/id").to_owned();

        let (shipped, cancelled) =
            tokio::join!(sale.act(&id, "ship", &dhl), sale.act(&id, "cancel", &nothing));

        assert_ne!(shipped.status, cancelled.status);
    }
    assert_consistent(&sale.shop).await;
    sale.shop.check_invariants().await;
}

#[tokio::test]
async fn shipping_the_order_ships_its_packed_parcels_and_all_that_is_in_none() {
    let sale = Sale::of(3).await;
    sale.pack("1", 1, None).await;

    let shipped = sale.api.post(&path(sale.order, "ship"), &json!({"carrier": "DHL"}));
    let shipped = shipped.by(&sale.staff).await;
    let parcels = sale.api.get(&path(sale.order, "fulfillments")).by(&sale.buyer).await;

    assert_eq!((shipped.status, shipped.text("/status")), (200, "shipped"), "{}", shipped.body);
    let parcels: Vec<_> = parcels.body["data"].as_array().unwrap().iter().collect();
    let pieces: Vec<_> = parcels.iter().map(|parcel| &parcel["lines"][0]["quantity"]).collect();
    assert_eq!(pieces, [1, 2]);
    assert!(parcels.iter().all(|parcel| parcel["shipment"]["carrier"] == "DHL"));
    assert_eq!((sale.stock().await), (7, 0));
    assert_eq!(queued_messages(&sale.shop).await, format!("order_shipped:{}", sale.order));
    sale.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_is_cancelled_with_its_packed_parcels_and_not_once_one_is_handed_over() {
    let packed = Sale::of(2).await;
    let id = packed.pack("1", 1, None).await.text("/id").to_owned();
    let begun = Sale::of(2).await;
    begun.pack("1", 1, Some("DHL")).await;

    let cancelled =
        packed.api.post(&path(packed.order, "cancel"), &json!({})).by(&packed.staff).await;
    let refused = begun.api.post(&path(begun.order, "cancel"), &json!({})).by(&begun.staff).await;

    assert_eq!((cancelled.status, cancelled.text("/status")), (200, "cancelled"));
    let parcel = packed.api.get(&format!("/v1/fulfillments/{id}")).by(&packed.staff).await;
    assert_eq!((parcel.text("/status"), packed.stock().await), ("cancelled", (10, 0)));
    packed.shop.check_invariants().await;
    assert_eq!(refused.refusal(), (409, "partly_shipped"));
    assert_eq!(begun.stock().await, (9, 1));
}

#[tokio::test]
async fn what_was_shipped_before_there_were_parcels_is_one() {
    let sale = Sale::of(2).await;
    sale.shop.ship(sale.order).await;

    let parcels = sale.api.get(&path(sale.order, "fulfillments")).by(&sale.buyer).await;
    let order = sale.shown().await;

    assert_eq!(parcels.body["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(parcels.text("/data/0/id"), sale.order.to_string().replace("ord_", "ful_"));
    assert_eq!(parcels.body["data"][0]["lines"][0]["quantity"], 2);
    assert_eq!(order.body["lines"][0]["shipped"], 2);
}

#[tokio::test]
async fn parcels_are_shown_to_their_buyer_and_made_by_staff() {
    let sale = Sale::of(2).await;
    let stranger = sale.shop.customer().await;
    let id = sale.pack("1", 1, None).await.text("/id").to_owned();
    let list = path(sale.order, "fulfillments");
    let parcel = format!("/v1/fulfillments/{id}");

    assert_eq!(sale.api.get(&list).by(&sale.buyer).await.status, 200);
    assert_eq!(sale.api.get(&list).by(&stranger).await.refusal(), (404, "order_not_found"));
    assert_eq!(sale.api.get(&parcel).by(&sale.buyer).await.refusal(), (403, "wrong_role"));
    assert_eq!(sale.api.get(&parcel).by(&sale.staff).await.body["id"], json!(id));
    let by_buyer =
        sale.api.post(&list, &json!({})).by(&sale.buyer).key("a-key-of-the-buyers").await;
    assert_eq!(by_buyer.refusal(), (403, "wrong_role"));
    let page = sale.api.get(&format!("{list}?limit=1")).by(&sale.staff).await;
    assert_eq!(page.body["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_order_of_two_products_is_whole_once_both_are_shipped() {
    let sale = Sale::of(1).await;
    let pot = sale.shop.product(Product { stock: 4, ..Product::any() }).await;
    let mut body = order_body(sale.mug, 2);
    body["lines"].as_array_mut().unwrap().push(json!({"product": pot, "quantity": 1}));
    let placed = place(&sale.api, &sale.buyer, &body).await;
    let order: OrderId = placed.text("/id").parse().unwrap();
    sale.shop.pay(order).await;
    let of = |product: ProductId| json!({"lines": [{"product": product, "quantity": 1}], "carrier": "DHL"});
    let mut statuses = Vec::new();
    for (key, product) in [("pot", pot), ("mug-1", sale.mug), ("mug-2", sale.mug)] {
        let call = sale.api.post(&path(order, "fulfillments"), &of(product)).by(&sale.staff);
        assert_eq!(call.key(&format!("a-key-of-two-products-{key}")).await.status, 201);
        let shown = sale.api.get(&format!("/v1/orders/{order}")).by(&sale.buyer).await;
        statuses.push(shown.text("/fulfillment_status").to_owned());
    }

    assert_eq!(statuses, ["partial", "partial", "fulfilled"]);
    assert_eq!(sale.shop.stock(pot).await, (3, 0));
    sale.shop.check_invariants().await;
}
