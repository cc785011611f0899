use super::{api, each};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::collections::HashSet;
use testkit::{ApiClient, Product, Response, Shop, User};

/// A thousand products that share few prices and names, so that ties must be broken.
const A_THOUSAND: &str = "
    insert into products (id, sku, name, price_minor, currency, on_hand, created_at)
    select gen_random_uuid(), 'OLD-' || n, 'Product ' || n % 50, n % 7, 'EUR', 1, now() - n % 90 * interval '1 second'
    from generate_series(1, 1000) n";

/// Every SKU of a list, following the `Link` header from page to page; `between` runs after each page.
pub(super) async fn walk(
    api: &ApiClient,
    path: &str,
    mut between: impl AsyncFnMut(usize),
) -> Vec<String> {
    let mut seen = Vec::new();
    let mut next = Some(path.to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let answer = api.get(&path).await;
        assert_eq!(answer.status, 200, "{path} {}", answer.body);
        seen.extend(each(&answer, "sku").into_iter().map(str::to_owned));
        next = link(&answer);
        assert_eq!(answer.body["has_more"], next.is_some());
        assert_eq!(answer.body["next_cursor"].is_string(), next.is_some());
        pages += 1;
        between(pages).await;
    }
    seen
}

fn link(answer: &Response) -> Option<String> {
    let link = answer.header("link")?;
    Some(link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?.to_owned())
}

#[tokio::test]
async fn a_walk_through_a_thousand_meets_each_once_while_a_hundred_come_in() {
    let shop = Shop::open().await;
    shop.run(A_THOUSAND).await;
    let api = api(&shop);
    for sort in ["-created_at", "created_at", "price", "-price", "name"] {
        let path = format!("/v1/products?limit=100&sort={sort}");
        let seen = walk(&api, &path, async |page| {
            for n in 0..10 {
                let name = format!("Product {}", n * 5);
                let sku = format!("NEW-{sort}-{page}-{n}").replace("--", "-");
                shop.product(Product { sku, name, price: n % 7, ..Product::any() }).await;
            }
        })
        .await;

        let distinct: HashSet<_> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "{sort} has a duplicate");
        let old = seen.iter().filter(|sku| sku.starts_with("OLD-")).count();
        assert_eq!(old, 1000, "{sort} has a gap");
        shop.run("update products set status = 'archived' where sku like 'NEW-%'").await;
    }
}

#[tokio::test]
async fn pages_follow_one_another_in_the_order_of_the_list() {
    let shop = Shop::open().await;
    shop.run(A_THOUSAND).await;
    let api = api(&shop);
    for (sort, by) in [
        ("-created_at", "created_at desc, id desc"),
        ("created_at", "created_at, id"),
        ("price", "price_minor, id"),
        ("-price", "price_minor desc, id desc"),
        ("name", "name, id"),
    ] {
        let path = format!("/v1/products?q=product&limit=97&sort={sort}&in_stock=true");

        let seen = walk(&api, &path, async |_| {}).await;

        let all = format!("select string_agg(sku, ' ' order by {by}) from products");
        assert_eq!(seen.join(" "), shop.one::<String>(&all).await, "{sort}");
    }
}

#[tokio::test]
async fn a_cursor_leads_through_the_list_that_made_it_only() {
    let shop = Shop::open().await;
    shop.run(A_THOUSAND).await;
    let api = api(&shop);
    let sorts = ["-created_at", "created_at", "price", "-price", "name"];
    for made in sorts {
        let page = api.get(&format!("/v1/products?limit=1&sort={made}")).await;
        let cursor = page.text("/next_cursor");
        for used in sorts {
            let answer = api.get(&format!("/v1/products?sort={used}&cursor={cursor}")).await;
            let expected = if made == used { (200, "") } else { (400, "bad_cursor") };
            assert_eq!(answer.refusal(), expected, "{made} {used}");
        }
    }
}

#[tokio::test]
async fn a_cursor_that_a_stranger_made_up_does_no_harm() {
    let shop = Shop::open().await;
    shop.run(A_THOUSAND).await;
    let api = api(&shop);
    let id = "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87";
    for (sort, key, status) in [
        ("name", r#"{"sort_name":"a\u0000b"}"#, 400),
        ("name", r#"{"sort_name":"'; drop table products"}"#, 200),
        // Of the release before, which sorted by the name itself.
        ("name", r#"{"name":"Mug"}"#, 400),
        ("name", r#"{"price":1}"#, 400),
        ("price", r#"{"price":{"amount":-9223372036854775808,"currency":"EUR"}}"#, 200),
        ("-price", r#"{"price":{"amount":9223372036854775807,"currency":"EUR"}}"#, 200),
        ("price", r#"{"price":{"amount":9223372036854775808,"currency":"EUR"}}"#, 400),
        ("price", r#"{"price":{"amount":1,"currency":"eur"}}"#, 400),
        ("price", r#"{"price":1}"#, 400),
        ("created_at", r#"{"time":"9999-12-31T23:59:59.999999999Z"}"#, 200),
        ("-created_at", r#"{"time":"0000-01-01T00:00:00Z"}"#, 200),
        ("created_at", r#"{"time":"yesterday"}"#, 400),
    ] {
        let position = format!(r#"{{"sort":"{sort}","key":{key},"id":"{id}"}}"#);
        let cursor = BASE64_URL_SAFE_NO_PAD.encode(&position);
        let answer = api.get(&format!("/v1/products?sort={sort}&cursor={cursor}")).await;
        assert_eq!(answer.status, status, "{position} {}", answer.body);
    }
}

#[tokio::test]
async fn the_link_keeps_what_was_asked_for() {
    let shop = Shop::open().await;
    let staff: User = shop.staff().await;
    shop.run(A_THOUSAND).await;
    let api = api(&shop);

    let first = api.get("/v1/products?limit=2&sort=price&status=active").by(&staff).await;
    let next = link(&first).unwrap();
    let second = api.get(&next).by(&staff).await;

    assert!(next.starts_with("/v1/products?limit=2&sort=price&status=active&cursor="), "{next}");
    assert_eq!(each(&second, "sku").len(), 2);
    assert_eq!(link(&second).unwrap().matches("cursor=").count(), 1);
}

#[tokio::test]
async fn names_are_sorted_as_people_do_on_every_server() {
    let shop = Shop::open().await;
    let api = api(&shop);
    for name in
        ["Zebra", "éclair", "Banane", "Äpfel", "apfel", "Apfelmus", "ZEBRA 2", "茶碗", "Čaj"]
    {
        shop.product(Product { name: name.to_owned(), ..Product::any() }).await;
    }
    // As the release before writes it.
    let old = "insert into products (id, sku, name, price_minor, currency, on_hand)
               values (gen_random_uuid(), 'old', 'Birne', 1, 'EUR', 1)";
    shop.run(old).await;
    let expected = [
        "apfel", "Äpfel", "Apfelmus", "Banane", "Birne", "Čaj", "éclair", "Zebra", "ZEBRA 2",
        "茶碗",
    ];

    for filter in ["", "&in_stock=true"] {
        let all = api.get(&format!("/v1/products?sort=name{filter}")).await;
        assert_eq!(each(&all, "name"), expected);
        for limit in 1..=4 {
            let path = format!("/v1/products?sort=name&limit={limit}{filter}");
            let skus = walk(&api, &path, async |_| {}).await;
            assert_eq!(skus, each(&all, "sku"), "{limit}");
        }
    }
}

#[tokio::test]
async fn prices_are_compared_within_a_currency_only() {
    let shop = Shop::open().await;
    let api = api(&shop);
    for (sku, price, currency) in [
        ("vnd-2", 300_000, "VND"),
        ("eur-2", 2500, "EUR"),
        ("cop-1", 200_000, "COP"),
        ("eur-1", 900, "EUR"),
        ("vnd-1", 25_000, "VND"),
        ("eur-3", 300_000, "EUR"),
    ] {
        shop.product(Product { sku: sku.to_owned(), price, currency, ..Product::any() }).await;
    }
    let up = ["cop-1", "eur-1", "eur-2", "eur-3", "vnd-1", "vnd-2"];
    let down = up.iter().rev().copied().collect::<Vec<_>>();

    for limit in 1..=7 {
        for filter in ["", "&in_stock=true", "&q=product"] {
            for (sort, expected) in [("price", &up[..]), ("-price", &down[..])] {
                let path = format!("/v1/products?sort={sort}&limit={limit}{filter}");
                assert_eq!(walk(&api, &path, async |_| {}).await, expected, "{path}");
            }
        }
        let path = format!("/v1/products?sort=price&currency=EUR&limit={limit}");
        assert_eq!(walk(&api, &path, async |_| {}).await, up[1..4], "{path}");
    }
}

#[tokio::test]
async fn no_currency_is_missing_where_other_letters_come_after_z() {
    let shop = Shop::open_in_language("et").await;
    let api = api(&shop);
    for currency in ["TRY", "ZAR", "USD", "EUR"] {
        shop.product(Product { sku: currency.to_owned(), currency, ..Product::any() }).await;
    }
    let up = ["EUR", "ZAR", "TRY", "USD"];
    let down = up.iter().rev().copied().collect::<Vec<_>>();

    for limit in 1..=4 {
        for filter in ["", "&in_stock=true", "&q=product", "&q=produkt"] {
            for (sort, expected) in [("price", &up[..]), ("-price", &down[..])] {
                let path = format!("/v1/products?sort={sort}&limit={limit}{filter}");
                assert_eq!(walk(&api, &path, async |_| {}).await, expected, "{path}");
            }
        }
    }
}
