//! What people do all day. Who gets no answer asks again under the same key, as any good client does.

use super::{Failed, Soak, expect};
use crate::{Answer, Customer};
use fastrand::Rng;
use serde_json::{Value, json};
use stack::stripe::Card;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

pub(super) const PASSWORD: &str = "a nice long passphrase";
/// No fault lasts as long.
const PATIENCE: Duration = Duration::from_secs(90);
const ONE_ANSWER: Duration = Duration::from_secs(15);
const SKUS: [&str; 2] = ["MUG-BLUE", "TEA-GREEN"];
const PAUSE: Duration = Duration::from_millis(100);
/// Stripe may deny a payment for good: then there is no use in asking.
const PATIENCE_WITH_STRIPE: Duration = Duration::from_secs(5);
/// A token is good for a quarter of an hour.
const TOKEN_LASTS: Duration = Duration::from_mins(5);
/// How many of the admin's rounds lie between two comparisons with Stripe.
const COMPARE_EACH: u32 = 5;

/// One customer after another order, until the day is over.
pub(super) async fn buy(soak: &Soak<'_>, number: u64, seed: u64) -> Result<(), Failed> {
    let mut random = Rng::with_seed(seed.wrapping_mul(31).wrapping_add(number));
    let (mut buyer, email) = register(soak, number).await?;
    let mut signed_in = Instant::now();
    let mut unpaid: Vec<String> = Vec::new();
    while !soak.is_over() {
        if signed_in.elapsed() > TOKEN_LASTS {
            log_in(&mut buyer, &email).await?;
            signed_in = Instant::now();
        }
        let goods = insist(|| buyer.get("/v1/products?limit=100")).await?;
        soak.tally.add("looks");
        let mut lines = Vec::new();
        for sku in SKUS {
            if random.f32() < 0.7 {
                lines.extend(line(&goods.body, sku, &mut random));
            }
        }
        if lines.is_empty() {
            continue;
        }
        let placed = post(&buyer, "/v1/orders", &json!({"lines": lines})).await?;
        if placed.status != 201 {
            soak.tally.add(placed.body["code"].as_str().unwrap_or("odd refusals"));
            if let Some(order) = unpaid.pop() {
                cancel(soak, &buyer, &order).await?;
            }
            sleep(PAUSE).await;
            continue;
        }
        soak.tally.add("orders");
        let order = placed.body["id"].as_str().unwrap_or_default().to_owned();
        match random.u8(0..10) {
            0 => unpaid.push(order),
            1 => cancel(soak, &buyer, &order).await?,
            _ => pay(soak, &buyer, &order, &mut random).await?,
        }
        sleep(PAUSE).await;
    }
    Ok(())
}

async fn register(soak: &Soak<'_>, number: u64) -> Result<(Customer, String), Failed> {
    let mut buyer = Customer::stranger(soak.shop.url()).noting(&soak.notes);
    let email = format!("{}{}@tradepost.example", address(number), Uuid::now_v7().simple());
    let wish = json!({"email": email, "password": PASSWORD});
    expect("an account", 202, insist(|| buyer.post("/v1/auth/register", &wish)).await?)?;
    log_in(&mut buyer, &email).await?;
    Ok((buyer, email))
}

/// How a buyer's address begins.
pub(super) fn address(number: u64) -> String {
    format!("soak-{number}-")
}

async fn log_in(buyer: &mut Customer, email: &str) -> Result<(), Failed> {
    let start = Instant::now();
    loop {
        match timeout(ONE_ANSWER, buyer.log_in(email, PASSWORD)).await {
            Ok(Ok(answer)) if answer.status == 200 => return Ok(()),
            Ok(Ok(answer)) if answer.status < 500 || start.elapsed() > PATIENCE => {
                return expect("a customer's token", 200, answer).map(drop);
            }
            _ => sleep(PAUSE).await,
        }
    }
}

fn line(goods: &Value, sku: &str, random: &mut Rng) -> Option<Value> {
    let product = goods["data"].as_array()?.iter().find(|product| product["sku"] == sku)?;
    Some(json!({"product": product["id"], "quantity": random.u8(1..4)}))
}

async fn cancel(soak: &Soak<'_>, buyer: &Customer, order: &str) -> Result<(), Failed> {
    post(buyer, &format!("/v1/orders/{order}/cancel"), &json!({})).await?;
    soak.tally.add("cancellations");
    Ok(())
}

/// Starts a payment and makes it at the stand-in; now and then with a bad card first, or thinks better of it meanwhile.
async fn pay(
    soak: &Soak<'_>,
    buyer: &Customer,
    order: &str,
    random: &mut Rng,
) -> Result<(), Failed> {
    let path = format!("/v1/orders/{order}/payment-intent");
    let nothing = json!({});
    let start = Instant::now();
    let started = loop {
        match timeout(ONE_ANSWER, buyer.post(&path, &nothing)).await {
            Ok(Ok(answer)) if !comes_back(&answer) => break answer,
            _ if start.elapsed() > PATIENCE_WITH_STRIPE => {
                soak.tally.add("payments given up");
                return Ok(());
            }
            _ => sleep(PAUSE).await,
        }
    };
    if started.status != 200 {
        soak.tally.add("payments refused");
        return Ok(());
    }
    let text = |field: &str| started.body[field].as_str().unwrap_or_default().to_owned();
    let (intent, payment) = (text("stripe_payment_intent"), text("payment"));
    let Some(stripe) = &soak.shop.stripe else { return Ok(()) };
    if random.f32() < 0.1 && stripe.pay(&intent, Card::Declined).is_err() {
        soak.tally.add("declined cards");
    }
    if random.f32() < 0.1 {
        cancel(soak, buyer, order).await?;
    }
    if stripe.pay(&intent, Card::Visa).is_ok() {
        soak.tally.add("payments");
        confirmed(soak, order).await?;
    }
    let next = random.u8(0..10);
    if next < 3 {
        let wish = if random.bool() {
            json!({"amount": {"amount": random.i64(1..300), "currency": "EUR"}})
        } else {
            json!({})
        };
        let refund = post(&soak.admin(), &format!("/v1/payments/{payment}/refunds"), &wish).await?;
        soak.tally.add(if refund.status == 201 { "refunds" } else { "refunds refused" });
    } else if next < 5 {
        let path = format!("/v1/orders/{order}/ship");
        let shipped = post(&soak.admin(), &path, &json!({"carrier": "DHL"})).await?;
        soak.tally.add(if shipped.status == 200 { "shipments" } else { "shipments refused" });
    }
    Ok(())
}

/// Waits a moment for the webhook; its event may be dropped or late.
async fn confirmed(soak: &Soak<'_>, order: &str) -> Result<(), Failed> {
    let path = format!("/v1/orders/{order}");
    for _ in 0..20 {
        let admin = soak.admin();
        if insist(|| admin.get(&path)).await?.body["status"] != "pending" {
            break;
        }
        sleep(PAUSE).await;
    }
    Ok(())
}

/// The supplier's counts, staff's cancellations, and the sweep, more often than by the clock.
pub(super) async fn run_the_shop(soak: &Soak<'_>, seed: u64) -> Result<(), Failed> {
    let mut random = Rng::with_seed(seed.wrapping_add(7));
    let mut sequence = 0;
    while !soak.is_over() {
        sequence += 1;
        let count = |sku| json!({"sku": sku, "sequence": sequence, "on_hand": 300 + sequence});
        let counts: Vec<_> = SKUS.into_iter().map(count).collect();
        let wish = json!({"source": "soak", "counts": counts});
        let taken = post(&soak.admin(), "/v1/inventory/sync", &wish).await?;
        expect("the supplier's counts", 202, taken)?;
        soak.tally.add("feeds");
        if random.bool() {
            let admin = soak.admin();
            let open = insist(|| admin.get("/v1/orders?status=confirmed&limit=5")).await?;
            let order = open.body["data"][0]["id"].as_str().map(str::to_owned);
            if let Some(order) = order {
                cancel(soak, &soak.admin(), &order).await?;
            }
        }
        if sequence % COMPARE_EACH == 0 {
            soak.renew_admin().await;
            let asked = post(&soak.admin(), "/v1/ops/reconciliations", &json!({})).await?;
            expect("a comparison with Stripe", 202, asked)?;
            let is_compared = soak.shop.gateway.tick("Reconcile").await.is_ok();
            let name = if is_compared { "comparisons" } else { "comparisons that failed" };
            soak.tally.add(name);
        }
        // It says what failed, and comes again.
        soak.tally.add(if soak.shop.gateway.tick("Sweep").await.is_ok() {
            "sweeps"
        } else {
            "sweeps that failed"
        });
        sleep(Duration::from_secs(2)).await;
    }
    Ok(())
}

/// A `POST` under one key, until there is an answer that counts.
pub(super) async fn post(who: &Customer, path: &str, body: &Value) -> Result<Answer, Failed> {
    let key = Uuid::now_v7().to_string();
    insist(|| who.post_under(&key, path, body)).await
}

/// Whether the answer is that there is none now.
fn comes_back(answer: &Answer) -> bool {
    answer.status >= 500 || answer.status == 429 || answer.body["code"] == "busy"
}

/// Asks until the answer is no failure of the shop's. Busy is one, too many requests is one.
async fn insist<F>(ask: impl Fn() -> F) -> Result<Answer, Failed>
where
    F: Future<Output = reqwest::Result<Answer>>,
{
    let start = Instant::now();
    loop {
        let answer = timeout(ONE_ANSWER, ask()).await;
        match answer {
            Ok(Ok(answer)) => {
                if !comes_back(&answer) {
                    return Ok(answer);
                }
                if start.elapsed() > PATIENCE {
                    return expect("an answer", 200, answer)
                        .map(|body| Answer { status: 200, body });
                }
            }
            Ok(Err(error)) if start.elapsed() > PATIENCE => return Err(error.into()),
            Ok(Err(_)) | Err(_) => {}
        }
        sleep(PAUSE).await;
    }
}
