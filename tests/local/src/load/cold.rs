//! How long a function takes from nothing to its first answer, in two parts: AWS starts it with more CPU than it then has.

use crate::Shop;
use crate::measure::{event, usage};
use serde_json::Value;
use std::time::{Duration, Instant};

/// One function's first answer.
#[derive(Clone, Debug)]
pub(super) struct Cold {
    pub(super) function: String,
    pub(super) bytes: u64,
    /// From the start of the process until it asked for its first event.
    pub(super) init: Duration,
    /// What the process had spent by then.
    pub(super) init_cpu: Duration,
    /// From there to the first answer.
    pub(super) first: Duration,
    pub(super) first_cpu: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Invoke(#[from] stack::InvokeError),
    #[error(transparent)]
    Signal(#[from] stack::leash::Error),
    #[error("{function} answered {answer}")]
    Answer { function: String, answer: Value },
}

/// Ends every instance of the functions with doors, and asks each for something that it refuses without a database.
pub(super) async fn starts(shop: &Shop) -> Result<Vec<Cold>, Error> {
    let mut starts = Vec::new();
    for (id, function) in &shop.template.functions {
        let Some(route) = function.routes.first() else { continue };
        // Into memory: how fast this machine's disk is says nothing about a start.
        let binary = shop.binaries.join(&function.binary);
        let code = tokio::fs::read(binary).await.unwrap_or_default();
        let bytes = u64::try_from(code.len()).unwrap_or(u64::MAX);
        for pid in shop.gateway.pids(id)? {
            stack::leash::signal(pid, "KILL")?;
        }
        while !shop.gateway.pids(id)?.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let start = Instant::now();
        shop.gateway.warm(id).await?;
        let (init, init_cpu) = (start.elapsed(), spent(shop, id)?);
        let start = Instant::now();
        let answer = shop.gateway.invoke(id, &event(&route.method, &route.path)).await?;
        let first = start.elapsed();
        if answer["statusCode"].as_u64().is_none_or(|status| status >= 500) {
            return Err(Error::Answer { function: id.clone(), answer });
        }
        let first_cpu = spent(shop, id)?.saturating_sub(init_cpu);
        let function = id.clone();
        starts.push(Cold { function, bytes, init, init_cpu, first, first_cpu });
    }
    Ok(starts)
}

fn spent(shop: &Shop, function: &str) -> Result<Duration, Error> {
    Ok(shop.gateway.pids(function)?.iter().map(|pid| usage::precise(*pid)).sum())
}
