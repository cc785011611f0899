use super::{api, fresh_key, order_body, place};
use serde_json::json;
use testkit::{Product, Shop};

#[tokio::test]
async fn a_total_below_the_least_that_can_be_charged_holds_nothing() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    for (price, currency, least) in [
        (30, "EUR", 50),
        (29, "GBP", 30),
        (5, "JPY", 50),
        (5000, "HUF", 17_500),
        (1499, "CZK", 1500),
    ] {
        let mug = shop.product(Product { price, currency, ..Product::any() }).await;
        let before = shop.snapshot().await;

        let response = place(&api, &buyer, &order_body([(mug, 1)])).await;

        assert_eq!(response.refusal(), (422, "total_too_small"), "{currency}");
        assert_eq!(response.body["least"], json!({"amount": least, "currency": currency}));
        assert_eq!(shop.snapshot().await, before, "{currency}");
    }
}

#[tokio::test]
async fn cheap_pieces_are_sold_by_as_many_as_can_be_charged() {
    let shop = Shop::open().await;
    let screw = shop.product(Product { price: 5, stock: 20, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let (api, key) = (api(&shop), fresh_key());
    let order =
        |pieces| api.post("/v1/orders", &order_body([(screw, pieces)])).by(&buyer).key(&key);

    let (nine, ten) = (order(9).await, order(10).await);

    assert_eq!(nine.refusal(), (422, "total_too_small"));
    assert_eq!((ten.status, &ten.body["total"]["amount"]), (201, &json!(50)));
    assert_eq!(shop.stock(screw).await, (20, 10));
    shop.check_invariants().await;
}

#[tokio::test]
async fn each_currency_has_its_own_most() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    for (currency, most) in
        [("INR", 999_999_999_i64), ("COP", 9_999_999_999), ("EUR", 999_999_999_999)]
    {
        let pot = shop.product(Product { price: most, currency, ..Product::any() }).await;
        let before = shop.snapshot().await;

        let two = place(&api, &buyer, &order_body([(pot, 2)])).await;

        assert_eq!(two.refusal(), (422, "total_too_large"), "{currency}");
        assert_eq!(two.body["most"], json!({"amount": most, "currency": currency}));
        assert_eq!(shop.snapshot().await, before, "{currency}");
        let one = place(&api, &buyer, &order_body([(pot, 1)])).await;
        assert_eq!((one.status, &one.body["total"]["amount"]), (201, &json!(most)), "{currency}");
    }
    shop.check_invariants().await;
}

#[tokio::test]
async fn what_was_priced_before_its_currency_had_rules_is_not_for_sale() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    for (price, currency) in [(1999, "KWD"), (1050, "ISK"), (1000, "BGN")] {
        let mug = shop.product(Product { price, currency, ..Product::any() }).await;
        let before = shop.snapshot().await;

        // Ten pieces make a total that can be charged, but not a piece of it that could be refunded.
        for pieces in [1, 10] {
            let response = place(&api, &buyer, &order_body([(mug, pieces)])).await;

            assert_eq!(response.refusal(), (422, "not_for_sale"), "{currency}");
            assert_eq!(response.body["product"], json!(mug));
        }
        assert_eq!(shop.snapshot().await, before, "{currency}");
    }
}
