//! The best match of a search is first, on all pages.

use super::pagination::walk;
use super::search::encoded;
use super::{api, created, each};
use domain::catalog::MadeTerms;
use serde_json::json;
use std::collections::HashSet;
use testkit::{ApiClient, Shop, User};

async fn product(api: &ApiClient, staff: &User, sku: &str, name: &str, description: &str) {
    let price = json!({"amount": 100, "currency": "EUR"});
    let body = json!({"sku": sku, "name": name, "description": description, "price": price});
    created(api, staff, &body).await;
}

/// Products that fit `red mug` differently well, the best not the newest.
const MUGS: [(&str, &str, &str); 7] = [
    ("exact", "Red mug", ""),
    ("words", "Mug, large and red", ""),
    ("red-mug-7", "Drinking vessel", ""),
    ("beginning", "Mugs in red", "A red mug"),
    ("both", "Red cup", "No mug."),
    ("description", "Cup", "Like a mug, but red."),
    ("other", "Blue mug", "With a handle"),
];

#[tokio::test]
async fn the_best_match_is_first_whatever_the_size_of_a_page() {
    let shop = Shop::open().await;
    let (api, staff) = (api(&shop), shop.staff().await);
    for (sku, name, description) in MUGS {
        product(&api, &staff, sku, name, description).await;
    }

    // The newest first among those that fit equally well.
    let expected = ["exact", "red-mug-7", "words", "beginning", "description", "both"];
    for limit in 1..=7 {
        for filter in ["", "&in_stock=false", "&currency=EUR&max_price=100"] {
            let path = format!("/v1/products?q=red+mug&limit={limit}{filter}");
            assert_eq!(walk(&api, &path, async |_| {}).await, expected, "{path}");
        }
    }
    let newest = api.get("/v1/products?q=red+mug&sort=-created_at").await;
    let expected = ["description", "both", "beginning", "red-mug-7", "words", "exact"];
    assert_eq!(each(&newest, "sku"), expected);
}

#[tokio::test]
async fn a_name_is_first_for_who_searches_it_and_accents_count_as_they_are_written() {
    let shop = Shop::open().await;
    let (api, staff) = (api(&shop), shop.staff().await);
    for (sku, name) in [
        ("a", "Espresso cup - blue"),
        ("b", "Espresso cup - blue, with saucer"),
        ("c", "Får"),
        ("d", "Får i kål"),
        ("e", "Far"),
        ("f", "Far far away"),
    ] {
        product(&api, &staff, sku, name, "").await;
    }

    for (search, expected) in [
        ("Espresso cup - blue", "ab"),
        ("espresso CUP - BLUE", "ab"),
        ("espresso cup blue", "ba"),
        ("får", "cdfe"),
        ("far", "efdc"),
    ] {
        for limit in [1, 2, 100] {
            let path = format!("/v1/products?limit={limit}&q={}", encoded(search));
            assert_eq!(
                walk(&api, &path, async |_| {}).await.concat(),
                expected,
                "{search} {limit}"
            );
        }
    }
}

#[tokio::test]
async fn a_walk_over_matches_meets_each_once_while_better_ones_come_in() {
    let shop = Shop::open().await;
    let (api, staff) = (api(&shop), shop.staff().await);
    let names = ["Red mug", "Mug, red", "Mugs in red", "Red cup"];
    let old = "insert into products (id, sku, name, description, price_minor, currency, on_hand)
               select gen_random_uuid(), 'OLD-' || n, ($1::text[])[1 + n % 4], 'A red mug', 1, 'EUR', 1
               from generate_series(1, 300) n";
    shop.admin.execute(old, &[&names.as_slice()]).await.unwrap();
    while domain::catalog::make_search_terms(&shop.db).await.unwrap().made > 0 {}

    let seen = walk(&api, "/v1/products?q=red+mug&limit=37", async |page| {
        for (number, name) in names.iter().enumerate() {
            product(&api, &staff, &format!("NEW-{page}-{number}"), name, "").await;
        }
    })
    .await;

    let old: Vec<_> = seen.iter().filter(|sku| sku.starts_with("OLD-")).cloned().collect();
    let order = "select string_agg(sku, ' ' order by array_position(array['Red mug', 'Mug, red', 'Mugs in red'], name), id desc)
                 from products where sku like 'OLD-%'";
    assert_eq!(old.join(" "), shop.one::<String>(order).await);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len(), "one came twice");
}

#[tokio::test]
async fn a_process_that_has_learned_common_searches_finds_the_same() {
    let shop = Shop::open().await;
    let mut app = shop.app();
    domain::catalog::learn_common_searches(&mut app.db);
    let (api, learned) = (api(&shop), ApiClient::new(catalog::routes(), app));
    // Deep bowls and the name are not among the newest thousand, enamel is, though not on each page.
    let products = "
        insert into products (id, sku, name, description, price_minor, currency, on_hand, status)
        select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'P-' || n,
               case when n = 1 then 'Red mug' when n < 60 then 'Deep bowl'
                    else (array['Mug, red', 'Mugs in red', 'Red cup'])[1 + n % 3] end,
               case when n % 30 = 0 then 'Enamel' else 'A red mug' end, 1, 'EUR', 1,
               case when n % 7 = 0 then 'archived' else 'active' end
        from generate_series(1, 1300) n";
    shop.run(products).await;
    while domain::catalog::make_search_terms(&shop.db).await.unwrap().made > 0 {}

    for search in ["red", "red mug", "mugs", "bowl", "deep bowl", "enamel", "cup -enamel", "none"] {
        for limit in [100, 1, 20, 60] {
            let path = format!("/v1/products?limit={limit}&q={}", encoded(search));
            let expected = api.get(&path).await;
            assert_eq!(expected.status, 200, "{path}");
            for _ in 0..3 {
                assert_eq!(learned.get(&path).await.body, expected.body, "{path}");
            }
        }
    }
    let best = learned.get("/v1/products?limit=1&q=red+mug").await;
    assert_eq!(each(&best, "sku"), ["P-1"]);
}

#[tokio::test]
async fn a_cursor_of_the_best_match_leads_through_that_list_only() {
    let shop = Shop::open().await;
    let (api, staff) = (api(&shop), shop.staff().await);
    for (sku, name, description) in MUGS {
        product(&api, &staff, sku, name, description).await;
    }
    let page = api.get("/v1/products?q=red+mug&limit=2").await;
    let best = page.text("/next_cursor");
    let newest = api.get("/v1/products?q=red+mug&limit=2&sort=-created_at").await;
    let newest = newest.text("/next_cursor");

    for (query, cursor, expected) in [
        ("q=red+mug", best, (200, "")),
        ("q=red+mug&sort=-created_at", newest, (200, "")),
        ("q=red+mug&sort=-created_at", best, (400, "bad_cursor")),
        ("q=red+mug", newest, (400, "bad_cursor")),
        ("sort=name", best, (400, "bad_cursor")),
        ("in_stock=false", best, (400, "bad_cursor")),
    ] {
        let answer = api.get(&format!("/v1/products?{query}&cursor={cursor}")).await;
        assert_eq!(answer.refusal(), expected, "{query}");
    }
}

/// The statements would find the product without the terms too, only not as well.
#[tokio::test]
async fn what_an_earlier_release_or_a_person_wrote_is_found_at_once_and_its_terms_are_made_later() {
    let shop = Shop::open().await;
    let (api, staff) = (api(&shop), shop.staff().await);
    let old = "insert into products (id, sku, name, price_minor, currency, on_hand)
               values ('00000000-0000-7000-8000-000000000001', 'old', 'Crème-Löffel', 1, 'EUR', 1)";
    shop.run(old).await;
    product(&api, &staff, "new", "Large spoon", "").await;
    let found = async |search: &str| {
        let answer = api.get(&format!("/v1/products?q={}", encoded(search))).await;
        each(&answer, "sku").join(" ")
    };
    let missing = "select count(*) from products where search_terms is null or sort_name is null";
    assert_eq!(found("crème").await, "old");
    assert_eq!(shop.one::<i64>(missing).await, 1);

    let (one, twin) = tokio::join!(
        domain::catalog::make_search_terms(&shop.db),
        domain::catalog::make_search_terms(&shop.db)
    );
    assert_eq!(one.unwrap().made + twin.unwrap().made, 1);
    assert_eq!((found("creme").await, found("loeffel").await), ("old".into(), "old".into()));
    assert_eq!(domain::catalog::make_search_terms(&shop.db).await.unwrap(), MadeTerms::default());

    // As the release before writes: it does not know the new columns.
    shop.run(
        "update products set name = 'Fork', version = version + 1 where sku in ('old', 'new')",
    )
    .await;

    assert_eq!((found("crème").await, found("spoon").await), (String::new(), String::new()));
    assert_eq!((found("fork").await, shop.one::<i64>(missing).await), ("new old".into(), 2));
    shop.run("update products set on_hand = on_hand + 1").await;
    domain::catalog::make_search_terms(&shop.db).await.unwrap();
    assert_eq!((found("fork").await, shop.one::<i64>(missing).await), ("new old".into(), 0));
}

#[tokio::test]
async fn a_product_that_cannot_be_written_keeps_no_other_from_its_search_terms() {
    let shop = Shop::open().await;
    let old = "insert into products (id, sku, name, price_minor, currency, on_hand)
               select gen_random_uuid(), 'old-' || n, 'Mug', 1, 'EUR', 1 from generate_series(1, 130) n";
    shop.run(old).await;
    let bad = "alter table products add constraint products_bad check (sku <> 'old-1' or search_terms is null) not valid";
    shop.run(bad).await;

    let mut rounds = Vec::new();
    for _ in 0..15 {
        rounds.push(domain::catalog::make_search_terms(&shop.db).await.unwrap());
    }

    let missing = "select count(*) from products where search_terms is null";
    assert_eq!(shop.one::<i64>(missing).await, 1);
    assert!(rounds.iter().all(|round| round.made + round.failed <= 20 || round.failed == 0));
    assert_eq!(rounds.last(), Some(&MadeTerms { made: 0, failed: 1 }));
}
