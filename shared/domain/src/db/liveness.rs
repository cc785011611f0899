//! Checks an idle connection before its next use.

use super::CONNECT_TIMEOUT;
use deadpool_postgres::{Hook, HookError};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// A connection used within this time is not checked: the check costs as much as a small statement.
const FRESH: Duration = Duration::from_secs(1);

/// Sends an empty query over a connection before it is reused, unless it was used just now. A function that was frozen
/// wakes up with sockets that the other side closed long ago: this finds them before a statement does.
pub(super) fn check() -> Hook {
    // The wall clock, because the monotonic clock may stop while a function is frozen. It is shared by the pool's
    // connections and so notices the first one only: a function has one.
    let last_use = Mutex::new(SystemTime::now());
    Hook::async_fn(move |client, metrics| {
        let now = SystemTime::now();
        let before = last_use.lock().map(|mut last| std::mem::replace(&mut *last, now));
        let was_awake =
            before.is_ok_and(|before| now.duration_since(before).is_ok_and(|gap| gap < FRESH));
        let is_fresh = was_awake && metrics.last_used() < FRESH;
        Box::pin(async move {
            if is_fresh {
                return Ok(());
            }
            match tokio::time::timeout(CONNECT_TIMEOUT, client.simple_query("")).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(HookError::Backend(error)),
                Err(_) => Err(HookError::message("the connection does not answer")),
            }
        })
    })
}
