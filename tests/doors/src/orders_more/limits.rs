use super::{all, check_books, door, path, place, wish};
use serde_json::json;
use testkit::{Product, Shop};

#[tokio::test]
async fn of_twenty_orders_of_one_buyer_at_once_five_may_wait_for_payment() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let (buyer, other) = (shop.customer().await, shop.customer().await);
    let (door, wish) = (door(&shop), wish(mug, 1));

    let answers = all((0..20).map(|_| place(&door, &buyer, &wish))).await;

    let count = |refusal| answers.iter().filter(|a| a.refusal() == refusal).count();
    assert_eq!((count((201, "")), count((409, "too_many_unpaid"))), (5, 15));
    let refused = answers.iter().find(|answer| answer.status == 409).unwrap();
    assert_eq!(refused.body["most"], json!(5));
    assert_eq!(shop.stock(mug).await, (100, 5));
    assert_eq!(place(&door, &other, &wish).await.status, 201);
    check_books(&shop).await;
}

#[tokio::test]
async fn who_pays_or_cancels_may_order_again_under_the_same_key() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let (door, wish) = (door(&shop), wish(mug, 1));
    let mut placed = Vec::new();
    for _ in 0..5 {
        placed.push(place(&door, &buyer, &wish).await.text("/id").parse().unwrap());
    }
    let sixth = || door.post("/v1/orders", &wish).by(&buyer).key("the key of the sixth");

    let refused = sixth().await;
    door.post(&path(placed[0], "confirm"), &json!({"reason": "cash"})).by(&staff).await;
    let granted = sixth().await;
    let seventh = place(&door, &buyer, &wish).await;
    door.post(&path(placed[1], "cancel"), &json!({})).by(&buyer).await;
    let eighth = place(&door, &buyer, &wish).await;

    assert_eq!(refused.refusal(), (409, "too_many_unpaid"));
    assert_eq!(granted.status, 201, "{}", granted.body);
    assert_eq!(seventh.refusal(), (409, "too_many_unpaid"));
    assert_eq!(eighth.status, 201, "{}", eighth.body);
}

#[tokio::test]
async fn a_total_that_the_buyer_did_not_expect_is_told_and_nothing_is_ordered() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 500, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let door = door(&shop);
    let mut wish = wish(mug, 2);
    wish["expected_total"] = json!({"amount": 1000, "currency": "EUR"});

    let fine = place(&door, &buyer, &wish).await;
    shop.run("update products set price_minor = 600").await;
    let changed = place(&door, &buyer, &wish).await;
    wish["expected_total"]["currency"] = json!("USD");
    let foreign = place(&door, &buyer, &wish).await;

    assert_eq!(fine.status, 201, "{}", fine.body);
    for answer in [changed, foreign] {
        assert_eq!(answer.refusal(), (409, "total_changed"));
        assert_eq!(answer.body["total"], json!({"amount": 1200, "currency": "EUR"}));
    }
    assert_eq!(shop.stock(mug).await, (10, 2));
    assert_eq!(shop.one::<i64>("select count(*) from orders").await, 1);
}
