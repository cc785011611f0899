//! Event files with gaps: tokens run out and ids are made anew, so a file says `{{token:admin}}` and is filled here.

use crate::shop::STAND_IN_SECRET;
use crate::{ADMIN, Answer, Customer, Shop};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use stack::stripe::{self, Card};
use std::collections::BTreeMap;
use time::OffsetDateTime;

const BUYER: &str = "buyer@tradepost.example";
const PASSWORD: &str = "a nice long passphrase";
/// What the orders are for.
const SKU: &str = "MUG-BLUE";

/// Stands for a signature over the body as it goes out.
const SIGNATURE: &str = "{{signature}}";

/// Why an event could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the event is not JSON")]
    NotJson(#[from] serde_json::Error),
    #[error(
        "nothing is called {{{{{0}}}}}; there are token:admin, token:customer, product:<sku>, order, payment and signature"
    )]
    Unknown(String),
    #[error("a body that calls itself base64 is none, or no text")]
    NotBase64,
    #[error("the shop could not be reached")]
    Http(#[from] reqwest::Error),
    #[error("{what} could not be had: {status} {body}")]
    Refused { what: &'static str, status: u16, body: Value },
    #[error("only an order at the stand-in can be paid")]
    NoStandIn,
}

/// Fills events for one shop. What a gap stands for is made when it is met first, and stays.
pub struct Filler<'a> {
    shop: &'a Shop,
    known: BTreeMap<String, String>,
}

impl<'a> Filler<'a> {
    pub fn new(shop: &'a Shop) -> Self {
        Self { shop, known: BTreeMap::new() }
    }

    /// The event in `text`, without gaps. Those in a base64 body count as well.
    pub async fn fill(&mut self, text: &str) -> Result<Value, Error> {
        let mut event: Value = serde_json::from_str(text)?;
        let is_base64 = event["isBase64Encoded"] == true;
        if let Some(body) = event["body"].as_str().filter(|_| is_base64) {
            let bytes = BASE64_STANDARD.decode(body).map_err(|_| Error::NotBase64)?;
            event["body"] = String::from_utf8(bytes).map_err(|_| Error::NotBase64)?.into();
        }
        let mut text = event.to_string();
        while let Some(name) = gap(&text) {
            let value = self.value(&name).await?;
            text = text.replace(&format!("{{{{{name}}}}}"), &value);
        }
        let mut event: Value = serde_json::from_str(&text)?;
        let body = event["body"].as_str().unwrap_or_default().to_owned();
        if event["headers"]["stripe-signature"] == SIGNATURE {
            #[expect(
                clippy::disallowed_methods,
                reason = "we sign in Stripe's place, on its clock"
            )]
            let now = OffsetDateTime::now_utc().unix_timestamp();
            let signed = stripe::signature(&[STAND_IN_SECRET], now, body.as_bytes());
            event["headers"]["stripe-signature"] = signed.into();
        }
        if event["headers"]["content-length"].is_string() {
            event["headers"]["content-length"] = body.len().to_string().into();
        }
        if is_base64 {
            event["body"] = BASE64_STANDARD.encode(body).into();
        }
        Ok(event)
    }

    async fn value(&mut self, name: &str) -> Result<String, Error> {
        if let Some(value) = self.known.get(name) {
            return Ok(value.clone());
        }
        let value = match name.split_once(':').unwrap_or((name, "")) {
            ("token", "admin") => token(&self.admin().await?),
            ("token", "customer") => token(&self.buyer().await?),
            ("product", sku) => self.product(sku).await?,
            ("order", "") => self.order().await?,
            ("payment", "") => self.payment().await?,
            _ => return Err(Error::Unknown(name.to_owned())),
        };
        self.known.insert(name.to_owned(), value.clone());
        Ok(value)
    }

    async fn admin(&self) -> Result<Customer, Error> {
        let mut admin = Customer::stranger(self.shop.url());
        expect("the admin's token", 200, admin.log_in(ADMIN, &self.shop.admin_password).await?)?;
        Ok(admin)
    }

    /// Registering again changes nothing.
    async fn buyer(&self) -> Result<Customer, Error> {
        let mut buyer = Customer::stranger(self.shop.url());
        let wish = json!({"email": BUYER, "password": PASSWORD});
        expect("an account", 202, buyer.post("/v1/auth/register", &wish).await?)?;
        expect("a customer's token", 200, buyer.log_in(BUYER, PASSWORD).await?)?;
        Ok(buyer)
    }

    async fn product(&self, sku: &str) -> Result<String, Error> {
        let goods = Customer::stranger(self.shop.url()).get("/v1/products?limit=100").await?;
        let goods = expect("the products", 200, goods)?;
        let mut goods = goods["data"].as_array().into_iter().flatten();
        let product = goods.find(|product| product["sku"] == sku);
        let id = product.and_then(|product| product["id"].as_str());
        id.map(str::to_owned).ok_or_else(|| Error::Unknown(format!("product:{sku}")))
    }

    async fn order(&self) -> Result<String, Error> {
        let wish = json!({"lines": [{"product": self.product(SKU).await?, "quantity": 2}]});
        let order = self.buyer().await?.post_once("/v1/orders", &wish).await?;
        Ok(text(&expect("an order", 201, order)?, "id"))
    }

    /// Of an order of its own, which is paid.
    async fn payment(&self) -> Result<String, Error> {
        let path = format!("/v1/orders/{}/payment-intent", self.order().await?);
        let paying = self.buyer().await?.post(&path, &json!({})).await?;
        let paying = expect("a payment", 200, paying)?;
        let stripe = self.shop.stripe.as_ref().ok_or(Error::NoStandIn)?;
        stripe
            .pay(&text(&paying, "stripe_payment_intent"), Card::Visa)
            .map_err(|_| Error::NoStandIn)?;
        stripe.idle().await;
        Ok(text(&paying, "payment"))
    }
}

/// The name of the first gap that is not the signature's.
fn gap(text: &str) -> Option<String> {
    let parts = text.split("{{").skip(1).filter_map(|part| part.split_once("}}"));
    parts.map(|(name, _)| name).find(|name| *name != "signature").map(str::to_owned)
}

fn token(customer: &Customer) -> String {
    customer.token().unwrap_or_default().to_owned()
}

fn expect(what: &'static str, expected: u16, answer: Answer) -> Result<Value, Error> {
    let Answer { status, body } = answer;
    if status == expected { Ok(body) } else { Err(Error::Refused { what, status, body }) }
}

fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_default().to_owned()
}
