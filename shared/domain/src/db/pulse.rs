//! Whether a connection still lives that nobody has used for a while.

use super::PATIENCE;
use deadpool_postgres::{Hook, HookError};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// Who was used so shortly ago lives: asking costs as much as a small statement.
const FRESH: Duration = Duration::from_secs(1);

/// Asks a connection for a sign of life before it is used again, unless it was used just now. A frozen function wakes up
/// with sockets that are long dead: this finds them before a query does.
pub(super) fn check() -> Hook {
    // By the clock on the wall: the other one may stand still while a function is frozen. Whoever is thawed with many
    // connections finds the first of them: a function has one.
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
            match tokio::time::timeout(PATIENCE, client.simple_query("")).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(HookError::Backend(error)),
                Err(_) => Err(HookError::message("the connection gives no sign of life")),
            }
        })
    })
}
