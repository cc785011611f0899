//! A busy day in a minute: many buyers at once against the real binaries, and what that cost.

pub mod budget;
mod cold;
mod errand;
mod report;

pub use report::Report;

use crate::measure::{self, Crowd, Done, Usage, gather};
use crate::{Customer, Shop, shop};
use cold::Cold;
use errand::Errand;
use fastrand::Rng;
use serde_json::Value;
use stack::Progress;
use stack::functions::Profile;
use stack::stripe::{Card, StandIn};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Until every function has its instances.
const WARM_UP: Duration = Duration::from_secs(2);

/// How hard the shop is driven.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub length: Duration,
    /// How many requests are on their way at once.
    pub at_once: u16,
}

/// Whatever keeps the load from being driven.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Shop(#[from] shop::Error),
    #[error(transparent)]
    Measure(#[from] measure::Error),
    #[error("could not reach the shop")]
    Http(#[from] reqwest::Error),
    #[error("a cold start could not be seen")]
    Cold(#[from] cold::Error),
    #[error(transparent)]
    Budget(#[from] budget::Error),
    #[error("the load is driven at the stand-in")]
    NoStandIn,
}

/// Drives the shop, lets it come to rest, and looks at its books.
pub async fn run(shop: &Shop, wish: Wish, progress: &Progress) -> Result<Report, Error> {
    let stripe = shop.stripe.as_ref().ok_or(Error::NoStandIn)?;
    let cold = cold::starts(shop).await?;
    let over = over_budget(shop, &cold)?;
    progress.say("every function with a door was started cold");
    let crowd = Arc::new(gather(shop).await?);
    progress.say("a thousand buyers are waiting");
    let warm = Wish { length: WARM_UP, ..wish };
    drive(stripe, &crowd, warm, &Progress::silent()).await;
    stripe.idle().await;
    measure::analyze(shop).await?;

    let (told, before) = (stripe.deliveries().len(), Usage::look(shop));
    let start = Instant::now();
    let done = drive(stripe, &crowd, wish, progress).await;
    let took = start.elapsed();
    stripe.idle().await;
    let used = Usage::look(shop).since(&before);
    let deliveries = stripe.deliveries();
    let webhooks = deliveries[told..].iter().map(|delivery| delivery.status).collect();
    progress.say("looking at the books");
    let breaches = breaches(shop).await?;
    Ok(Report::new(wish, took, done, webhooks, used, cold, over, breaches))
}

/// What was done, by errand.
type Tally = BTreeMap<Errand, Vec<Done>>;

async fn drive(stripe: &StandIn, crowd: &Arc<Crowd>, wish: Wish, progress: &Progress) -> Tally {
    let start = Instant::now();
    let count = Arc::new(AtomicU64::new(0));
    let (pay, mut to_pay) = mpsc::unbounded_channel();
    let workers: Vec<_> = (0..wish.at_once)
        .map(|number| {
            let (crowd, count, pay) = (crowd.clone(), count.clone(), pay.clone());
            let mut luck = Rng::with_seed(number.into());
            tokio::spawn(async move {
                let mut tally = Tally::new();
                while start.elapsed() < wish.length {
                    let errand = Errand::draw(&mut luck);
                    let (errand, done) = errand.run(&crowd, &mut luck, &pay).await;
                    count.fetch_add(1, Ordering::Relaxed);
                    tally.entry(errand).or_default().push(done);
                }
                tally
            })
        })
        .collect();
    drop(pay);
    let ticker = tokio::spawn(tell(start, wish.length, count, progress.clone()));
    // Ends when the last worker has.
    while let Some(intent) = to_pay.recv().await {
        // One that is gone by now shows as an order that is not paid.
        let _ = stripe.pay(&intent, Card::Visa);
    }
    ticker.abort();
    let mut tally = Tally::new();
    for worker in workers {
        for (errand, done) in worker.await.expect("no errand panics") {
            tally.entry(errand).or_default().extend(done);
        }
    }
    tally
}

async fn tell(start: Instant, length: Duration, count: Arc<AtomicU64>, progress: Progress) {
    let mut seen = 0;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = count.load(Ordering::Relaxed);
        let (past, all) = (start.elapsed().as_secs(), length.as_secs());
        progress.say(&format!("{past:>3} of {all} s  {now:>8} requests  {:>6}/s", now - seen));
        seen = now;
    }
}

/// What starts dearer than it may; unoptimised binaries have no budget.
fn over_budget(shop: &Shop, cold: &[Cold]) -> Result<Vec<String>, Error> {
    if !shop.binaries.ends_with(Profile::Release.folder()) {
        return Ok(Vec::new());
    }
    let budgets = budget::all()?;
    let over = cold.iter().filter_map(|cold| {
        let budget = budgets.get(&cold.function)?;
        let spent = budget::Spent { init: cold.init_cpu, first_answer: cold.first_cpu };
        budget.exceeded(&cold.function, cold.bytes, Some(spent))
    });
    Ok(over.collect())
}

/// What does not hold, as the admin is told.
async fn breaches(shop: &Shop) -> Result<Vec<Value>, Error> {
    let mut admin = Customer::stranger(shop.url());
    admin.log_in(crate::ADMIN, &shop.admin_password).await?;
    let told = admin.get("/v1/ops/invariants").await?;
    match told.body["breaches"].as_array() {
        Some(breaches) => Ok(breaches.clone()),
        None => Ok(vec![told.body]),
    }
}
