use super::{api, category, created, each, mug, with};
use serde_json::json;
use testkit::{ApiClient, Product, Response, Shop, User};

/// Three products that differ in everything that a list can be filtered or sorted by.
async fn three(api: &ApiClient, staff: &User) {
    for (sku, name, amount, stock, description) in [
        ("a", "Blue mug", 300, 5, "large"),
        ("b", "Red mug", 100, 0, "small and blue inside"),
        ("c", "Plate", 200, 1, ""),
    ] {
        let price = json!({"amount": amount, "currency": "EUR"});
        let body = json!({"sku": sku, "name": name, "price": price, "stock": stock, "description": description});
        created(api, staff, &body).await;
    }
}

fn skus(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    each(answer, "sku").concat()
}

#[tokio::test]
async fn a_list_is_sorted_as_asked() {
    let shop = Shop::open().await;
    let api = api(&shop);
    three(&api, &shop.staff().await).await;

    for (query, expected) in [
        ("", "cba"),
        ("?sort=-created_at", "cba"),
        ("?sort=created_at", "abc"),
        ("?sort=price", "bca"),
        ("?sort=-price", "acb"),
        ("?sort=name", "acb"),
    ] {
        assert_eq!(skus(&api.get(&format!("/v1/products{query}")).await), expected, "{query}");
    }
}

#[tokio::test]
async fn a_list_holds_what_passes_every_filter() {
    let shop = Shop::open().await;
    let api = api(&shop);
    three(&api, &shop.staff().await).await;

    for (query, expected) in [
        ("q=mug", "ab"),
        ("q=blue", "ab"),
        ("q=mug+-blue", ""),
        ("q=%22blue+mug%22", "a"),
        ("q=plate+or+large", ""),
        ("q=", "abc"),
        ("q=%2C", ""),
        ("min_price=200", "ac"),
        ("max_price=200", "bc"),
        ("min_price=150&max_price=250", "c"),
        ("currency=EUR", "abc"),
        ("currency=JPY", ""),
        ("in_stock=true", "ac"),
        ("in_stock=false", "b"),
        ("in_stock=true&q=mug", "a"),
        ("category=cat_0193f2a7c1d87b3e9a5f4c2d1e0b9a87", ""),
    ] {
        let answer = api.get(&format!("/v1/products?sort=created_at&{query}")).await;
        assert_eq!(skus(&answer), expected, "{query}");
    }
}

#[tokio::test]
async fn a_category_holds_what_stands_in_those_below_it() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let kitchen = category(&api, &staff, "Kitchen", None).await;
    let mugs = category(&api, &staff, "Mugs", Some(&kitchen)).await;
    let tiny = category(&api, &staff, "Tiny mugs", Some(&mugs)).await;
    let garden = category(&api, &staff, "Garden", None).await;
    for (sku, category) in [("k", &kitchen), ("m", &mugs), ("t", &tiny), ("g", &garden)] {
        created(&api, &staff, &with(mug(sku), &json!({"category": category}))).await;
    }

    for (category, expected) in [(kitchen, "kmt"), (mugs, "mt"), (tiny, "t"), (garden, "g")] {
        let answer = api.get(&format!("/v1/products?sort=created_at&category={category}")).await;
        assert_eq!(skus(&answer), expected);
    }
}

#[tokio::test]
async fn only_staff_see_and_ask_for_more_than_active_products() {
    let shop = Shop::open().await;
    let (customer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    for status in ["draft", "active", "archived"] {
        shop.product(Product { sku: status.to_owned(), status, ..Product::any() }).await;
    }

    assert_eq!(each(&api.get("/v1/products").await, "sku"), ["active"]);
    assert_eq!(each(&api.get("/v1/products").by(&customer).await, "sku"), ["active"]);
    let all = api.get("/v1/products?sort=created_at").by(&staff).await;
    assert_eq!(each(&all, "sku"), ["draft", "active", "archived"]);
    let drafts = api.get("/v1/products?status=draft").by(&staff).await;
    assert_eq!(each(&drafts, "sku"), ["draft"]);
    for answer in [
        api.get("/v1/products?status=draft").await,
        api.get("/v1/products?status=active").by(&customer).await,
    ] {
        assert_eq!(answer.refusal(), (403, "wrong_role"));
    }
}

#[tokio::test]
async fn a_list_shows_the_stock_that_its_reader_may_see() {
    let shop = Shop::open().await;
    shop.product(Product { stock: 4, ..Product::any() }).await;
    let api = api(&shop);

    let public = api.get("/v1/products").await;
    let staff = api.get("/v1/products").by(&shop.staff().await).await;

    assert_eq!(public.body["data"][0]["stock"], json!({"available": 4}));
    let all = json!({"on_hand": 4, "reserved": 0, "available": 4});
    assert_eq!(staff.body["data"][0]["stock"], all);
}

#[tokio::test]
async fn a_page_that_the_reader_holds_is_not_sent_again_until_it_changes() {
    let shop = Shop::open().await;
    shop.product(Product::any()).await;
    let api = api(&shop);
    let page = api.get("/v1/products").await;
    let tag = page.header("etag").unwrap();
    let again = || api.get("/v1/products").header("if-none-match", tag);

    let same = again().await;
    assert_eq!((same.status, same.header("etag")), (304, Some(tag)));
    assert_eq!(same.header("cache-control"), Some("public, max-age=30"));
    assert_eq!((same.header("content-type"), same.bytes.len()), (None, 0));

    shop.run("update products set reserved = 1").await;
    let changed = again().await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), Some(tag));
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused() {
    let shop = Shop::open().await;
    let api = api(&shop);
    for (query, refusal) in [
        ("limit=0", (400, "bad_limit")),
        ("limit=-1", (400, "bad_limit")),
        ("limit=101", (400, "bad_limit")),
        ("limit=1000000000", (400, "bad_limit")),
        ("limit=ten", (400, "bad_query")),
        ("limit=99999999999999999999", (400, "bad_query")),
        ("limit=1&limit=2", (400, "bad_query")),
        ("cursor=forged", (400, "bad_cursor")),
        ("cursor=", (400, "bad_cursor")),
        ("colour=blue", (400, "bad_query")),
        ("sort=colour", (400, "bad_query")),
        ("sort=", (400, "bad_query")),
        ("min_price=19.99", (400, "bad_query")),
        ("in_stock=1", (400, "bad_query")),
        ("currency=eur", (400, "bad_query")),
        ("category=7", (400, "bad_query")),
        ("status=gone", (400, "bad_query")),
        ("q=a%00b", (422, "invalid_value")),
        ("q=%FF", (200, "")),
        ("utm_source=news&fbclid=a&gclid=b&limit=1", (200, "")),
    ] {
        let answer = api.get(&format!("/v1/products?{query}")).await;
        assert_eq!(answer.refusal(), refusal, "{query} {}", answer.body);
    }
}

#[tokio::test]
async fn words_are_never_read_as_sql_or_broken_syntax() {
    let shop = Shop::open().await;
    let api = api(&shop);
    for words in ["'", "%27%3B+drop+table+products", "%22", "a+%26+%7C", "%3A%2A", "-", "%5C"] {
        let answer = api.get(&format!("/v1/products?q={words}")).await;
        assert_eq!(answer.status, 200, "{words} {}", answer.body);
    }
}
