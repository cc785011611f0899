//! The last steps of orders: shipment and refund, cancellation, expiry.

use super::checkout::address;
use super::{Error, Sold, StepResult, expect, mail_about, money, same, stock, text};
use crate::shop::{self, Shop};
use crate::{Customer, Response};
use serde_json::json;
use tokio_postgres::NoTls;

/// Staff ship the order in two parcels: the stock on hand decreases, and the buyer gets the tracking number of each.
pub(super) async fn ship(
    shop: &Shop,
    ada: &Customer,
    admin: &Customer,
    sold: &Sold,
    report: &impl Fn(&str, &str),
) -> StepResult {
    let before = stock(admin, &sold.product).await?;
    let parcels = format!("/v1/orders/{}/fulfillments", sold.order);
    let one = json!([{"product": sold.product, "quantity": 1}]);
    let first = json!({"lines": one, "carrier": "DHL", "tracking_number": "00340434161094042540"});
    expect("ship", 201, &admin.post_with_new_key(&parcels, &first).await?)?;
    let partly = ada.get(&format!("/v1/orders/{}", sold.order)).await?;
    same("ship", &json!("partial"), &partly.body["fulfillment_status"])?;
    let number = text(&partly.body, "/number");
    let mail = mail_about(shop, "ada@example.com", "A part of your order").await?;
    let is_tracked = mail.text.as_ref().is_some_and(|text| text.contains("00340434161094042540"));
    same("ship", &true, &is_tracked)?;
    let parcel = json!({"carrier": "DHL", "tracking_number": "00340434161094042557"});
    let shipped = admin.post(&format!("/v1/orders/{}/ship", sold.order), &parcel).await?;
    expect("ship", 200, &shipped)?;
    let order = ada.get(&format!("/v1/orders/{}", sold.order)).await?;
    same("ship", &json!("shipped"), &order.body["status"])?;
    let after = stock(admin, &sold.product).await?;
    same("ship", &(before.on_hand - 2, before.reserved - 2), &(after.on_hand, after.reserved))?;
    let mail =
        mail_about(shop, "ada@example.com", &format!("Your order {number} is on its way")).await?;
    let has_tracking_number =
        mail.text.as_ref().is_some_and(|text| text.contains("00340434161094042557"));
    same("ship", &true, &has_tracking_number)?;
    report(
        "ship",
        &format!(
            "2 pieces leave the stock in two parcels, {} are left; each email has a tracking number",
            after.on_hand
        ),
    );
    Ok(())
}

/// The buyer returns a piece that was opened: it goes back into stock, and its money back to the buyer, less a fee.
pub(super) async fn give_back(
    shop: &Shop,
    ada: &Customer,
    admin: &Customer,
    sold: &Sold,
    report: &impl Fn(&str, &str),
) -> StepResult {
    let before = stock(admin, &sold.product).await?;
    let list = format!("/v1/orders/{}/returns", sold.order);
    let body = json!({"lines": [{"product": sold.product, "quantity": 1}], "note": "Too large"});
    let requested = ada.post_with_new_key(&list, &body).await?;
    expect("return", 201, &requested)?;
    let path = format!("/v1/returns/{}", text(&requested.body, "/id"));
    let approved = admin.post(&format!("{path}/approve"), &json!({})).await?;
    expect("return", 200, &approved)?;
    mail_about(shop, "ada@example.com", "You can return goods").await?;
    let line = json!({"product": sold.product, "received": 1, "condition": "opened", "restock": 1});
    let received = admin.post(&format!("{path}/receive"), &json!({"lines": [line]})).await?;
    expect("return", 200, &received)?;
    same("return", &(before.on_hand + 1), &stock(admin, &sold.product).await?.on_hand)?;

    let amount = json!({"amount": 1000, "currency": "EUR"});
    let body = json!({
        "amount": amount, "return": text(&requested.body, "/id"), "reason": "Less a fee: it was opened",
    });
    let refunds = format!("/v1/payments/{}/refunds", sold.payment);
    expect("return", 201, &admin.post_with_new_key(&refunds, &body).await?)?;
    shop.stripe.as_ref().expect("the demo uses the Stripe stand-in").idle().await;
    let shown = ada.get(&path).await?;
    same("return", &amount, &shown.body["refunded"])?;
    report("return", "1 piece came back opened and is in stock again; 10.00 EUR of it, less a fee");
    Ok(())
}

/// Staff refund the other piece with the shipping, and restock it, and the buyer gets an email.
pub(super) async fn refund(
    shop: &Shop,
    ada: &Customer,
    admin: &Customer,
    sold: &Sold,
    report: &impl Fn(&str, &str),
) -> StepResult {
    let path = format!("/v1/payments/{}/refunds", sold.payment);
    let before = stock(admin, &sold.product).await?;
    let lines = json!([{"product": sold.product, "quantity": 1, "restock": 1}]);
    let body = json!({"reason": "Changed her mind", "lines": lines, "shipping": true});
    let refund_response = admin.post_with_new_key(&path, &body).await?;
    expect("refund", 201, &refund_response)?;
    same("refund", &(before.on_hand + 1), &stock(admin, &sold.product).await?.on_hand)?;
    shop.stripe.as_ref().expect("the demo uses the Stripe stand-in").idle().await;

    let order = ada.get(&format!("/v1/orders/{}", sold.order)).await?;
    same("refund", &json!("partially_refunded"), &order.body["payment_status"])?;
    let back = money(&refund_response.body["amount"]);
    let mail = mail_about(shop, "ada@example.com", &format!("Your refund of {back}")).await?;
    report("refund", &format!("{back} back, 1 piece in stock again, and \"{}\"", mail.subject));
    Ok(())
}

/// The buyer cancels an order before it is paid.
pub(super) async fn cancel(
    ada: &Customer,
    admin: &Customer,
    sold: &Sold,
    report: &impl Fn(&str, &str),
) -> StepResult {
    let before = stock(admin, &sold.product).await?;
    let order = place("cancel", ada, sold).await?;
    let cancelled = ada.post(&format!("/v1/orders/{order}/cancel"), &json!({})).await?;
    expect("cancel", 200, &cancelled)?;
    same("cancel", &json!("cancelled"), &cancelled.body["status"])?;
    same("cancel", &before, &stock(admin, &sold.product).await?)?;
    report("cancel", "another order is cancelled before it is paid, and its stock is back");
    Ok(())
}

/// An order is not paid in time: the payment is cancelled at Stripe first, then the stock is released.
pub(super) async fn expire(
    shop: &Shop,
    ada: &Customer,
    admin: &Customer,
    sold: &Sold,
    report: &impl Fn(&str, &str),
) -> StepResult {
    let before = stock(admin, &sold.product).await?;
    let order = place("expire", ada, sold).await?;
    let payment = ada.post(&format!("/v1/orders/{order}/payment-intent"), &json!({})).await?;
    expect("expire", 200, &payment)?;
    // A round of the sweep passes over an order that one of Stripe's events has locked just then.
    shop.stripe.as_ref().expect("the demo uses the Stripe stand-in").idle().await;
    expire_orders(shop).await?;

    shop.gateway.tick("Sweep").await.map_err(shop::Error::from)?;

    let expired = ada.get(&format!("/v1/orders/{order}")).await?;
    same("expire", &json!("expired"), &expired.body["cancel_reason"])?;
    same("expire", &before, &stock(admin, &sold.product).await?)?;
    let intent = text(&payment.body, "/stripe_payment_intent");
    let ledger = shop.stripe.as_ref().expect("the demo uses the Stripe stand-in").ledger();
    let at_stripe = ledger.iter().find(|line| line.intent == intent);
    let at_stripe = at_stripe.map(|line| line.status.as_str());
    same("expire", &Some("canceled"), &at_stripe)?;
    report(
        "expire",
        "a third is never paid: canceled at Stripe, then here, and its stock is released",
    );
    Ok(())
}

async fn place(step: &'static str, ada: &Customer, sold: &Sold) -> Result<String, Error> {
    let body = json!({
        "lines": [{"product": sold.product, "quantity": 1}],
        "shipping_address": address(), "shipping_method": sold.parcel,
    });
    let placed: Response = ada.post_with_new_key("/v1/orders", &body).await?;
    expect(step, 201, &placed)?;
    Ok(text(&placed.body, "/id"))
}

/// Moves the expiry of unpaid orders to now.
async fn expire_orders(shop: &Shop) -> Result<(), shop::Error> {
    let (database, connection) = tokio_postgres::connect(shop.database_url(), NoTls).await?;
    let connection = tokio::spawn(connection);
    let sql = "update orders set expires_at = now() where status = 'pending'";
    database.execute(sql, &[]).await?;
    drop(database);
    let _ = connection.await;
    Ok(())
}
