//! One order from browsing to the parcel and back, and two ways to end one before it is paid, over HTTP, against the real binaries.

mod ending;

use crate::{Answer, Customer, Shop, shop};
use serde_json::{Value, json};
use stack::aws::Mail;
use stack::stripe::Card;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A mail takes its way through the outbox, SQS, the worker and SES.
const MAIL_PATIENCE: Duration = Duration::from_secs(30);

/// The step that did not go as told.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    #[error("{step}: expected {expected}, got {got}")]
    Step { step: &'static str, expected: String, got: String },
    #[error(transparent)]
    Shop(#[from] shop::Error),
}

type Told = Result<(), Failed>;

impl From<reqwest::Error> for Failed {
    fn from(error: reqwest::Error) -> Self {
        Self::Shop(error.into())
    }
}

impl From<stack::aws::Error> for Failed {
    fn from(error: stack::aws::Error) -> Self {
        Self::Shop(error.into())
    }
}

/// Plays the story, and tells each step with what was seen. The shop's payments go to the stand-in.
pub async fn play(shop: &Shop, tell: impl Fn(&str, &str)) -> Result<(), Failed> {
    let stripe = shop.stripe.as_ref().expect("the demo is played at the stand-in");
    let (email, password) = ("ada@example.com", "correct horse battery");
    let mut ada = Customer::stranger(shop.url());
    let mut admin = Customer::stranger(shop.url());
    admin.log_in(crate::ADMIN, &shop.admin_password).await?;

    let wish = json!({"email": email, "password": password});
    expect("register", 202, &ada.post("/v1/auth/register", &wish).await?)?;
    expect("log in", 200, &ada.log_in(email, password).await?)?;
    tell("register", "ada@example.com has an account and is signed in");

    let found = ada.get("/v1/products?q=mug&limit=5").await?;
    expect("browse", 200, &found)?;
    let mug = found.body["data"]
        .as_array()
        .and_then(|goods| goods.iter().find(|product| product["sku"] == "MUG-BLUE"));
    let mug = mug.ok_or_else(|| failed("browse", "a blue mug", &found.body))?;
    let (product, name) = (text(mug, "/id"), text(mug, "/name"));
    let before = stock(&admin, &product).await?;
    tell("browse", &format!("{name} for {}, {} available", money(&mug["price"]), before.available));

    let wish = json!({"lines": [{"product": product, "quantity": 2}]});
    let placed = ada.post_once("/v1/orders", &wish).await?;
    expect("place", 201, &placed)?;
    let order = text(&placed.body, "/id");
    let held = stock(&admin, &product).await?;
    same("place", &(before.available - 2), &held.available)?;
    tell(
        "place",
        &format!(
            "{order} over {}: {}, 2 pieces held",
            money(&placed.body["total"]),
            text(&placed.body, "/status")
        ),
    );

    let paying = ada.post(&format!("/v1/orders/{order}/payment-intent"), &json!({})).await?;
    expect("pay", 200, &paying)?;
    let intent = text(&paying.body, "/stripe_payment_intent");
    stripe.pay(&intent, Card::Visa).map_err(|no| failed("pay", "a payment", &no.to_string()))?;
    tell("pay", &format!("{intent} is paid with a Visa card at the stand-in"));

    stripe.idle().await;
    let told = stripe.deliveries().len();
    let confirmed = ada.get(&format!("/v1/orders/{order}")).await?;
    same("webhook", &json!("confirmed"), &confirmed.body["status"])?;
    same("webhook", &json!("paid"), &confirmed.body["payment_status"])?;
    tell("webhook", &format!("{told} signed events; the order is confirmed and paid"));

    let after = stock(&admin, &product).await?;
    same("stock", &(before.available - 2), &after.available)?;
    same("stock", &before.on_hand, &after.on_hand)?;
    tell(
        "stock",
        &format!(
            "{} on the shelf, {} promised, {} available",
            after.on_hand, after.reserved, after.available
        ),
    );

    let mail = mail_about(shop, email, "confirmed").await?;
    let says_all =
        mail.text.as_ref().is_some_and(|text| text.contains(&order)) && mail.html.is_some();
    same("mail", &true, &says_all)?;
    tell("mail", &format!("\"{}\" to {}", mail.subject, mail.to.join(", ")));

    for event in stripe.events() {
        stripe.deliver(event);
    }
    stripe.idle().await;
    let repeated = stripe.deliveries().len() - told;
    let again = ada.get(&format!("/v1/orders/{order}")).await?;
    same("webhook again", &confirmed.body, &again.body)?;
    same("webhook again", &after, &stock(&admin, &product).await?)?;
    let confirmations = shop.aws().mails().await?;
    let confirmations = confirmations.iter().filter(|mail| mail.subject.contains("confirmed"));
    same("webhook again", &1, &confirmations.count())?;
    tell("webhook again", &format!("{repeated} events came twice, and nothing changed"));

    let sold = Sold { order, product: product.clone(), payment: text(&paying.body, "/payment") };
    ending::ship(shop, &ada, &admin, &sold, &tell).await?;
    ending::refund(shop, &ada, &admin, &sold, &tell).await?;
    ending::cancel(&ada, &admin, &product, &tell).await?;
    ending::expire(shop, &ada, &admin, &product, &tell).await
}

/// What was sold, and how it was paid.
struct Sold {
    order: String,
    product: String,
    payment: String,
}

/// A product's counts, as staff see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stock {
    on_hand: i64,
    reserved: i64,
    available: i64,
}

async fn stock(admin: &Customer, product: &str) -> Result<Stock, Failed> {
    let shown = admin.get(&format!("/v1/products/{product}")).await?;
    expect("stock", 200, &shown)?;
    let count = |name: &str| {
        let count = shown.body["stock"][name].as_i64();
        count.ok_or_else(|| failed("stock", name, &shown.body))
    };
    Ok(Stock {
        on_hand: count("on_hand")?,
        reserved: count("reserved")?,
        available: count("available")?,
    })
}

async fn mail_about(shop: &Shop, to: &str, what: &str) -> Result<Mail, Failed> {
    let until = Instant::now() + MAIL_PATIENCE;
    loop {
        let mails = shop.aws().mails().await?;
        let fits =
            |mail: &&Mail| mail.subject.contains(what) && mail.to.iter().any(|one| one == to);
        if let Some(mail) = mails.iter().find(fits) {
            return Ok(mail.clone());
        }
        if Instant::now() > until {
            let subjects: Vec<_> = mails.into_iter().map(|mail| mail.subject).collect();
            return Err(failed("mail", "a mail that says so", &subjects));
        }
        sleep(Duration::from_millis(100)).await;
    }
}

fn expect(step: &'static str, status: u16, answer: &Answer) -> Result<(), Failed> {
    if answer.status == status {
        return Ok(());
    }
    let got = format!("{} {}", answer.status, answer.body);
    Err(Failed::Step { step, expected: status.to_string(), got })
}

fn same<T: PartialEq + std::fmt::Debug>(
    step: &'static str,
    expected: &T,
    got: &T,
) -> Result<(), Failed> {
    if expected == got {
        return Ok(());
    }
    Err(Failed::Step { step, expected: format!("{expected:?}"), got: format!("{got:?}") })
}

fn failed(step: &'static str, expected: &str, got: &impl std::fmt::Debug) -> Failed {
    Failed::Step { step, expected: expected.to_owned(), got: format!("{got:?}") }
}

fn text(body: &Value, pointer: &str) -> String {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn money(amount: &Value) -> String {
    serde_json::from_value::<domain::money::Money>(amount.clone())
        .map(|money| money.to_string())
        .unwrap_or_default()
}
