//! The demo: one order from browsing to shipment and refund, bought through a checkout, one that is cancelled, one that
//! expires, and one of a guest, over HTTP against the deployed binaries.

mod checkout;
mod ending;
mod guest;
mod rules;

use crate::{Customer, Response, Shop, shop};
use serde_json::{Value, json};
use stack::aws::Mail;
use stack::stripe::Card;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The longest wait for an email, which passes the outbox, SQS, the worker and SES.
const MAIL_TIMEOUT: Duration = Duration::from_secs(30);
/// How often the sweep runs during that wait. It sends what a function has held back for a batch that never became full.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Why the demo failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{step}: expected {expected}, got {got}")]
    Step { step: &'static str, expected: String, got: String },
    #[error(transparent)]
    Shop(#[from] shop::Error),
}

type StepResult = Result<(), Error>;

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Self::Shop(error.into())
    }
}

impl From<stack::aws::Error> for Error {
    fn from(error: stack::aws::Error) -> Self {
        Self::Shop(error.into())
    }
}

/// Runs the demo and reports each step with its result. The shop must use the Stripe stand-in.
pub async fn run(shop: &Shop, report: impl Fn(&str, &str)) -> Result<(), Error> {
    let stripe = shop.stripe.as_ref().expect("the demo uses the Stripe stand-in");
    let (email, password) = ("ada@example.com", "correct horse battery");
    let mut ada = Customer::anonymous(shop.url());
    let mut admin = Customer::anonymous(shop.url());
    admin.log_in(crate::ADMIN, &shop.admin_password).await?;

    register(shop, &mut ada, email, password).await?;
    report("register", "ada@example.com has used the link of the first mail and is signed in");

    rules::write(shop, &admin, &report).await?;

    let found = ada.get("/v1/products?q=mug&limit=5").await?;
    expect("browse", 200, &found)?;
    let mug = found.body["data"]
        .as_array()
        .and_then(|products| products.iter().find(|product| product["sku"] == "MUG-BLUE"));
    let mug = mug.ok_or_else(|| failed("browse", "a blue mug", &found.body))?;
    let (product, name) = (text(mug, "/id"), text(mug, "/name"));
    let before = stock(&admin, &product).await?;
    report(
        "browse",
        &format!("{name} for {}, {} available", money(&mug["price"]), before.available),
    );

    let parcel = checkout::quote(&ada, &product, &report).await?;
    let order = checkout::buy(&ada, &admin, &product, &parcel, &report).await?;

    let payment = ada.post(&format!("/v1/orders/{order}/payment-intent"), &json!({})).await?;
    expect("pay", 200, &payment)?;
    let intent = text(&payment.body, "/stripe_payment_intent");
    stripe.pay(&intent, Card::Visa).map_err(|no| failed("pay", "a payment", &no.to_string()))?;
    report("pay", &format!("{intent} is paid with a Visa card at the stand-in"));

    stripe.idle().await;
    let first_deliveries = stripe.deliveries().len();
    let confirmed = ada.get(&format!("/v1/orders/{order}")).await?;
    same("webhook", &json!("confirmed"), &confirmed.body["status"])?;
    same("webhook", &json!("paid"), &confirmed.body["payment_status"])?;
    report(
        "webhook",
        &format!("{first_deliveries} signed events; the order is confirmed and paid"),
    );

    let after = stock(&admin, &product).await?;
    same("stock", &(before.available - 2), &after.available)?;
    same("stock", &before.on_hand, &after.on_hand)?;
    report(
        "stock",
        &format!(
            "{} on hand, {} reserved, {} available",
            after.on_hand, after.reserved, after.available
        ),
    );

    let mail = mail_about(shop, email, "confirmed").await?;
    let number = text(&confirmed.body, "/number");
    let names_it = |written: &Option<String>| {
        written.as_ref().is_some_and(|written| !number.is_empty() && written.contains(&number))
    };
    same("mail", &true, &(names_it(&mail.text) && names_it(&mail.html)))?;
    report("mail", &format!("\"{}\" to {}", mail.subject, mail.to.join(", ")));

    for event in stripe.events() {
        stripe.emit_with(event);
    }
    stripe.idle().await;
    let repeated = stripe.deliveries().len() - first_deliveries;
    let again = ada.get(&format!("/v1/orders/{order}")).await?;
    same("webhook again", &confirmed.body, &again.body)?;
    same("webhook again", &after, &stock(&admin, &product).await?)?;
    let confirmations = shop.aws().mails().await?;
    let confirmations = confirmations.iter().filter(|mail| mail.subject.contains("confirmed"));
    same("webhook again", &1, &confirmations.count())?;
    report("webhook again", &format!("{repeated} events came twice, and nothing changed"));

    let sold = Sold { order, product, parcel, payment: text(&payment.body, "/payment") };
    ending::ship(shop, &ada, &admin, &sold, &report).await?;
    ending::give_back(shop, &ada, &admin, &sold, &report).await?;
    ending::refund(shop, &ada, &admin, &sold, &report).await?;
    ending::cancel(&ada, &admin, &sold, &report).await?;
    ending::expire(shop, &ada, &admin, &sold, &report).await?;
    guest::buy(shop, &ada, &sold, &report).await
}

/// The order that was placed first, and its payment.
struct Sold {
    order: String,
    product: String,
    /// The shipping method.
    parcel: String,
    payment: String,
}

/// The stock of a product, as staff see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stock {
    on_hand: i64,
    reserved: i64,
    available: i64,
}

async fn stock(admin: &Customer, product: &str) -> Result<Stock, Error> {
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

/// Registers an account, uses the link of its first mail, and logs in.
async fn register(shop: &Shop, who: &mut Customer, email: &str, password: &str) -> StepResult {
    let body = json!({"email": email, "password": password});
    expect("register", 202, &who.post("/v1/auth/register", &body).await?)?;
    let mail = mail_about(shop, email, "confirm your address").await?;
    let body = json!({"token": link_token(&mail)?});
    expect("confirm", 200, &who.post("/v1/auth/email/verify", &body).await?)?;
    expect("log in", 200, &who.log_in(email, password).await?)
}

async fn mail_about(shop: &Shop, to: &str, what: &str) -> Result<Mail, Error> {
    let until = Instant::now() + MAIL_TIMEOUT;
    let mut next_sweep = Instant::now() + SWEEP_EVERY;
    loop {
        let mails = shop.aws().mails().await?;
        let matches =
            |mail: &&Mail| mail.subject.contains(what) && mail.to.iter().any(|one| one == to);
        if let Some(mail) = mails.iter().find(matches) {
            return Ok(mail.clone());
        }
        if Instant::now() > until {
            let subjects: Vec<_> = mails.into_iter().map(|mail| mail.subject).collect();
            return Err(failed(
                "mail",
                &format!("an email with {what:?} in its subject"),
                &subjects,
            ));
        }
        if Instant::now() > next_sweep {
            shop.gateway.tick("Sweep").await.map_err(shop::Error::from)?;
            next_sweep += SWEEP_EVERY;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// The token of the link in an email.
fn link_token(mail: &Mail) -> Result<&str, Error> {
    let text = mail.text.as_deref().unwrap_or_default();
    let token = text.split_once("?token=").and_then(|(_, rest)| rest.split_whitespace().next());
    token.ok_or_else(|| failed("confirm", "a link in the email", &text))
}

fn expect(step: &'static str, status: u16, response: &Response) -> Result<(), Error> {
    if response.status == status {
        return Ok(());
    }
    let got = format!("{} {}", response.status, response.body);
    Err(Error::Step { step, expected: status.to_string(), got })
}

fn same<T: PartialEq + std::fmt::Debug>(
    step: &'static str,
    expected: &T,
    got: &T,
) -> Result<(), Error> {
    if expected == got {
        return Ok(());
    }
    Err(Error::Step { step, expected: format!("{expected:?}"), got: format!("{got:?}") })
}

fn failed(step: &'static str, expected: &str, got: &impl std::fmt::Debug) -> Error {
    Error::Step { step, expected: expected.to_owned(), got: format!("{got:?}") }
}

fn text(body: &Value, pointer: &str) -> String {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn money(amount: &Value) -> String {
    serde_json::from_value::<domain::money::Money>(amount.clone())
        .map(|money| money.to_string())
        .unwrap_or_default()
}
