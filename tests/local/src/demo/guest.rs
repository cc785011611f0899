//! The purchase of a guest: a checkout without an account, its order, the link in the email, and the account that takes the
//! order over.

use super::checkout::{address, sum};
use super::rules::CODE;
use super::{Error, Sold, StepResult, expect, failed, mail_about, money, register, same, text};
use crate::Customer;
use crate::shop::Shop;
use serde_json::json;
use stack::aws::Mail;
use stack::stripe::Card;
use uuid::Uuid;

const GUEST: &str = "grace@example.com";

/// Somebody without an account buys one piece of what was sold before, and registers afterwards.
pub(super) async fn buy(
    shop: &Shop,
    ada: &Customer,
    sold: &Sold,
    report: &impl Fn(&str, &str),
) -> StepResult {
    let (guest, checkout) = begin(shop, sold, report).await?;
    let order = complete(&guest, &checkout, report).await?;
    pay(shop, &guest, &order, report).await?;
    let mail = mail_about(shop, GUEST, "confirmed").await?;
    report("guest mail", &format!("\"{}\" to {GUEST}, with a link to the order", mail.subject));
    use_link(shop, ada, &order, &mail, report).await?;
    join(shop, &guest, &order, report).await
}

/// Creates a checkout without an account. Returns whoever has its secret, and its path.
async fn begin(
    shop: &Shop,
    sold: &Sold,
    report: &impl Fn(&str, &str),
) -> Result<(Customer, String), Error> {
    let nobody = Customer::anonymous(shop.url());
    let wish = json!({
        "email": GUEST, "lines": [{"product": sold.product, "quantity": 1}], "destination": address(),
        "shipping_method": sold.parcel, "discount_codes": [CODE],
    });
    let created = nobody.post("/v1/checkouts", &wish).await?;
    expect("guest checkout", 201, &created)?;
    let path = format!("/v1/checkouts/{}", text(&created.body, "/id"));
    expect("guest checkout", 401, &nobody.get(&path).await?)?;
    let guest = nobody.with_checkout_secret(&text(&created.body, "/secret"));
    report("guest checkout", &format!("without an account: {}", sum(&created.body)));
    Ok((guest, path))
}

/// Completes the checkout over the total shown. Returns the path of the order.
async fn complete(
    guest: &Customer,
    checkout: &str,
    report: &impl Fn(&str, &str),
) -> Result<String, Error> {
    let shown = guest.get(checkout).await?;
    expect("guest order", 200, &shown)?;
    same("guest order", &json!(true), &shown.body["ready"])?;
    let etag = shown.etag.as_deref().ok_or_else(|| failed("guest order", "an ETag", &shown))?;
    let agreed = json!({"expected_total": shown.body["total"]});
    let (key, path) = (Uuid::now_v7().to_string(), format!("{checkout}/complete"));
    let placed = guest.post_if_match(etag, &key, &path, &agreed).await?;
    expect("guest order", 201, &placed)?;
    let order = text(&placed.body, "/id");
    same("guest order", &json!(GUEST), &placed.body["email"])?;
    same("guest order", &shown.body["total"], &placed.body["total"])?;
    report(
        "guest order",
        &format!(
            "{order} over {}: {}, opened by the checkout's secret",
            money(&placed.body["total"]),
            text(&placed.body, "/status"),
        ),
    );
    Ok(format!("/v1/orders/{order}"))
}

async fn pay(
    shop: &Shop,
    guest: &Customer,
    order: &str,
    report: &impl Fn(&str, &str),
) -> StepResult {
    let stripe = shop.stripe.as_ref().expect("the demo uses the Stripe stand-in");
    let payment = guest.post(&format!("{order}/payment-intent"), &json!({})).await?;
    expect("guest pay", 200, &payment)?;
    let intent = text(&payment.body, "/stripe_payment_intent");
    let paid = stripe.pay(&intent, Card::Visa);
    paid.map_err(|no| failed("guest pay", "a payment", &no.to_string()))?;
    stripe.idle().await;
    let shown = guest.get(order).await?;
    same("guest pay", &json!("confirmed"), &shown.body["status"])?;
    same("guest pay", &json!("paid"), &shown.body["payment_status"])?;
    report("guest pay", &format!("{intent} is paid; the order is confirmed and paid"));
    Ok(())
}

/// The link of the email opens the order without the secret, and nothing else does.
async fn use_link(
    shop: &Shop,
    ada: &Customer,
    order: &str,
    mail: &Mail,
    report: &impl Fn(&str, &str),
) -> StepResult {
    let nobody = Customer::anonymous(shop.url());
    let written = mail.text.as_deref().unwrap_or_default();
    let link = written.split_once(&format!("{}/order#", shop.url()));
    let token = link.and_then(|(_, rest)| rest.split_whitespace().next());
    let token = token.ok_or_else(|| failed("guest link", "a link in the email", &written))?;
    let used = nobody.post("/v1/auth/links", &json!({"token": token})).await?;
    expect("guest link", 200, &used)?;
    same("guest link", &order, &format!("/v1/orders/{}", text(&used.body, "/order")).as_str())?;
    expect("guest link", 401, &nobody.get(order).await?)?;
    expect("guest link", 404, &ada.get(order).await?)?;
    let reader = nobody.with_token(&text(&used.body, "/access_token"));
    let shown = reader.get(order).await?;
    expect("guest link", 200, &shown)?;
    report("guest link", &format!("opens the order for its guest alone: {}", sum(&shown.body)));
    Ok(())
}

/// Who proves the same address with an account takes the order over, and the secret opens it no more.
async fn join(
    shop: &Shop,
    guest: &Customer,
    order: &str,
    report: &impl Fn(&str, &str),
) -> StepResult {
    let mut grace = Customer::anonymous(shop.url());
    register(shop, &mut grace, GUEST, "a nice long passphrase").await?;
    expect("guest joins", 404, &grace.get(order).await?)?;
    let claimed = grace.post("/v1/me/orders/claim", &json!({})).await?;
    expect("guest joins", 200, &claimed)?;
    same("guest joins", &json!(1), &claimed.body["claimed"])?;
    expect("guest joins", 200, &grace.get(order).await?)?;
    expect("guest joins", 404, &guest.get(order).await?)?;
    report(
        "guest joins",
        "an account with that address takes the order over; the secret opens nothing",
    );
    Ok(())
}
