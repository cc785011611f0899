//! The first purchase: a quote, a checkout, and the order that it becomes.

use super::rules::CODE;
use super::{Error, expect, failed, money, same, stock, text};
use crate::Customer;
use serde_json::{Value, json};
use uuid::Uuid;

/// Where all orders of the demo go.
pub(super) fn address() -> Value {
    json!({
        "name": "Ada Example", "line1": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin", "country": "DE",
    })
}

/// The buyer asks what two pieces cost in a country, and gets the ways to ship them there. Returns the cheapest.
pub(super) async fn quote(
    ada: &Customer,
    product: &str,
    report: &impl Fn(&str, &str),
) -> Result<String, Error> {
    let wish = json!({
        "lines": [{"product": product, "quantity": 2}], "destination": {"country": "DE"},
    });
    let quote = ada.post("/v1/quotes", &wish).await?;
    expect("quote", 200, &quote)?;
    let bill = &quote.body;
    let (shipping, price) =
        (text(bill, "/shipping_options/0/name"), money(&bill["shipping_options"][0]["price"]));
    report(
        "quote",
        &format!("two to Germany are {}; {shipping} is {price} more", money(&bill["total"])),
    );
    Ok(text(bill, "/shipping_options/0/method"))
}

/// The buyer puts a checkout together, sees its bill, and completes it over the total shown. Returns the order.
pub(super) async fn buy(
    ada: &Customer,
    admin: &Customer,
    product: &str,
    parcel: &str,
    report: &impl Fn(&str, &str),
) -> Result<String, Error> {
    let before = stock(admin, product).await?;
    let wish = json!({
        "lines": [{"product": product, "quantity": 2}], "destination": address(), "shipping_method": parcel,
        "discount_codes": [CODE],
    });
    let created = ada.post_with_new_key("/v1/checkouts", &wish).await?;
    expect("checkout", 201, &created)?;
    let path = format!("/v1/checkouts/{}", text(&created.body, "/id"));
    let shown = ada.get(&path).await?;
    expect("checkout", 200, &shown)?;
    same("checkout", &json!(true), &shown.body["ready"])?;
    same("checkout", &before, &stock(admin, product).await?)?;
    report("checkout", &sum(&shown.body));

    let etag = shown.etag.as_deref().ok_or_else(|| failed("complete", "an ETag", &shown.body))?;
    let agreed = json!({"expected_total": shown.body["total"]});
    let (key, complete) = (Uuid::now_v7().to_string(), format!("{path}/complete"));
    let completed = ada.post_if_match(etag, &key, &complete, &agreed).await?;
    expect("complete", 201, &completed)?;
    let order = text(&completed.body, "/id");
    same("complete", &shown.body["total"], &completed.body["total"])?;
    let held = stock(admin, product).await?;
    same("complete", &(before.available - 2), &held.available)?;
    report(
        "complete",
        &format!(
            "{order} over {}: {}, 2 pieces held",
            money(&completed.body["total"]),
            text(&completed.body, "/status")
        ),
    );
    Ok(order)
}

/// Every part of a bill whose prices include the tax.
pub(super) fn sum(bill: &Value) -> String {
    let [goods, discount, shipping, total, tax] =
        ["subtotal", "discount", "shipping", "total", "tax_included"]
            .map(|part| money(&bill[part]));
    format!(
        "goods {goods} - discount {discount} + shipping {shipping} = total {total}, with {tax} of tax in it"
    )
}
