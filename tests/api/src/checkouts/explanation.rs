//! The example of `/docs/pricing` is what a shop with these rules computes.

use super::rules::shipping;
use super::{Fixture, cents, problems, with};
use domain::pricing::refund::{LinePaid, Paid, RefundPart, Refundable};
use serde_json::{Value, json};
use testkit::{ApiClient, Product, Response, TaxRate};

#[tokio::test]
async fn the_example_on_the_page_is_what_a_quote_says() {
    let fixture = Fixture::open().await;
    let page = page(&fixture).await;

    let quote = example(&fixture).await;

    let sums = ["subtotal", "discount", "shipping", "tax", "total"];
    let [subtotal, discount, price, tax, total] =
        sums.map(|sum| decimals(cents(&quote, &format!("/{sum}"))));
    assert_eq!(table(&page, "parts"), parts(&quote));
    assert_eq!(table(&page, "rates"), rates(&quote));
    let sum =
        format!(r#"<code id="sum">{subtotal} - {discount} + {price} + {tax} = {total}</code>"#);
    assert!(page.contains(&sum), "{sum}");
}

#[tokio::test]
async fn the_refunds_on_the_page_are_those_of_its_example() {
    let fixture = Fixture::open().await;
    let page = page(&fixture).await;

    let quote = example(&fixture).await;

    let paid = |total: &str, tax: &str| Paid {
        total: cents(&quote, total),
        tax: cents(&quote, tax),
        ..Paid::default()
    };
    let mut refundable =
        Refundable::new(1, paid("/total", "/tax_included"), cents(&quote, "/total"));
    let paid = paid("/lines/0/paid", "/lines/0/tax_included");
    let mut tea = LinePaid { paid, quantity: 3, ..LinePaid::default() };
    let mut refunds = vec![["EUR", "Refund", "Tax in it"].map(str::to_owned).to_vec()];
    for pack in ["1st pack", "2nd pack", "3rd pack"] {
        let RefundPart { amount, tax, .. } = refundable.line(&tea, 1);
        tea.pieces_refunded += 1;
        tea.paid.refunded += amount;
        tea.paid.tax_refunded += tax;
        refunds.push(vec![pack.to_owned(), decimals(amount), decimals(tax)]);
    }
    assert_eq!(table(&page, "refunds"), refunds);
    let Paid { total, tax, refunded, tax_refunded } = tea.paid;
    assert_eq!((refunded, tax_refunded), (total, tax));
}

/// The page as it is served.
async fn page(fixture: &Fixture) -> String {
    let page = ApiClient::new(docs::routes(), fixture.shop.app().db).get("/docs/pricing").await;
    assert_eq!(page.status, 200);
    page.body.as_str().unwrap().to_owned()
}

/// The quote of the example, with the shop's rules for it.
async fn example(fixture: &Fixture) -> Response {
    let shop = &fixture.shop;
    let [tea, mug] = [("Green tea", 799), ("Blue mug", 1250)].map(|(name, price)| Product {
        name: name.to_owned(),
        price,
        ..Product::any()
    });
    let (tea, mug) = (shop.product(tea).await, shop.product(mug).await);
    let food = "update products set tax_category = 'food' where id = $1";
    shop.admin.execute(food, &[&tea]).await.unwrap();
    shop.tax_country("DE", true).await;
    shop.tax_rate(TaxRate::standard("DE")).await;
    let food = TaxRate { category: "food", rate_ppm: Some(70_000), ..TaxRate::standard("DE") };
    shop.tax_rate(food).await;
    let parcel = shipping(shop, &["DE"], 490).await;

    let (staff, catalog) = (shop.staff().await, ApiClient::new(catalog::routes(), shop.app()));
    let five = json!({"amount": 500, "currency": "EUR"});
    for (title, value) in [
        ("Tea week", json!({"target": "products", "products": [tea], "percent_bp": 1000})),
        ("Welcome", json!({"target": "order", "code": "WELCOME", "amount": five})),
        ("Half of shipping", json!({"target": "shipping", "percent_bp": 5000})),
    ] {
        let discount = with(value, json!({"title": title, "combines": true}));
        let created = catalog.post("/v1/discounts", &discount).by(&staff).await;
        assert_eq!(created.status, 201, "{}", created.body);
    }

    let wish = json!({
        "destination": {"country": "DE"}, "shipping_method": parcel, "discount_codes": ["WELCOME"],
    });
    let quote = fixture.quote(&with(super::lines([(tea, 3), (mug, 2)]), wish)).await;
    assert_eq!(problems(&quote), [[""; 3]; 0], "{}", quote.body);
    quote
}

/// The parts of a bill by what each discount takes off them, as on the page.
fn parts(quote: &Response) -> Vec<Vec<String>> {
    let discounts = quote.body["discounts"].as_array().unwrap();
    let titles = discounts.iter().map(|discount| discount["title"].as_str().unwrap());
    let head = ["EUR", "Price"].into_iter().chain(titles).chain(["Paid", "Tax in it"]);
    let mut rows = vec![head.map(str::to_owned).collect::<Vec<_>>()];
    for line in quote.body["lines"].as_array().unwrap() {
        let (name, unit_price) = (line["name"].as_str().unwrap(), amount(&line["unit_price"]));
        let title = format!("{name}, {} × {unit_price}", line["quantity"]);
        let shares = discounts.iter().map(|discount| {
            let mut shares = discount["lines"].as_array().unwrap().iter();
            let share = shares.find(|share| share["product"] == line["product"]);
            share.map(|share| amount(&share["amount"])).unwrap_or_default()
        });
        rows.push(row(&title, amount(&line["total"]), shares, line));
    }
    let delivery = &quote.body["delivery"];
    let of_shipping = discounts.iter().map(|discount| {
        let is_of_shipping = discount["target"] == "shipping";
        if is_of_shipping { amount(&discount["amount"]) } else { String::new() }
    });
    let name = delivery["name"].as_str().unwrap();
    rows.push(row(name, amount(&delivery["price"]), of_shipping, delivery));

    let price = decimals(cents(quote, "/subtotal") + cents(quote, "/shipping"));
    let all = discounts.iter().map(|discount| amount(&discount["amount"]));
    let sums = json!({"paid": quote.body["total"], "tax_included": quote.body["tax_included"]});
    rows.push(row("Sum", price, all, &sums));
    rows
}

fn row(
    title: &str,
    price: String,
    discounts: impl Iterator<Item = String>,
    paid: &Value,
) -> Vec<String> {
    let ends = [amount(&paid["paid"]), amount(&paid["tax_included"])];
    [title.to_owned(), price].into_iter().chain(discounts).chain(ends).collect()
}

/// The rates of a bill, each of one line and of its share of shipping, as on the page.
fn rates(quote: &Response) -> Vec<Vec<String>> {
    let head = ["Rate", "ppm", "Goods", "Shipping", "Base", "Tax in it"];
    let rates = quote.body["taxes"].as_array().unwrap().iter().enumerate().map(|(at, rate)| {
        let goods = cents(quote, &format!("/lines/{at}/paid"));
        let base = cents(quote, &format!("/taxes/{at}/base"));
        let (name, ppm) = (rate["rate"].as_str().unwrap().to_owned(), rate["rate_ppm"].to_string());
        let amounts = [goods, base - goods, base].map(decimals);
        [name, ppm].into_iter().chain(amounts).chain([amount(&rate["amount"])]).collect()
    });
    [head.map(str::to_owned).to_vec()].into_iter().chain(rates).collect()
}

/// The rows of a table, each by its cells.
fn table(page: &str, id: &str) -> Vec<Vec<String>> {
    let (_, table) = page.split_once(&format!(r#"<table id="{id}">"#)).unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    let rows = table.split("<tr>").skip(1);
    let cells = |row: &str| {
        let texts = row.split('<').filter_map(|tag| {
            let (name, text) = tag.split_once('>')?;
            ["th", "td"].contains(&name).then(|| text.to_owned())
        });
        texts.collect()
    };
    rows.map(cells).collect()
}

fn amount(money: &Value) -> String {
    decimals(money["amount"].as_i64().unwrap())
}

fn decimals(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
