//! Does one thing over and over, for a while.

use crate::measure::request::send;
use crate::measure::{Crowd, Done};
use fastrand::Rng;
use stack::Gateway;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is done.
pub(super) enum Job {
    /// Any of these paths, as a stranger.
    Get(Vec<String>),
    ListOrders,
    /// An order of so many lines.
    Place(u16),
}

impl Job {
    /// Who does it, by the logical id.
    pub(super) fn function(&self) -> &'static str {
        match self {
            Self::Get(_) => "Catalog",
            Self::ListOrders | Self::Place(_) => "Orders",
        }
    }

    /// Nothing, once nobody may order any more.
    async fn once(&self, crowd: &Crowd, luck: &mut Rng) -> Option<Done> {
        match self {
            Self::Get(paths) => {
                let path = &paths[luck.usize(0..paths.len())];
                Some(send(crowd.get(path), 200).await.0)
            }
            Self::ListOrders => {
                let request = crowd.get("/v1/orders?limit=20");
                let token = crowd.token(crowd.next_buyer());
                Some(send(request.bearer_auth(token), 200).await.0)
            }
            Self::Place(lines) => {
                let buyer = crowd.next_with_room()?;
                let from = luck.usize(0..crowd.products.len());
                // Side by side here, but anywhere in the shop: the sample is shuffled.
                let wanted = crowd.products.iter().cycle().skip(from).take(usize::from(*lines));
                Some(crowd.order(buyer, wanted.map(String::as_str)).await.0)
            }
        }
    }
}

pub(super) async fn many(
    crowd: &Arc<Crowd>,
    job: &Arc<Job>,
    at_once: u16,
    length: Duration,
) -> (Duration, Vec<Done>) {
    let start = Instant::now();
    let workers: Vec<_> = (0..at_once)
        .map(|number| {
            let (crowd, job) = (crowd.clone(), job.clone());
            let mut luck = Rng::with_seed(number.into());
            tokio::spawn(async move {
                let mut all = Vec::new();
                while start.elapsed() < length {
                    let Some(done) = job.once(&crowd, &mut luck).await else { break };
                    all.push(done);
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

/// At least one round.
pub(super) async fn sweep(gateway: &Gateway, length: Duration) -> (Duration, Vec<Done>) {
    let start = Instant::now();
    let mut all = Vec::new();
    loop {
        let begin = Instant::now();
        let answer = gateway.tick("Sweep").await;
        let failed = answer.err().map(|error| error.to_string());
        all.push(Done { took: begin.elapsed(), failed });
        if start.elapsed() >= length {
            return (start.elapsed(), all);
        }
    }
}
