//! Measures how the memory of Orders grows with the number of requests, each with a trace id of its own, as in AWS.

use crate::Shop;
use crate::measure::figures::tenths;
use crate::measure::{self, create_buyers_and_products, event, usage};
use serde_json::{Value, json};
use stack::Progress;
use std::fmt::{self, Display};

const FUNCTION: &str = "Orders";
/// How often the memory is read.
const STEPS: u32 = 10;

/// Why the memory could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Measure(#[from] measure::Error),
    #[error(transparent)]
    Invoke(#[from] stack::InvokeError),
    #[error("unexpected response: {0}")]
    UnexpectedResponse(Value),
}

/// The memory of one instance by the number of requests that it has served.
#[derive(Debug, Default)]
pub struct Memory {
    points: Vec<(u32, u64)>,
}

impl Memory {
    /// The growth from the first tenth of the requests to the last, in bytes per request: at first, an instance needs memory
    /// for what it keeps.
    pub fn bytes_per_request(&self) -> u64 {
        let (Some((first, before)), Some((last, after))) = (self.points.get(1), self.points.last())
        else {
            return 0;
        };
        let requests = u64::from(last.saturating_sub(*first)).max(1);
        after.saturating_sub(*before) * 1024 / requests
    }
}

/// Lists a buyer's orders `requests` times, one after the other, so that one instance serves them all.
pub async fn run(shop: &Shop, requests: u32, progress: &Progress) -> Result<Memory, Error> {
    let buyers = create_buyers_and_products(shop).await?;
    let mut list = event("GET", "/v1/orders");
    list["headers"]["authorization"] = json!(format!("Bearer {}", buyers.token(0)));
    let mut memory = Memory::default();
    let step = (requests / STEPS).max(1);
    for served in 1..=requests {
        let response = shop.gateway.invoke(FUNCTION, &list).await?;
        if response["statusCode"] != 200 {
            return Err(Error::UnexpectedResponse(response));
        }
        if served == 1 || served % step == 0 {
            let pids = shop.gateway.pids(FUNCTION)?;
            let kib = pids.into_iter().map(usage::memory).max().unwrap_or_default();
            memory.points.push((served, kib));
            progress.say(&format!("{served:>9} requests  {:>6} MiB", mib(kib)));
        }
    }
    Ok(memory)
}

impl Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>9} {:>8}", "requests", "RSS MiB")?;
        for (requests, kib) in &self.points {
            writeln!(f, "{requests:>9} {:>8}", mib(*kib))?;
        }
        writeln!(f, "\n{} bytes per request after the first tenth", self.bytes_per_request())
    }
}

fn mib(kib: u64) -> String {
    tenths(kib * 10 / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_growth_is_told_by_the_request_and_without_the_first_tenth() {
        let points = vec![(1, 6000), (100, 7000), (200, 7100), (1000, 7900)];

        assert_eq!(Memory { points }.bytes_per_request(), 1024);
        assert_eq!(Memory::default().bytes_per_request(), 0);
    }
}
