use super::{api, fresh_key, order_body, place, placed};
use testkit::{ApiClient, Order, Product, Shop, User, send_all};

#[tokio::test]
async fn the_last_piece_is_sold_once() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 1, ..Product::any() }).await;
    let (one, other) = (shop.customer().await, shop.customer().await);
    let (api, body) = (api(&shop), order_body([(mug, 1)]));

    let (a, b) = tokio::join!(place(&api, &one, &body), place(&api, &other, &body));

    let mut refusals = [a.refusal(), b.refusal()];
    refusals.sort_unstable();
    assert_eq!(refusals, [(201, ""), (409, "out_of_stock")]);
    assert_eq!(shop.stock(mug).await, (1, 1));
    shop.check_invariants().await;
}

#[tokio::test]
async fn of_thirty_buyers_of_three_pieces_three_win() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 3, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let (api, body) = (api(&shop), order_body([(mug, 1)]));

    let responses = send_all((0..30).map(|_| place(&api, &buyer, &body))).await;

    let count = |refusal| responses.iter().filter(|a| a.refusal() == refusal).count();
    assert_eq!((count((201, "")), count((409, "out_of_stock"))), (3, 27));
    assert_eq!(shop.stock(mug).await, (3, 3));
    shop.check_invariants().await;
}

#[tokio::test]
async fn orders_over_the_same_products_in_any_order_do_not_deadlock() {
    let shop = Shop::open().await;
    let mut products = Vec::new();
    for stock in [3, 10, 3] {
        products.push(shop.product(Product { stock, ..Product::any() }).await);
    }
    let buyer = shop.customer().await;
    let api = api(&shop);
    let forwards = order_body(products.iter().map(|product| (*product, 1)));
    let backwards = order_body(products.iter().rev().map(|product| (*product, 1)));

    let bodies = [&forwards, &backwards].into_iter().cycle().take(30);
    let responses = send_all(bodies.map(|body| place(&api, &buyer, body))).await;

    let count = |refusal| responses.iter().filter(|a| a.refusal() == refusal).count();
    assert_eq!((count((201, "")), count((409, "out_of_stock"))), (3, 27));
    let mut stock = Vec::new();
    for product in products {
        stock.push(shop.stock(product).await);
    }
    assert_eq!(stock, [(3, 3), (10, 3), (3, 3)]);
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(shop.one::<i64>(deadlocks).await, 0);
    shop.check_invariants().await;
}

#[tokio::test]
async fn buying_and_cancelling_at_once_keeps_the_stock_right() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 5, ..Product::any() }).await;
    let tea = shop.product(Product { stock: 5, ..Product::any() }).await;
    let (buyer, other) = (shop.customer().await, shop.customer().await);
    let api = api(&shop);
    let mut calls = Vec::new();
    for _ in 0..4 {
        let order = placed(&api, &buyer, [(mug, 1), (tea, 1)]).await;
        calls.push(api.post(&format!("/v1/orders/{order}/cancel"), &order_body([])).by(&buyer));
        calls.push(place(&api, &other, &order_body([(tea, 1), (mug, 1)])));
    }

    let responses = send_all(calls).await;

    for response in &responses {
        assert!(matches!(response.refusal(), (200 | 201, "") | (409, "out_of_stock")));
    }
    let bought = responses.iter().filter(|response| response.status == 201).count();
    assert!(bought >= 1, "one piece was free from the start");
    let held = i32::try_from(bought).unwrap();
    assert_eq!((shop.stock(mug).await, shop.stock(tea).await), ((5, held), (5, held)));
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_price_that_changes_meanwhile_counts_whole_or_not_at_all() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 100, stock: 50, ..Product::any() }).await;
    let buyers = shop.customers(10).await;
    let (api, body) = (api(&shop), order_body([(mug, 3)]));

    let (responses, _) = tokio::join!(
        send_all(buyers.iter().map(|buyer| place(&api, buyer, &body))),
        shop.run("update products set price_minor = 250"),
    );

    for response in responses {
        let total = response.body["total"]["amount"].as_i64().unwrap();
        assert!(total == 300 || total == 750, "{total}");
    }
    shop.check_invariants().await;
}

#[tokio::test]
async fn two_cancellations_at_once_release_the_stock_once() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 5, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;
    let api = api(&shop);
    let cancel = || api.call(axum::http::Method::POST, &format!("/v1/orders/{order}/cancel"));

    let responses = send_all((0..8).map(|_| cancel().by(&buyer))).await;

    for response in &responses {
        assert_eq!((response.status, response.text("/status")), (200, "cancelled"));
        assert_eq!(response.bytes, responses[0].bytes);
    }
    assert_eq!(shop.stock(mug).await, (5, 0));
    assert_eq!(shop.one::<i64>("select count(*) from outbox").await, 1);
    shop.check_invariants().await;
}

/// Ends every connection of the functions.
const DISCONNECT: &str = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                   where datname = current_database() and usename = 'app_rw'";

#[tokio::test]
async fn connections_that_died_meanwhile_are_replaced_unnoticed() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    send_all((0..4).map(|_| api.get("/v1/orders").by(&buyer))).await;

    let cut = shop.one::<i64>(DISCONNECT).await;
    // The pool checks only connections that were idle for more than a second.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let responses = send_all((0..4).map(|_| place(&api, &buyer, &order_body([(mug, 1)])))).await;

    assert!(cut > 0);
    for response in responses {
        assert_eq!(response.status, 201, "{}", response.body);
    }
}

#[tokio::test]
async fn connections_cut_in_the_middle_leave_nothing_half_done() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let tea = shop.product(Product { stock: 100, ..Product::any() }).await;
    let buyers = shop.customers(8).await;
    let api = api(&shop);
    let body = order_body([(mug, 1), (tea, 2)]);
    let keys: Vec<_> = buyers.iter().cycle().map(|buyer| (buyer, fresh_key())).take(40).collect();
    let send = |(buyer, key): &(&User, String)| api.post("/v1/orders", &body).by(buyer).key(key);

    let (responses, ()) = tokio::join!(send_all(keys.iter().map(send)), async {
        for _ in 0..5 {
            shop.one::<i64>(DISCONNECT).await;
        }
    });

    for response in &responses {
        assert!(
            matches!(response.refusal(), (201, "") | (503, "unavailable")),
            "{}",
            response.body
        );
    }
    shop.check_invariants().await;
    // Every request is repeated under its key: each ends in exactly one order.
    let again = send_all(keys.iter().map(send)).await;
    for (first, again) in responses.iter().zip(&again) {
        assert_eq!(again.status, 201, "{}", again.body);
        assert!(first.status == 503 || first.bytes == again.bytes);
    }
    assert_eq!(shop.one::<i64>("select count(*) from orders").await, 40);
    assert_eq!((shop.stock(mug).await, shop.stock(tea).await), ((100, 40), (100, 80)));
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_product_that_is_archived_meanwhile_is_sold_whole_or_not_at_all() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let (api, catalog) = (api(&shop), ApiClient::new(catalog::routes(), shop.app()));
    let (mut sold, mut refused) = (Vec::new(), 0);
    for round in 0..40 {
        let (name, buyer) = (format!("Mug {round}"), shop.customer().await);
        let mug = shop.product(Product { name: name.clone(), price: 1250, ..Product::any() }).await;
        let order = async |waits: bool| {
            if waits {
                tokio::task::yield_now().await;
            }
            place(&api, &buyer, &order_body([(mug, 2)])).await
        };
        let archive = catalog.delete(&format!("/v1/products/{mug}")).by(&staff);

        // The first two rounds run one after the other; in the rest, which call starts first alternates.
        let (order, archived) = match round {
            0 => (order(false).await, archive.await),
            1 => {
                let archived = archive.await;
                (order(false).await, archived)
            }
            _ => tokio::join!(order(round % 2 == 1), archive),
        };

        assert_eq!(archived.status, 204, "{}", archived.body);
        match order.refusal() {
            (201, "") => sold.push((order.text("/id").to_owned(), name, buyer)),
            (409 | 422, code) => {
                assert!(code.starts_with("product_") || code.contains("not_"), "{}", order.body);
                assert_eq!(shop.stock(mug).await.1, 0, "nothing is reserved");
                refused += 1;
            }
            _ => panic!("{}", order.body),
        }
        let not_archived = "select count(*) from products where status <> 'archived'";
        assert_eq!(shop.one::<i64>(not_archived).await, 0);
    }
    assert!(!sold.is_empty() && refused > 0, "{} sold, {refused} refused", sold.len());
    for (order, name, buyer) in sold {
        let shown = api.get(&format!("/v1/orders/{order}")).by(&buyer).await;
        assert_eq!((shown.status, shown.text("/lines/0/name")), (200, &*name));
        assert_eq!(shown.body["total"]["amount"], 2500, "{}", shown.body);
    }
    shop.check_invariants().await;
}
