//! Fills the placeholders of event files, such as `{{token:admin}}`, since tokens expire and ids change.

use crate::shop::STAND_IN_SECRET;
use crate::{ADMIN, BUYER, Customer, Response, Shop};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use stack::stripe::{self, Card};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// The product of the orders.
const SKU: &str = "MUG-BLUE";

/// Replaced by the signature of the filled body.
const SIGNATURE: &str = "{{signature}}";

/// Why an event could not be filled in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the event is not JSON")]
    NotJson(#[from] serde_json::Error),
    #[error(
        "unknown placeholder {{{{{0}}}}}; there are token:admin, token:customer, product:<sku>, order, payment and signature"
    )]
    Unknown(String),
    #[error("the body is not base64, or not text in base64")]
    NotBase64,
    #[error("the shop could not be reached")]
    Http(#[from] reqwest::Error),
    #[error("could not get {what}: {status} {body}")]
    Refused { what: &'static str, status: u16, body: Value },
    #[error("orders can be paid with the Stripe stand-in only")]
    NoStandIn,
}

/// Fills events for one shop. The value of a placeholder is created at its first use and then reused.
pub struct Filler<'a> {
    shop: &'a Shop,
    known: BTreeMap<String, String>,
}

impl<'a> Filler<'a> {
    pub fn new(shop: &'a Shop) -> Self {
        Self { shop, known: BTreeMap::new() }
    }

    /// The event in `text` with all placeholders replaced, also those in a base64 body.
    pub async fn fill(&mut self, text: &str) -> Result<Value, Error> {
        let mut event: Value = serde_json::from_str(text)?;
        let is_base64 = event["isBase64Encoded"] == true;
        if let Some(body) = event["body"].as_str().filter(|_| is_base64) {
            let bytes = BASE64_STANDARD.decode(body).map_err(|_| Error::NotBase64)?;
            event["body"] = String::from_utf8(bytes).map_err(|_| Error::NotBase64)?.into();
        }
        let mut text = event.to_string();
        while let Some(name) = placeholder(&text) {
            let value = self.value(&name).await?;
            text = text.replace(&format!("{{{{{name}}}}}"), &value);
        }
        let mut event: Value = serde_json::from_str(&text)?;
        let body = event["body"].as_str().unwrap_or_default().to_owned();
        if event["headers"]["stripe-signature"] == SIGNATURE {
            #[expect(
                clippy::disallowed_methods,
                reason = "signed as Stripe does, with the current time"
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
        let mut admin = Customer::anonymous(self.shop.url());
        expect("the admin's token", 200, admin.log_in(ADMIN, &self.shop.admin_password).await?)?;
        Ok(admin)
    }

    async fn buyer(&self) -> Result<Customer, Error> {
        let mut buyer = Customer::anonymous(self.shop.url());
        let response = buyer.log_in(BUYER, &self.shop.admin_password).await?;
        expect("a customer's token", 200, response)?;
        Ok(buyer)
    }

    async fn product(&self, sku: &str) -> Result<String, Error> {
        let products = Customer::anonymous(self.shop.url()).get("/v1/products?limit=100").await?;
        let products = expect("the products", 200, products)?;
        let mut products = products["data"].as_array().into_iter().flatten();
        let product = products.find(|product| product["sku"] == sku);
        let id = product.and_then(|product| product["id"].as_str());
        id.map(str::to_owned).ok_or_else(|| Error::Unknown(format!("product:{sku}")))
    }

    async fn order(&self) -> Result<String, Error> {
        let body = json!({"lines": [{"product": self.product(SKU).await?, "quantity": 2}]});
        let order = self.buyer().await?.post_with_new_key("/v1/orders", &body).await?;
        Ok(text(&expect("an order", 201, order)?, "id"))
    }

    /// The payment of a new order, paid.
    async fn payment(&self) -> Result<String, Error> {
        let path = format!("/v1/orders/{}/payment-intent", self.order().await?);
        let payment = self.buyer().await?.post(&path, &json!({})).await?;
        let payment = expect("a payment", 200, payment)?;
        let stripe = self.shop.stripe.as_ref().ok_or(Error::NoStandIn)?;
        stripe
            .pay(&text(&payment, "stripe_payment_intent"), Card::Visa)
            .map_err(|_| Error::NoStandIn)?;
        stripe.idle().await;
        Ok(text(&payment, "payment"))
    }
}

/// The name of the first placeholder, except `signature`.
fn placeholder(text: &str) -> Option<String> {
    let parts = text.split("{{").skip(1).filter_map(|part| part.split_once("}}"));
    parts.map(|(name, _)| name).find(|name| *name != "signature").map(str::to_owned)
}

fn token(customer: &Customer) -> String {
    customer.token().unwrap_or_default().to_owned()
}

fn expect(what: &'static str, expected: u16, response: Response) -> Result<Value, Error> {
    let Response { status, body, .. } = response;
    if status == expected { Ok(body) } else { Err(Error::Refused { what, status, body }) }
}

fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_default().to_owned()
}
