use super::api;
use domain::id::OrderId;
use testkit::{Order, Product, Response, Shop};

fn ids(response: &Response) -> Vec<String> {
    let orders = response.body["data"].as_array().unwrap_or_else(|| panic!("{}", response.body));
    orders.iter().map(|order| order["id"].as_str().unwrap().to_owned()).collect()
}

fn texts<const N: usize>(orders: [OrderId; N]) -> Vec<String> {
    orders.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn staff_find_the_orders_of_a_user_and_buyers_may_not_look() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (one, other) = (shop.customer().await, shop.customer().await);
    let staff = shop.staff().await;
    let first = shop.order(&one, Order { product: mug, quantity: 1 }).await;
    shop.order(&other, Order { product: mug, quantity: 1 }).await;
    let third = shop.confirmed_order(&one, Order { product: mug, quantity: 1 }).await;
    let api = api(&shop);
    let of_one = format!("/v1/orders?user={}", one.id);

    let found = api.get(&of_one).by(&staff).await;
    let confirmed = api.get(&format!("{of_one}&status=confirmed")).by(&staff).await;

    assert_eq!(ids(&found), texts([third, first]));
    assert_eq!(ids(&confirmed), texts([third]));
    for buyer in [&one, &other] {
        assert_eq!(api.get(&of_one).by(buyer).await.refusal(), (403, "wrong_role"));
    }
    assert_eq!(api.get("/v1/orders?user=1").by(&staff).await.refusal(), (400, "bad_query"));
}

#[tokio::test]
async fn a_list_can_run_from_the_first_order_on() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(shop.order(&buyer, Order { product: mug, quantity: 1 }).await.to_string());
    }
    let api = api(&shop);
    for person in [&buyer, &staff] {
        let mut seen = Vec::new();
        let mut path = "/v1/orders?sort=created_at&limit=2".to_owned();
        loop {
            let page = api.get(&path).by(person).await;
            seen.extend(ids(&page));
            let Some(cursor) = page.body["next_cursor"].as_str() else { break };
            path = format!("/v1/orders?sort=created_at&limit=2&cursor={cursor}");
        }
        assert_eq!(seen, orders);

        orders.reverse();
        let newest = api.get("/v1/orders?sort=-created_at").by(person).await;
        assert_eq!(ids(&newest), orders);
        orders.reverse();
    }
    assert_eq!(api.get("/v1/orders?sort=total").by(&staff).await.refusal(), (400, "bad_query"));
}

#[tokio::test]
async fn a_list_can_be_narrowed_to_a_time() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let mut orders = Vec::new();
    shop.run("alter table orders disable trigger orders_guard").await;
    for day in 1..=3 {
        let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
        let sql =
            format!("update orders set created_at = '2026-01-0{day}T00:00:00Z' where id = $1");
        shop.admin.execute(&sql, &[&order]).await.unwrap();
        orders.push(order);
    }
    let api = api(&shop);
    let list = async |query: &str| ids(&api.get(&format!("/v1/orders?{query}")).by(&staff).await);

    assert_eq!(list("created_at[gte]=2026-01-02T00:00:00Z").await, texts([orders[2], orders[1]]));
    assert_eq!(list("created_at%5Blt%5D=2026-01-02T00:00:00Z").await, texts([orders[0]]));
    let day = "created_at[gte]=2026-01-02T01:00:00%2B01:00&created_at[lt]=2026-01-03T00:00:00Z";
    assert_eq!(list(day).await, texts([orders[1]]));
    for bad in ["created_at[gte]=yesterday", "created_at[gt]=2026-01-02T00:00:00Z", "created_at=1"]
    {
        let response = api.get(&format!("/v1/orders?{bad}")).by(&staff).await;
        assert_eq!(response.refusal(), (400, "bad_query"), "{bad}");
    }
}
