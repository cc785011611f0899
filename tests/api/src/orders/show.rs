use super::{api, placed};
use domain::id::{OrderId, ProductId};
use testkit::{Order, Product, Shop};

#[tokio::test]
async fn buyers_see_their_own_orders_and_staff_see_all() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, stranger) = (shop.customer().await, shop.customer().await);
    let staff = shop.staff().await;
    let api = api(&shop);
    let order = placed(&api, &buyer, [(mug, 1)]).await;
    let path = format!("/v1/orders/{order}");

    let own = api.get(&path).by(&buyer).await;
    let seen_by_staff = api.get(&path).by(&staff).await;
    let others = api.get(&path).by(&stranger).await;
    let anonymous = api.get(&path).await;

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
    let api = api(&shop);
    let ask = |order: OrderId| {
        let path = format!("/v1/orders/{order}");
        api.get(&path).by(&stranger).header("x-request-id", "same")
    };

    let others = ask(order).await;
    let none = ask(OrderId::generate()).await;

    assert_eq!(others.bytes, none.bytes);
}

#[tokio::test]
async fn what_is_no_order_id_names_nothing() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let product = ProductId::generate().to_string();

    for id in ["1", "ord_", "ord_%00", "%ff", "..%2f..%2fetc", &product, "ord_' or 1=1"] {
        let path = format!("/v1/orders/{}", id.replace(' ', "%20"));
        let response = api.get(&path).by(&buyer).await;
        assert_eq!(response.status, 404, "{id}: {}", response.body);
    }
}

#[tokio::test]
async fn an_order_that_the_caller_holds_is_not_sent_again() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let (api, path) = (api(&shop), format!("/v1/orders/{order}"));
    let first = api.get(&path).by(&buyer).await;
    let tag = first.header("etag").unwrap();

    let same = api.get(&path).by(&buyer).header("if-none-match", tag).await;
    shop.pay(order).await;
    let changed = api.get(&path).by(&buyer).header("if-none-match", tag).await;

    assert_eq!(tag, "\"v1\"");
    assert_eq!((same.status, same.header("etag")), (304, Some(tag)));
    assert!(same.bytes.is_empty());
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"v2\"")));
    assert_eq!(changed.text("/payment_status"), "paid");
}
