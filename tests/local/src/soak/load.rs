//! The clients of the soak test. They retry failed requests with the same idempotency key.

use super::{Error, Soak, expect, guest, parcels, returns};
use crate::{Customer, Response};
use fastrand::Rng;
use serde_json::{Value, json};
use stack::stripe::Card;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

pub(super) const PASSWORD: &str = "a nice long passphrase";
/// The longest time to retry a request. No fault lasts as long.
const TIMEOUT: Duration = Duration::from_secs(90);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// Of a discount.
const CODE: &str = "SOAK";
const SKUS: [&str; 2] = ["MUG-BLUE", "TEA-GREEN"];
const RETRY_DELAY: Duration = Duration::from_millis(100);
/// The longest time to retry a payment, which Stripe may refuse for good.
const PAYMENT_TIMEOUT: Duration = Duration::from_secs(5);
/// After this time clients log in again. Tokens are valid for 15 minutes.
const TOKEN_LIFETIME: Duration = Duration::from_mins(5);
/// The reconciliation with Stripe runs in every n-th round of [`operate`].
const RECONCILE_EVERY: u32 = 5;

/// What somebody wishes to buy.
#[derive(Clone, Copy)]
pub(super) struct Wish<'a> {
    lines: &'a [Value],
    has_code: bool,
}

/// Who has bought, and the last answer.
pub(super) struct Bought {
    pub(super) buyer: Customer,
    pub(super) placed: Response,
}

/// A customer who places, pays and cancels orders until the end, now and then without their account.
pub(super) async fn buy(soak: &Soak<'_>, number: u64, seed: u64) -> Result<(), Error> {
    let mut random = Rng::with_seed(seed.wrapping_mul(31).wrapping_add(number));
    let (mut account, email) = register(soak, number).await?;
    let mut logged_in_at = Instant::now();
    let mut unpaid: Vec<(Customer, String)> = Vec::new();
    while !soak.is_over() {
        if logged_in_at.elapsed() > TOKEN_LIFETIME {
            log_in(&mut account, &email).await?;
            logged_in_at = Instant::now();
        }
        let products = retry(|| account.get("/v1/products?limit=100")).await?;
        soak.counters.add("product lists");
        let mut lines = Vec::new();
        for sku in SKUS {
            if random.f32() < 0.7 {
                lines.extend(line(&products.body, sku, &mut random));
            }
        }
        if lines.is_empty() {
            guest::claim_orders(soak, &account).await?;
            continue;
        }
        let wish = Wish { lines: &lines, has_code: random.bool() };
        let Bought { buyer, placed } = match random.u8(0..4) {
            0 => {
                let created = create_checkout(soak, &account, wish, None).await?;
                let placed = complete(soak, &account, &created, &mut random).await?;
                Bought { buyer: account.clone(), placed }
            }
            1 => guest::buy(soak, number, &email, wish, &mut random).await?,
            _ => {
                let placed = post(&account, "/v1/orders", &json!({"lines": lines})).await?;
                Bought { buyer: account.clone(), placed }
            }
        };
        if placed.status != 201 {
            soak.counters.add(placed.body["code"].as_str().unwrap_or("other refusals"));
            if let Some((buyer, order)) = unpaid.pop() {
                cancel(soak, &buyer, &order).await?;
            }
            sleep(RETRY_DELAY).await;
            continue;
        }
        soak.counters.add("orders");
        let order = placed.body["id"].as_str().unwrap_or_default().to_owned();
        match random.u8(0..10) {
            0 => unpaid.push((buyer, order)),
            1 => cancel(soak, &buyer, &order).await?,
            _ => pay(soak, &buyer, &order, &mut random).await?,
        }
        sleep(RETRY_DELAY).await;
    }
    Ok(())
}

/// Creates a checkout, with the address of a guest.
pub(super) async fn create_checkout(
    soak: &Soak<'_>,
    buyer: &Customer,
    wish: Wish<'_>,
    email: Option<&str>,
) -> Result<Value, Error> {
    let codes: &[&str] = if wish.has_code { &[CODE] } else { &[] };
    let mut body = json!({"lines": wish.lines, "discount_codes": codes});
    if let Some(email) = email {
        body["email"] = email.into();
    }
    let created = expect("a checkout", 201, post(buyer, "/v1/checkouts", &body).await?)?;
    soak.counters.add("checkouts");
    Ok(created)
}

/// Completes a checkout, some after another tab has changed its quantity. The buyer agrees once to another total than the
/// first one.
pub(super) async fn complete(
    soak: &Soak<'_>,
    buyer: &Customer,
    created: &Value,
    random: &mut Rng,
) -> Result<Response, Error> {
    let checkout = created["id"].as_str().unwrap_or_default();
    if random.u8(0..4) == 0 {
        let (path, line) = (format!("/v1/checkouts/{checkout}"), &created["lines"][0]);
        let quantity = line["quantity"].as_i64().unwrap_or_default() + 1;
        let change = json!({"lines": [{"product": line["product"], "quantity": quantity}]});
        let changed = retry(|| buyer.patch_if_match("*", &path, &change)).await?;
        expect("a changed checkout", 200, changed)?;
    }
    let over = async |total: &Value| {
        let (key, body) = (Uuid::now_v7().to_string(), json!({"expected_total": total}));
        let path = format!("/v1/checkouts/{checkout}/complete");
        retry(|| buyer.post_if_match("*", &key, &path, &body)).await
    };
    let placed = over(&created["total"]).await?;
    if placed.body["total"].is_null() || placed.status == 201 {
        return Ok(placed);
    }
    soak.counters.add("totals that changed");
    over(&placed.body["total"]).await
}

/// Makes a code for fewer orders than will ask for it, which cancelled orders give back.
pub(super) async fn make_code(soak: &Soak<'_>) -> Result<(), Error> {
    let code = json!({"code": CODE, "title": "Soak", "target": "order", "percent_bp": 1000, "max_uses": 5});
    let made = post(&soak.admin(), "/v1/discounts", &code).await?;
    expect("a discount", 201, made).map(drop)
}

async fn register(soak: &Soak<'_>, number: u64) -> Result<(Customer, String), Error> {
    let mut buyer = Customer::anonymous(soak.shop.url()).recording(&soak.exchanges);
    let email = format!("{}{}@tradepost.example", address(number), Uuid::now_v7().simple());
    let body = json!({"email": email, "password": PASSWORD});
    expect("an account", 202, retry(|| buyer.post("/v1/auth/register", &body)).await?)?;
    soak.shop.verify_address(&email).await?;
    log_in(&mut buyer, &email).await?;
    Ok((buyer, email))
}

/// The prefix of a buyer's email address.
pub(super) fn address(number: u64) -> String {
    format!("soak-{number}-")
}

async fn log_in(buyer: &mut Customer, email: &str) -> Result<(), Error> {
    let start = Instant::now();
    loop {
        match timeout(REQUEST_TIMEOUT, buyer.log_in(email, PASSWORD)).await {
            Ok(Ok(response)) if response.status == 200 => return Ok(()),
            Ok(Ok(response)) if response.status < 500 || start.elapsed() > TIMEOUT => {
                return expect("a customer's token", 200, response).map(drop);
            }
            _ => sleep(RETRY_DELAY).await,
        }
    }
}

fn line(products: &Value, sku: &str, random: &mut Rng) -> Option<Value> {
    let product = products["data"].as_array()?.iter().find(|product| product["sku"] == sku)?;
    Some(json!({"product": product["id"], "quantity": random.u8(1..4)}))
}

async fn cancel(soak: &Soak<'_>, buyer: &Customer, order: &str) -> Result<(), Error> {
    post(buyer, &format!("/v1/orders/{order}/cancel"), &json!({})).await?;
    soak.counters.add("cancellations");
    Ok(())
}

/// Pays an order with the Stripe stand-in; sometimes with a declined card first, or cancelled meanwhile. Staff may
/// refund or ship it afterwards.
async fn pay(
    soak: &Soak<'_>,
    buyer: &Customer,
    order: &str,
    random: &mut Rng,
) -> Result<(), Error> {
    let path = format!("/v1/orders/{order}/payment-intent");
    let nothing = json!({});
    let start = Instant::now();
    let payment_response = loop {
        match timeout(REQUEST_TIMEOUT, buyer.post(&path, &nothing)).await {
            Ok(Ok(response)) if !is_temporary(&response) => break response,
            _ if start.elapsed() > PAYMENT_TIMEOUT => {
                soak.counters.add("payments given up");
                return Ok(());
            }
            _ => sleep(RETRY_DELAY).await,
        }
    };
    if payment_response.status != 200 {
        soak.counters.add("payments refused");
        return Ok(());
    }
    let text = |field: &str| payment_response.body[field].as_str().unwrap_or_default().to_owned();
    let (intent, payment) = (text("stripe_payment_intent"), text("payment"));
    let Some(stripe) = &soak.shop.stripe else { return Ok(()) };
    if random.f32() < 0.1 && stripe.pay(&intent, Card::Declined).is_err() {
        soak.counters.add("declined cards");
    }
    if random.f32() < 0.1 {
        cancel(soak, buyer, order).await?;
    }
    if stripe.pay(&intent, Card::Visa).is_ok() {
        soak.counters.add("payments");
        confirmed(soak, order).await?;
    }
    let next = random.u8(0..10);
    if next < 3 {
        let body = if random.bool() {
            json!({"amount": {"amount": random.i64(1..300), "currency": "EUR"}})
        } else {
            json!({})
        };
        let refund = post(&soak.admin(), &format!("/v1/payments/{payment}/refunds"), &body).await?;
        soak.counters.add(if refund.status == 201 { "refunds" } else { "refunds refused" });
    } else if next < 5 {
        let path = format!("/v1/orders/{order}/ship");
        let shipped = post(&soak.admin(), &path, &json!({"carrier": "DHL"})).await?;
        soak.counters.add(if shipped.status == 200 { "shipments" } else { "shipments refused" });
        if shipped.status == 200 {
            returns::give_back(soak, buyer, order, &payment, random).await?;
        }
    } else if next < 8 {
        parcels::ship(soak, order, &payment, random).await?;
    }
    Ok(())
}

/// An order, as staff see it.
pub(super) async fn show(soak: &Soak<'_>, order: &str) -> Result<Value, Error> {
    let (path, admin) = (format!("/v1/orders/{order}"), soak.admin());
    Ok(retry(|| admin.get(&path)).await?.body)
}

/// Waits up to 2 s for the webhook, whose event may be dropped or delayed.
async fn confirmed(soak: &Soak<'_>, order: &str) -> Result<(), Error> {
    for _ in 0..20 {
        if show(soak, order).await?["status"] != "pending" {
            break;
        }
        sleep(RETRY_DELAY).await;
    }
    Ok(())
}

/// The supplier sends counts, staff cancel orders, and the sweep runs every 2 s.
pub(super) async fn operate(soak: &Soak<'_>, seed: u64) -> Result<(), Error> {
    let mut random = Rng::with_seed(seed.wrapping_add(7));
    let mut sequence = 0;
    while !soak.is_over() {
        sequence += 1;
        let count = |sku| json!({"sku": sku, "sequence": sequence, "on_hand": 300 + sequence});
        let counts: Vec<_> = SKUS.into_iter().map(count).collect();
        let body = json!({"source": "soak", "counts": counts});
        let taken = post(&soak.admin(), "/v1/stock-counts", &body).await?;
        expect("the supplier's counts", 202, taken)?;
        soak.counters.add("stock feeds");
        if random.bool() {
            let admin = soak.admin();
            let open = retry(|| admin.get("/v1/orders?status=confirmed&limit=5")).await?;
            let order = open.body["data"][0]["id"].as_str().map(str::to_owned);
            if let Some(order) = order {
                cancel(soak, &soak.admin(), &order).await?;
            }
        }
        if sequence % RECONCILE_EVERY == 0 {
            soak.renew_admin().await;
            let asked = post(&soak.admin(), "/v1/ops/reconciliations", &json!({})).await?;
            expect("a reconciliation", 202, asked)?;
            let succeeded = soak.shop.gateway.tick("Reconcile").await.is_ok();
            let name = if succeeded { "reconciliations" } else { "failed reconciliations" };
            soak.counters.add(name);
        }
        // A failed sweep is retried in the next round.
        soak.counters.add(if soak.shop.gateway.tick("Sweep").await.is_ok() {
            "sweeps"
        } else {
            "failed sweeps"
        });
        sleep(Duration::from_secs(2)).await;
    }
    Ok(())
}

/// A `POST` with one key, retried until the response is final.
pub(super) async fn post(customer: &Customer, path: &str, body: &Value) -> Result<Response, Error> {
    let key = Uuid::now_v7().to_string();
    retry(|| customer.post_with_key(&key, path, body)).await
}

/// Whether the request has to be retried.
fn is_temporary(response: &Response) -> bool {
    response.status >= 500 || response.status == 429 || response.body["code"] == "busy"
}

/// Sends a request until the response is final.
async fn retry<F>(request: impl Fn() -> F) -> Result<Response, Error>
where
    F: Future<Output = reqwest::Result<Response>>,
{
    let start = Instant::now();
    loop {
        let response = timeout(REQUEST_TIMEOUT, request()).await;
        match response {
            Ok(Ok(response)) => {
                if !is_temporary(&response) {
                    return Ok(response);
                }
                if start.elapsed() > TIMEOUT {
                    return expect("a final response", 200, response).map(|body| Response {
                        status: 200,
                        body,
                        etag: None,
                    });
                }
            }
            Ok(Err(error)) if start.elapsed() > TIMEOUT => return Err(error.into()),
            Ok(Err(_)) | Err(_) => {}
        }
        sleep(RETRY_DELAY).await;
    }
}
