//! Repeats one kind of request for a while.

use crate::measure::request::send;
use crate::measure::{Buyers, RequestOutcome};
use fastrand::Rng;
use stack::Gateway;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A kind of request.
pub(super) enum Job {
    /// A random one of these paths, without authentication.
    Get(Vec<String>),
    ListOrders,
    /// Places an order with this number of lines.
    Place(u16),
}

impl Job {
    /// The logical id of the function that handles it.
    pub(super) fn function(&self) -> &'static str {
        match self {
            Self::Get(_) => "Catalog",
            Self::ListOrders | Self::Place(_) => "Orders",
        }
    }

    /// None if all buyers have reached the limit of unpaid orders.
    async fn once(&self, buyers: &Buyers, random: &mut Rng) -> Option<RequestOutcome> {
        match self {
            Self::Get(paths) => {
                let path = &paths[random.usize(0..paths.len())];
                Some(send(buyers.get(path), 200).await.0)
            }
            Self::ListOrders => {
                let request = buyers.get("/v1/orders?limit=20");
                let token = buyers.token(buyers.next_buyer());
                Some(send(request.bearer_auth(token), 200).await.0)
            }
            Self::Place(lines) => {
                let buyer = buyers.next_with_room()?;
                let from = random.usize(0..buyers.products.len());
                // The sample is shuffled, so neighbours here are not neighbours in the table.
                let wanted = buyers.products.iter().cycle().skip(from).take(usize::from(*lines));
                Some(buyers.order(buyer, wanted.map(String::as_str)).await.0)
            }
        }
    }
}

/// Runs a job with `at_once` concurrent clients. Returns the elapsed time and the outcomes.
pub(super) async fn drive(
    buyers: &Arc<Buyers>,
    job: &Arc<Job>,
    at_once: u16,
    length: Duration,
) -> (Duration, Vec<RequestOutcome>) {
    let start = Instant::now();
    let workers: Vec<_> = (0..at_once)
        .map(|number| {
            let (buyers, job) = (buyers.clone(), job.clone());
            let mut random = Rng::with_seed(number.into());
            tokio::spawn(async move {
                let mut all = Vec::new();
                while start.elapsed() < length {
                    let Some(outcome) = job.once(&buyers, &mut random).await else { break };
                    all.push(outcome);
                }
                all
            })
        })
        .collect();
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.expect("no job panics"));
    }
    (start.elapsed(), all)
}

/// Runs the sweep repeatedly, at least once.
pub(super) async fn sweep(gateway: &Gateway, length: Duration) -> (Duration, Vec<RequestOutcome>) {
    let start = Instant::now();
    let mut all = Vec::new();
    loop {
        let begin = Instant::now();
        let response = gateway.tick("Sweep").await;
        let failed = response.err().map(|error| error.to_string());
        all.push(RequestOutcome { took: begin.elapsed(), failed });
        if start.elapsed() >= length {
            return (start.elapsed(), all);
        }
    }
}
