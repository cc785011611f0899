//! How orders end: in a parcel, and back on the shelf; or before they are paid.

use super::{Failed, Sold, Told, expect, mail_about, money, same, stock, text};
use crate::shop::{self, Shop};
use crate::{Answer, Customer};
use serde_json::json;
use tokio_postgres::NoTls;

/// The parcel leaves, its pieces leave the shelf, and the buyer can follow it.
pub(super) async fn ship(
    shop: &Shop,
    ada: &Customer,
    admin: &Customer,
    sold: &Sold,
    tell: &impl Fn(&str, &str),
) -> Told {
    let before = stock(admin, &sold.product).await?;
    let parcel = json!({"carrier": "DHL", "tracking_number": "00340434161094042557"});
    let shipped = admin.post(&format!("/v1/orders/{}/ship", sold.order), &parcel).await?;
    expect("ship", 200, &shipped)?;
    let order = ada.get(&format!("/v1/orders/{}", sold.order)).await?;
    same("ship", &json!("shipped"), &order.body["status"])?;
    let after = stock(admin, &sold.product).await?;
    same("ship", &(before.on_hand - 2, before.reserved - 2), &(after.on_hand, after.reserved))?;
    let mail = mail_about(shop, "ada@example.com", "on its way").await?;
    let says = mail.text.as_ref().is_some_and(|text| text.contains("00340434161094042557"));
    same("ship", &true, &says)?;
    tell(
        "ship",
        &format!("2 pieces leave the shelf, {} are left; the mail names the parcel", after.on_hand),
    );
    Ok(())
}

/// The parcel comes back: staff give the money back, Stripe moves it, and the buyer reads about it.
pub(super) async fn refund(
    shop: &Shop,
    ada: &Customer,
    admin: &Customer,
    sold: &Sold,
    tell: &impl Fn(&str, &str),
) -> Told {
    let path = format!("/v1/payments/{}/refunds", sold.payment);
    let before = stock(admin, &sold.product).await?;
    let pieces = json!([{"product": sold.product, "quantity": 2, "restock": 2}]);
    let wish = json!({"reason": "Changed her mind", "lines": pieces});
    let given = admin.post_once(&path, &wish).await?;
    expect("refund", 201, &given)?;
    same("refund", &(before.on_hand + 2), &stock(admin, &sold.product).await?.on_hand)?;
    shop.stripe.as_ref().expect("the demo is played at the stand-in").idle().await;

    let order = ada.get(&format!("/v1/orders/{}", sold.order)).await?;
    same("refund", &json!("refunded"), &order.body["payment_status"])?;
    let mail = mail_about(shop, "ada@example.com", "Your refund").await?;
    let back = money(&given.body["amount"]);
    tell("refund", &format!("{back} back, 2 pieces on the shelf again, and \"{}\"", mail.subject));
    Ok(())
}

/// The buyer thinks better of it before paying.
pub(super) async fn cancel(
    ada: &Customer,
    admin: &Customer,
    product: &str,
    tell: &impl Fn(&str, &str),
) -> Told {
    let before = stock(admin, product).await?;
    let order = place("cancel", ada, product).await?;
    let cancelled = ada.post(&format!("/v1/orders/{order}/cancel"), &json!({})).await?;
    expect("cancel", 200, &cancelled)?;
    same("cancel", &json!("cancelled"), &cancelled.body["status"])?;
    same("cancel", &before, &stock(admin, product).await?)?;
    tell("cancel", "another order is cancelled before it is paid, and its stock is back");
    Ok(())
}

/// Nobody pays in time: Stripe lets go of the payment first, then the stock is free.
pub(super) async fn expire(
    shop: &Shop,
    ada: &Customer,
    admin: &Customer,
    product: &str,
    tell: &impl Fn(&str, &str),
) -> Told {
    let before = stock(admin, product).await?;
    let order = place("expire", ada, product).await?;
    let paying = ada.post(&format!("/v1/orders/{order}/payment-intent"), &json!({})).await?;
    expect("expire", 200, &paying)?;
    half_an_hour_passes(shop).await?;

    shop.gateway.tick("Sweep").await.map_err(shop::Error::from)?;

    let ended = ada.get(&format!("/v1/orders/{order}")).await?;
    same("expire", &json!("expired"), &ended.body["cancel_reason"])?;
    same("expire", &before, &stock(admin, product).await?)?;
    let intent = text(&paying.body, "/stripe_payment_intent");
    let ledger = shop.stripe.as_ref().expect("the demo is played at the stand-in").ledger();
    let at_stripe = ledger.iter().find(|line| line.intent == intent);
    let at_stripe = at_stripe.map(|line| line.status.as_str());
    same("expire", &Some("canceled"), &at_stripe)?;
    tell(
        "expire",
        "a third is paid by nobody: canceled at Stripe, then here, and its stock is back",
    );
    Ok(())
}

async fn place(step: &'static str, ada: &Customer, product: &str) -> Result<String, Failed> {
    let wish = json!({"lines": [{"product": product, "quantity": 1}]});
    let placed: Answer = ada.post_once("/v1/orders", &wish).await?;
    expect(step, 201, &placed)?;
    Ok(text(&placed.body, "/id"))
}

/// For orders that wait for their payment.
async fn half_an_hour_passes(shop: &Shop) -> Result<(), shop::Error> {
    let (database, connection) = tokio_postgres::connect(shop.database_url(), NoTls).await?;
    let connection = tokio::spawn(connection);
    let passes = "update orders set expires_at = now() where status = 'pending'";
    database.execute(passes, &[]).await?;
    drop(database);
    let _ = connection.await;
    Ok(())
}
