use super::{door, placed};
use domain::id::{OrderId, ProductId};
use testkit::{Order, Product, Shop};

#[tokio::test]
async fn buyers_see_their_own_orders_and_staff_see_all() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, stranger) = (shop.customer().await, shop.customer().await);
    let staff = shop.staff().await;
    let door = door(&shop);
    let order = placed(&door, &buyer, [(mug, 1)]).await;
    let path = format!("/v1/orders/{order}");

    let own = door.get(&path).by(&buyer).await;
    let seen_by_staff = door.get(&path).by(&staff).await;
    let others = door.get(&path).by(&stranger).await;
    let anonymous = door.get(&path).await;

    assert_eq!((own.status, own.text("/id")), (200, order.as_str()));
    assert_eq!(seen_by_staff.bytes, own.bytes);
    assert_eq!(others.refusal(), (404, "order_not_found"));
    assert_eq!(anonymous.refusal(), (401, "sign_in"));
}

#[tokio::test]
async fn an_order_of_somebody_else_looks_like_none() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, stranger) = (shop.customer().await, shop.customer().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let door = door(&shop);
    let ask = |order: OrderId| {
        let path = format!("/v1/orders/{order}");
        door.get(&path).by(&stranger).header("x-request-id", "same")
    };

    let others = ask(order).await;
    let none = ask(OrderId::generate()).await;

    assert_eq!(others.bytes, none.bytes);
}

#[tokio::test]
async fn what_is_no_order_id_names_nothing() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let door = door(&shop);
    let product = ProductId::generate().to_string();

    for id in ["1", "ord_", "ord_%00", "%ff", "..%2f..%2fetc", &product, "ord_' or 1=1"] {
        let path = format!("/v1/orders/{}", id.replace(' ', "%20"));
        let answer = door.get(&path).by(&buyer).await;
        assert_eq!(answer.status, 404, "{id}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_order_that_the_caller_holds_is_not_sent_again() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let (door, path) = (door(&shop), format!("/v1/orders/{order}"));
    let first = door.get(&path).by(&buyer).await;
    let tag = first.header("etag").unwrap();

    let same = door.get(&path).by(&buyer).header("if-none-match", tag).await;
    shop.pay(order).await;
    let changed = door.get(&path).by(&buyer).header("if-none-match", tag).await;

    assert_eq!(tag, "\"v1\"");
    assert_eq!((same.status, same.header("etag")), (304, Some(tag)));
    assert!(same.bytes.is_empty());
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"v2\"")));
    assert_eq!(changed.text("/payment_status"), "paid");
}
