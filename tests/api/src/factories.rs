//! The rows that testkit's factories insert directly satisfy the same invariants as those made through the API.

use testkit::{Category, Order, Product, Shop};

#[tokio::test]
async fn every_factory_keeps_the_invariants() {
    let shop = Shop::open().await;
    let (buyer, _staff) = (shop.customer().await, shop.staff().await);
    let kitchen = shop.category(Category::any()).await;
    let mugs = shop.category(Category { parent: Some(kitchen), ..Category::any() }).await;
    let product = shop.product(Product { category: Some(mugs), ..Product::any() }).await;

    for status in ["pending", "confirmed", "shipped", "cancelled"] {
        let order = shop.order_in(status, &buyer, Order { product, quantity: 2 }).await;
        if ["confirmed", "shipped"].contains(&status) {
            shop.refund(order, 500).await;
        }
        let stored = "select status from orders where id = $1";
        let stored = shop.admin.query_one(stored, &[&order]).await.unwrap();
        assert_eq!(stored.get::<_, &str>(0), status);
    }

    assert_eq!(shop.stock(product).await, (8, 4));
    shop.check_invariants().await;
    assert_eq!(domain::operations::check(&shop.db).await.unwrap(), []);
}
