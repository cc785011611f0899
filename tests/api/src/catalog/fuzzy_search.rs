//! Search by similarity, for terms that no product contains exactly.

use super::pagination::walk;
use super::{api, each};
use testkit::{ApiClient, Product, Shop};

/// A shop with one product of each name.
async fn shop_with(names: &[&str]) -> (Shop, ApiClient) {
    let shop = Shop::open().await;
    for name in names {
        shop.product(Product { name: (*name).to_owned(), ..Product::any() }).await;
    }
    let api = api(&shop);
    (shop, api)
}

async fn found(api: &ApiClient, query: &str) -> Vec<String> {
    let answer = api.get(&format!("/v1/products?sort=created_at&q={query}")).await;
    assert_eq!(answer.status, 200, "{query} {}", answer.body);
    each(&answer, "name").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_slip_of_the_pen_still_finds_what_was_meant() {
    let (_shop, api) = shop_with(&["Keyboard", "Blue teapot", "Monitor 27", "Kettle", "Mug"]).await;

    for (query, expected) in [
        ("keybord", "Keyboard"),
        ("KEYBORAD", "Keyboard"),
        ("keyb", "Keyboard"),
        ("teapott", "Blue teapot"),
        ("teapott+blue", "Blue teapot"),
        ("blue+++teapoot", "Blue teapot"),
        ("moniter", "Monitor 27"),
    ] {
        assert_eq!(found(&api, query).await, [expected], "{query}");
    }
    for unknown in ["red+teapott", "zebra", "%25", "_", "%27", "%2C+%2C", "%5C"] {
        assert_eq!(found(&api, unknown).await, [""; 0], "{unknown}");
    }
}

#[tokio::test]
async fn where_something_fits_exactly_nothing_else_is_shown() {
    let names = ["Keybord tray", "Keyboard", "Keyboards for two", "Keyboard, black", "Mug"];
    let (_shop, api) = shop_with(&names).await;

    let exact = ["Keyboard", "Keyboards for two", "Keyboard, black"];
    assert_eq!(found(&api, "keyboard").await, exact);
    let near = ["Keybord tray", "Keyboard", "Keyboards for two", "Keyboard, black"];
    assert_eq!(found(&api, "keyboad").await, near);
}

#[tokio::test]
async fn who_writes_operators_gets_nothing_but_what_they_wrote() {
    let (_shop, api) = shop_with(&["Blue keyboard", "Red keyboard"]).await;

    for query in ["%22keybord%22", "keybord+-red", "keybord+-mug"] {
        assert_eq!(found(&api, query).await, [""; 0], "{query}");
    }
}

#[tokio::test]
async fn what_is_near_passes_the_other_filters_too() {
    let (shop, api) = shop_with(&["Keyboard"]).await;
    let (status, name) = ("draft", "Keyboard to come".to_owned());
    shop.product(Product { status, name, ..Product::any() }).await;
    let (stock, name) = (0, "Keyboard, sold out".to_owned());
    shop.product(Product { stock, name, ..Product::any() }).await;

    assert_eq!(found(&api, "keybord&in_stock=true").await, ["Keyboard"]);
    assert_eq!(found(&api, "keybord&min_price=9999").await, [""; 0]);
    assert_eq!(found(&api, "keybord").await, ["Keyboard", "Keyboard, sold out"]);
}

#[tokio::test]
async fn a_walk_over_what_is_near_meets_each_once_while_more_and_better_ones_come_in() {
    let (shop, api) = shop_with(&[]).await;
    let products =
        "insert into products (id, sku, name, price_minor, currency, on_hand, created_at)
                 select gen_random_uuid(), 'OLD-' || n, 'Keyboard ' || n % 40,
                        n % 7, 'EUR', 1, now() - n % 90 * interval '1 second'
                 from generate_series(1, 300) n";
    shop.run(products).await;

    for (sort, by) in [
        ("-created_at", "created_at desc, id desc"),
        ("created_at", "created_at, id"),
        ("price", "price_minor, id"),
        ("-price", "price_minor desc, id desc"),
        ("name", "name, id"),
    ] {
        let path = format!("/v1/products?q=keybord&limit=37&sort={sort}");
        let seen = walk(&api, &path, async |page| {
            for (n, base) in ["Keyboard", "Keybord"].into_iter().enumerate() {
                let sku = format!("NEW{sort}-{page}-{n}").replace("--", "-");
                let name = format!("{base} {}", page * 9 % 40);
                shop.product(Product { sku, name, price: 3, ..Product::any() }).await;
            }
        })
        .await;

        let all = format!(
            "select string_agg(sku, ' ' order by {by}) from products where sku like 'OLD-%'"
        );
        let old: Vec<_> = seen.iter().filter(|sku| sku.starts_with("OLD-")).cloned().collect();
        assert_eq!(old.join(" "), shop.one::<String>(&all).await, "{sort}");
        let distinct: std::collections::HashSet<_> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "{sort} has a duplicate");
        shop.run("update products set status = 'archived' where sku like 'NEW%'").await;
    }
}

#[tokio::test]
async fn nearness_is_looked_up_in_its_index() {
    let (shop, _api) = shop_with(&["Keyboard"]).await;
    let function = shop.connect_as_app_rw().await;

    let near = function.query("select products_like('keybord')", &[]).await.unwrap().len();
    function.execute("select pg_stat_force_next_flush()", &[]).await.unwrap();

    let scans =
        "select idx_scan from pg_stat_user_indexes where indexrelname = 'products_by_likeness'";
    assert_eq!((near, shop.one::<i64>(scans).await), (1, 1));
}
