//! Measures cold starts in two parts, initialisation and first response, since AWS gives the first more CPU.

use crate::Shop;
use crate::measure::{event, usage};
use serde_json::Value;
use std::time::{Duration, Instant};

/// The cold start of a function.
#[derive(Clone, Debug)]
pub(super) struct ColdStart {
    pub(super) function: String,
    /// The size of the binary.
    pub(super) bytes: u64,
    /// From the start of the process until it asks for its first event.
    pub(super) init: Duration,
    /// The CPU time of that.
    pub(super) init_cpu: Duration,
    /// From then until the first response.
    pub(super) first_response: Duration,
    pub(super) first_response_cpu: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Invoke(#[from] stack::InvokeError),
    #[error(transparent)]
    Signal(#[from] stack::process_guard::Error),
    #[error("unexpected response of {function}: {response}")]
    UnexpectedResponse { function: String, response: Value },
}

/// Kills all instances of the HTTP functions, starts a new one of each, and sends it a request that needs no database.
pub(super) async fn starts(shop: &Shop) -> Result<Vec<ColdStart>, Error> {
    let mut starts = Vec::new();
    for (id, function) in &shop.template.functions {
        let Some(route) = function.routes.first() else { continue };
        // Reads the binary into the page cache, so that the disk is not measured.
        let binary = shop.binaries.join(&function.binary);
        let code = tokio::fs::read(binary).await.unwrap_or_default();
        let bytes = u64::try_from(code.len()).unwrap_or(u64::MAX);
        for pid in shop.gateway.pids(id)? {
            stack::process_guard::send_signal(pid, "KILL")?;
        }
        while !shop.gateway.pids(id)?.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let start = Instant::now();
        shop.gateway.warm(id).await?;
        let (init, init_cpu) = (start.elapsed(), cpu(shop, id)?);
        let start = Instant::now();
        let response = shop.gateway.invoke(id, &event(&route.method, &route.path)).await?;
        let first_response = start.elapsed();
        if response["statusCode"].as_u64().is_none_or(|status| status >= 500) {
            return Err(Error::UnexpectedResponse { function: id.clone(), response });
        }
        let first_response_cpu = cpu(shop, id)?.saturating_sub(init_cpu);
        let function = id.clone();
        starts.push(ColdStart {
            function,
            bytes,
            init,
            init_cpu,
            first_response,
            first_response_cpu,
        });
    }
    Ok(starts)
}

fn cpu(shop: &Shop, function: &str) -> Result<Duration, Error> {
    Ok(shop.gateway.pids(function)?.iter().map(|pid| usage::exact_cpu(*pid)).sum())
}
