//! The load test: concurrent buyers against the deployed binaries, and the resources that this took.

pub mod against;
pub mod budget;
mod cold;
mod comparison;
mod report;
mod workload;

pub use comparison::Comparison;
pub use report::Report;

use crate::measure::{self, Buyers, RequestOutcome, Usage, create_buyers_and_products};
use crate::{Customer, Shop, shop};
use cold::ColdStart;
use fastrand::Rng;
use serde_json::Value;
use stack::Progress;
use stack::functions::Profile;
use stack::stripe::{Card, DeliveryAttempt, StandIn};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use workload::Operation;

/// Long enough to start all instances.
const WARM_UP: Duration = Duration::from_secs(2);

/// How long and how much load to generate.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub length: Duration,
    /// The number of concurrent requests.
    pub at_once: u16,
    /// The delay of each packet between functions and database, in each direction.
    pub database_delay: Duration,
}

/// Why the load test could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Shop(#[from] shop::Error),
    #[error(transparent)]
    Measure(#[from] measure::Error),
    #[error("could not reach the shop")]
    Http(#[from] reqwest::Error),
    #[error("could not measure a cold start")]
    ColdStart(#[from] cold::Error),
    #[error(transparent)]
    Budget(#[from] budget::Error),
    #[error("the load test needs the Stripe stand-in")]
    NoStandIn,
}

/// Measures cold starts, generates load, waits for the webhooks, and checks the invariants.
pub async fn run(shop: &Shop, options: Options, progress: &Progress) -> Result<Report, Error> {
    let stripe = shop.stripe.as_ref().ok_or(Error::NoStandIn)?;
    let cold = cold::starts(shop).await?;
    let over = over_budget(shop, &cold)?;
    progress.say("cold starts of all HTTP functions are measured");
    let buyers = Arc::new(create_buyers_and_products(shop).await?);
    progress.say("buyers and products are inserted");
    let warm = Options { length: WARM_UP, ..options };
    drive(stripe, &buyers, warm, &Progress::silent()).await;
    stripe.idle().await;
    measure::analyze(shop).await?;

    let (first_delivery, before) = (stripe.deliveries().len(), Usage::read(shop));
    let start = Instant::now();
    let outcomes = drive(stripe, &buyers, options, progress).await;
    let took = start.elapsed();
    stripe.idle().await;
    let used = Usage::read(shop).since(&before);
    let deliveries = stripe.deliveries();
    let webhooks = deliveries[first_delivery..].iter().map(RequestOutcome::of_delivery).collect();
    progress.say("checking the invariants");
    let breaches = breaches(shop).await?;
    Ok(Report::new(options, took, outcomes, webhooks, used, cold, over, breaches))
}

impl RequestOutcome {
    /// An event that was not answered with 200 has failed.
    fn of_delivery(delivery: &DeliveryAttempt) -> Self {
        let failed = match delivery.status {
            Some(200) => None,
            Some(status) => Some(status.to_string()),
            None => Some("no response".to_owned()),
        };
        Self { took: delivery.took, failed }
    }
}

/// The outcomes of requests by operation.
type Outcomes = BTreeMap<Operation, Vec<RequestOutcome>>;

/// Generates load, and pays the payments that it creates.
async fn drive(
    stripe: &StandIn,
    buyers: &Arc<Buyers>,
    options: Options,
    progress: &Progress,
) -> Outcomes {
    let start = Instant::now();
    let count = Arc::new(AtomicU64::new(0));
    let (pay, mut to_pay) = mpsc::unbounded_channel();
    let workers: Vec<_> = (0..options.at_once)
        .map(|number| {
            let (buyers, count, pay) = (buyers.clone(), count.clone(), pay.clone());
            let mut random = Rng::with_seed(number.into());
            tokio::spawn(async move {
                let mut all = Outcomes::new();
                while start.elapsed() < options.length {
                    let operation = Operation::draw(&mut random);
                    let (operation, outcome) = operation.run(&buyers, &mut random, &pay).await;
                    count.fetch_add(1, Ordering::Relaxed);
                    all.entry(operation).or_default().push(outcome);
                }
                all
            })
        })
        .collect();
    drop(pay);
    let ticker = tokio::spawn(report_progress(start, options.length, count, progress.clone()));
    // Ends with the last worker.
    while let Some(intent) = to_pay.recv().await {
        // A payment that fails leaves an unpaid order.
        let _ = stripe.pay(&intent, Card::Visa);
    }
    ticker.abort();
    let mut all = Outcomes::new();
    for worker in workers {
        for (operation, outcomes) in worker.await.expect("no operation panics") {
            all.entry(operation).or_default().extend(outcomes);
        }
    }
    all
}

async fn report_progress(
    start: Instant,
    length: Duration,
    count: Arc<AtomicU64>,
    progress: Progress,
) {
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = count.load(Ordering::Relaxed);
        let (past, all) = (start.elapsed().as_secs(), length.as_secs());
        progress.say(&format!("{past:>3} of {all} s  {now:>8} requests  {:>6}/s", now - before));
        before = now;
    }
}

/// The exceeded budgets. Only binaries of the release profile have budgets.
fn over_budget(shop: &Shop, cold: &[ColdStart]) -> Result<Vec<String>, Error> {
    if !shop.binaries.ends_with(Profile::Release.folder()) {
        return Ok(Vec::new());
    }
    let budgets = budget::all()?;
    let over = cold.iter().filter_map(|cold| {
        let budget = budgets.get(&cold.function)?;
        let cost = budget::StartCost { init: cold.init_cpu, first_answer: cold.first_response_cpu };
        budget.exceeded(&cold.function, cold.bytes, Some(cost))
    });
    Ok(over.collect())
}

/// The broken invariants, from the API.
async fn breaches(shop: &Shop) -> Result<Vec<Value>, Error> {
    let mut admin = Customer::anonymous(shop.url());
    admin.log_in(crate::ADMIN, &shop.admin_password).await?;
    let response = admin.get("/v1/ops/invariants").await?;
    match response.body["breaches"].as_array() {
        Some(breaches) => Ok(breaches.clone()),
        None => Ok(vec![response.body]),
    }
}
