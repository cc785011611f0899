use super::{api, placed};
use std::collections::BTreeSet;
use testkit::{ApiClient, Order, Product, Response, Shop, User};

fn ids(response: &Response) -> Vec<String> {
    let orders = response.body["data"].as_array().unwrap();
    orders.iter().map(|order| order["id"].as_str().unwrap().to_owned()).collect()
}

/// The ids on each page, until the last one.
async fn walk(api: &ApiClient, person: &User, start: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut path = start.to_owned();
    loop {
        let response = api.get(&path).by(person).await;
        assert_eq!(response.status, 200, "{}", response.body);
        pages.push(ids(&response));
        let Some(cursor) = response.body["next_cursor"].as_str() else {
            assert_eq!(
                (&response.body["has_more"], response.header("link")),
                (&false.into(), None)
            );
            return pages;
        };
        assert_eq!(response.body["has_more"], true);
        path = format!("{start}&cursor={cursor}");
        assert_eq!(response.header("link"), Some(&*format!("<{path}>; rel=\"next\"")));
    }
}

#[tokio::test]
async fn buyers_list_their_own_orders_and_staff_list_all_newest_first() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (one, other, nobody) =
        (shop.customer().await, shop.customer().await, shop.customer().await);
    let staff = shop.staff().await;
    let api = api(&shop);
    let first = placed(&api, &one, [(mug, 1)]).await;
    let second = placed(&api, &other, [(mug, 1)]).await;
    let third = placed(&api, &one, [(mug, 1)]).await;

    assert_eq!(ids(&api.get("/v1/orders").by(&one).await), [&*third, &first]);
    assert_eq!(ids(&api.get("/v1/orders").by(&other).await), [&*second]);
    assert_eq!(ids(&api.get("/v1/orders").by(&staff).await), [third, second, first]);
    assert!(ids(&api.get("/v1/orders").by(&nobody).await).is_empty());
    assert_eq!(api.get("/v1/orders").await.refusal(), (401, "sign_in"));
}

#[tokio::test]
async fn a_list_can_be_narrowed_to_a_status() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let pending = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let paid = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    shop.pay(paid).await;
    let api = api(&shop);
    let list =
        async |status: &str| ids(&api.get(&format!("/v1/orders?status={status}")).by(&buyer).await);

    assert_eq!(list("pending").await, [pending.to_string()]);
    assert_eq!(list("confirmed").await, [paid.to_string()]);
    assert!(list("cancelled").await.is_empty());
}

/// A hundred orders of the only user, of a hundred lines each, with long names.
const LARGE_ORDERS: &str = "
    set session_replication_role = replica;
    insert into orders (id, user_id, currency, subtotal_minor, total_minor, expires_at)
    select overlay(gen_random_uuid()::text placing lpad(n::text, 8, '0') from 1 for 8)::uuid, users.id, 'EUR', 10000, 10000,
           now() + interval '1 day'
    from users, generate_series(1, 100) n;
    insert into order_lines (order_id, product_id, sku, name, currency, quantity, unit_minor)
    select id, gen_random_uuid(), 'TEA-' || line, repeat('茶', 193), 'EUR', 1, 100
    from orders, generate_series(1, 100) line;
    reset session_replication_role";

#[tokio::test]
async fn a_walk_through_orders_too_large_for_one_response_meets_each_once() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    shop.admin.batch_execute(LARGE_ORDERS).await.unwrap();
    let api = api(&shop);

    let first = api.get("/v1/orders?limit=100").by(&buyer).await;
    let pages = walk(&api, &buyer, "/v1/orders?limit=100").await;

    // Lambda's response is JSON with the body as a string, and has at most 6,291,556 bytes.
    let body = String::from_utf8(first.bytes.to_vec()).unwrap();
    let in_lambda = serde_json::to_string(&body).unwrap().len();
    assert!((5_000_000..6_200_000).contains(&in_lambda), "{in_lambda}");
    assert!(pages.len() > 1 && pages[0].len() < 100, "{}", pages[0].len());
    let met: BTreeSet<_> = pages.concat().into_iter().collect();
    assert_eq!((pages.concat().len(), met.len()), (100, 100));
}

#[tokio::test]
async fn a_walk_meets_each_order_once_although_others_come_meanwhile() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let (buyer, other) = (shop.customer().await, shop.customer().await);
    let mut orders = Vec::new();
    for _ in 0..7 {
        let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
        shop.order(&other, Order { product: mug, quantity: 1 }).await;
        orders.insert(0, order.to_string());
    }
    let api = api(&shop);

    let page = api.get("/v1/orders?limit=3").by(&buyer).await;
    shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let rest = format!("/v1/orders?limit=3&cursor={}", page.text("/next_cursor"));
    let second = api.get(&rest).by(&buyer).await;

    assert_eq!([ids(&page), ids(&second)].concat(), orders[..6]);
    let pages = walk(&api, &buyer, "/v1/orders?limit=2").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2, 2]);
    assert_eq!(pages.concat()[1..], orders);
}

#[tokio::test]
async fn a_cursor_of_somebody_else_shows_nothing_of_theirs() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let (buyer, other) = (shop.customer().await, shop.customer().await);
    for _ in 0..3 {
        shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    }
    let api = api(&shop);
    let page = api.get("/v1/orders?limit=1").by(&buyer).await;

    let path = format!("/v1/orders?cursor={}", page.text("/next_cursor"));
    let response = api.get(&path).by(&other).await;

    assert_eq!((response.status, ids(&response).len()), (200, 0));
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let api = api(&shop);

    for (query, code) in [
        ("color=blue", "bad_query"),
        ("status=paid", "bad_query"),
        ("status=%00", "bad_query"),
        ("status=pending&status=shipped", "bad_query"),
        ("user_id=1", "bad_query"),
        ("limit=ten", "bad_query"),
        ("limit=1.5", "bad_query"),
        ("limit=99999999999999999999", "bad_query"),
        ("limit=0", "bad_limit"),
        ("limit=-1", "bad_limit"),
        ("limit=101", "bad_limit"),
        ("limit=1000000000", "bad_limit"),
        ("cursor=", "bad_cursor"),
        ("cursor=%00", "bad_cursor"),
        ("cursor=abc", "bad_cursor"),
        ("cursor=bm9uc2Vuc2U", "bad_cursor"),
        ("cursor=MQ", "bad_cursor"),
    ] {
        let response = api.get(&format!("/v1/orders?{query}")).by(&buyer).await;
        assert_eq!(response.refusal(), (400, code), "{query}");
    }
}
