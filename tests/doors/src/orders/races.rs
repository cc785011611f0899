use super::{door, fresh_key, place, placed, wish};
use testkit::{Door, Order, Person, Product, Shop, all};

#[tokio::test]
async fn the_last_piece_is_sold_once() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 1, ..Product::any() }).await;
    let (one, other) = (shop.customer().await, shop.customer().await);
    let (door, wish) = (door(&shop), wish([(mug, 1)]));

    let (a, b) = tokio::join!(place(&door, &one, &wish), place(&door, &other, &wish));

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
    let (door, wish) = (door(&shop), wish([(mug, 1)]));

    let answers = all((0..30).map(|_| place(&door, &buyer, &wish))).await;

    let count = |refusal| answers.iter().filter(|a| a.refusal() == refusal).count();
    assert_eq!((count((201, "")), count((409, "out_of_stock"))), (3, 27));
    assert_eq!(shop.stock(mug).await, (3, 3));
    shop.check_invariants().await;
}

#[tokio::test]
async fn orders_over_the_same_products_in_any_order_do_not_deadlock() {
    let shop = Shop::open().await;
    let mut shelf = Vec::new();
    for stock in [3, 10, 3] {
        shelf.push(shop.product(Product { stock, ..Product::any() }).await);
    }
    let buyer = shop.customer().await;
    let door = door(&shop);
    let forth = wish(shelf.iter().map(|product| (*product, 1)));
    let back = wish(shelf.iter().rev().map(|product| (*product, 1)));

    let wishes = [&forth, &back].into_iter().cycle().take(30);
    let answers = all(wishes.map(|wish| place(&door, &buyer, wish))).await;

    let count = |refusal| answers.iter().filter(|a| a.refusal() == refusal).count();
    assert_eq!((count((201, "")), count((409, "out_of_stock"))), (3, 27));
    let mut stock = Vec::new();
    for product in shelf {
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
    let door = door(&shop);
    let mut calls = Vec::new();
    for _ in 0..4 {
        let order = placed(&door, &buyer, [(mug, 1), (tea, 1)]).await;
        calls.push(door.post(&format!("/v1/orders/{order}/cancel"), &wish([])).by(&buyer));
        calls.push(place(&door, &other, &wish([(tea, 1), (mug, 1)])));
    }

    let answers = all(calls).await;

    for answer in &answers {
        assert!(matches!(answer.refusal(), (200 | 201, "") | (409, "out_of_stock")));
    }
    let bought = answers.iter().filter(|answer| answer.status == 201).count();
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
    let (door, wish) = (door(&shop), wish([(mug, 3)]));

    let (answers, _) = tokio::join!(
        all(buyers.iter().map(|buyer| place(&door, buyer, &wish))),
        shop.run("update products set price_minor = 250"),
    );

    for answer in answers {
        let total = answer.body["total"]["amount"].as_i64().unwrap();
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
    let door = door(&shop);
    let cancel = || door.call(axum::http::Method::POST, &format!("/v1/orders/{order}/cancel"));

    let answers = all((0..8).map(|_| cancel().by(&buyer))).await;

    for answer in &answers {
        assert_eq!((answer.status, answer.text("/status")), (200, "cancelled"));
        assert_eq!(answer.bytes, answers[0].bytes);
    }
    assert_eq!(shop.stock(mug).await, (5, 0));
    assert_eq!(shop.one::<i64>("select count(*) from outbox").await, 1);
    shop.check_invariants().await;
}

const CUT: &str = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                   where datname = current_database() and usename = 'app_rw'";

#[tokio::test]
async fn connections_that_died_meanwhile_are_replaced_unnoticed() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let door = door(&shop);
    all((0..4).map(|_| door.get("/v1/orders").by(&buyer))).await;

    let cut = shop.one::<i64>(CUT).await;
    // Who was used a moment ago is not asked for a sign of life.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let answers = all((0..4).map(|_| place(&door, &buyer, &wish([(mug, 1)])))).await;

    assert!(cut > 0);
    for answer in answers {
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
}

#[tokio::test]
async fn connections_cut_in_the_middle_leave_nothing_half_done() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let tea = shop.product(Product { stock: 100, ..Product::any() }).await;
    let buyers = shop.customers(8).await;
    let door = door(&shop);
    let wish = wish([(mug, 1), (tea, 2)]);
    let keys: Vec<_> = buyers.iter().cycle().map(|buyer| (buyer, fresh_key())).take(40).collect();
    let send = |(buyer, key): &(&Person, String)| door.post("/v1/orders", &wish).by(buyer).key(key);

    let (answers, ()) = tokio::join!(all(keys.iter().map(send)), async {
        for _ in 0..5 {
            shop.one::<i64>(CUT).await;
        }
    });

    for answer in &answers {
        assert!(matches!(answer.refusal(), (201, "") | (503, "unavailable")), "{}", answer.body);
    }
    shop.check_invariants().await;
    // Whoever was left in doubt asks again, and has one order in the end.
    let again = all(keys.iter().map(send)).await;
    for (first, again) in answers.iter().zip(&again) {
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
    let (door, office) = (door(&shop), Door::new(catalog::routes(), shop.app()));
    let (mut sold, mut refused) = (Vec::new(), 0);
    for round in 0..40 {
        let (name, buyer) = (format!("Mug {round}"), shop.customer().await);
        let mug = shop.product(Product { name: name.clone(), price: 1250, ..Product::any() }).await;
        let order = async |waits: bool| {
            if waits {
                tokio::task::yield_now().await;
            }
            place(&door, &buyer, &wish([(mug, 2)])).await
        };
        let archive = office.delete(&format!("/v1/products/{mug}")).by(&staff);

        // Who is asked first changes from round to round, and twice nobody races.
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
                assert_eq!(shop.stock(mug).await.1, 0, "nothing is promised");
                refused += 1;
            }
            _ => panic!("{}", order.body),
        }
        let told = "select count(*) from products where status <> 'archived'";
        assert_eq!(shop.one::<i64>(told).await, 0);
    }
    assert!(!sold.is_empty() && refused > 0, "{} sold, {refused} refused", sold.len());
    for (order, name, buyer) in sold {
        let shown = door.get(&format!("/v1/orders/{order}")).by(&buyer).await;
        assert_eq!((shown.status, shown.text("/lines/0/name")), (200, &*name));
        assert_eq!(shown.body["total"]["amount"], 2500, "{}", shown.body);
    }
    shop.check_invariants().await;
}
