//! The memory of a function does not grow with its requests.

use crate::open;
use local::memory;
use stack::Progress;

/// `lambda_runtime` alone would keep 185 for the trace id of each.
const BYTES_PER_REQUEST: u64 = 90;

#[tokio::test]
async fn a_request_leaves_nothing_behind_in_memory() {
    let shop = open().await;

    let memory = memory::run(&shop, 10_000, &Progress::silent()).await.unwrap();

    assert!(memory.bytes_per_request() < BYTES_PER_REQUEST, "{memory}");
}
