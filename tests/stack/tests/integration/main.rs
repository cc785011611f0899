//! Tests of the local stack with real processes.
#![expect(clippy::unwrap_used, reason = "a test that cannot continue should fail")]

mod gateway;
mod postgres;
mod process_guard;
mod queues;

use std::{future::Future, time::Duration};

/// Polls until the condition holds, for at most a minute.
async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let polling = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), polling)
        .await
        .unwrap_or_else(|_| panic!("timeout: {what}"));
}

fn is_alive(pid: u32) -> bool {
    stack::process_guard::send_signal(pid, "0").is_ok()
}

struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("tradepost-test-{}", uuid::Uuid::new_v4().simple());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
