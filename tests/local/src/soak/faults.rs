//! What goes wrong: one thing a second.

use super::{Failed, Soak};
use fastrand::Rng;
use stack::leash::signal;
use stack::stripe::Fault;
use std::time::Duration;
use tokio::time::sleep;

const SECOND: Duration = Duration::from_secs(1);
/// How long something stands still.
const STILL: Duration = Duration::from_millis(300);
/// Those that customers, queues or the clock wait for.
const FUNCTIONS: [&str; 8] = [
    "Orders",
    "Payments",
    "StripeWebhook",
    "SendEmail",
    "SyncInventory",
    "Catalog",
    "Sweep",
    "Reconcile",
];
const CUT: &str =
    "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'app_rw'";

pub(super) async fn strike(soak: &Soak<'_>, seed: u64) -> Result<(), Failed> {
    let mut random = Rng::with_seed(seed);
    while !soak.is_over() {
        sleep(SECOND).await;
        let function = FUNCTIONS[random.usize(0..FUNCTIONS.len())];
        let pids = soak.shop.gateway.pids(function).map_err(crate::shop::Error::from)?;
        let pid = (!pids.is_empty()).then(|| pids[random.usize(0..pids.len())]);
        match random.u8(0..7) {
            0 | 1 => {
                // It may have ended by itself.
                if pid.is_some_and(|pid| signal(pid, "KILL").is_ok()) {
                    soak.tally.add("deaths");
                }
            }
            2 => {
                if let Some(pid) = pid.filter(|pid| signal(*pid, "STOP").is_ok()) {
                    sleep(STILL).await;
                    let _ = signal(pid, "CONT");
                    soak.tally.add("frozen functions");
                }
            }
            3 => {
                if let Some(postgres) = soak.shop.surroundings.postgres.pid()
                    && signal(postgres, "STOP").is_ok()
                {
                    sleep(STILL).await;
                    let _ = signal(postgres, "CONT");
                    soak.tally.add("frozen databases");
                }
            }
            4 => {
                soak.database.query_one(CUT, &[]).await?;
                soak.tally.add("cut connections");
            }
            5 => {
                let faults = [
                    Fault::Delay(STILL),
                    Fault::RateLimit,
                    Fault::ErrorBefore,
                    Fault::ErrorAfter,
                    Fault::ErrorKept,
                    Fault::SilenceAfter,
                ];
                script(soak, faults[random.usize(0..faults.len())]);
                soak.tally.add("failing calls of Stripe");
            }
            _ => {
                let faults = [Fault::Duplicate(2), Fault::Drop, Fault::Reorder];
                script(soak, faults[random.usize(0..faults.len())]);
                soak.tally.add("events doubled, dropped or late");
            }
        }
    }
    Ok(())
}

fn script(soak: &Soak<'_>, fault: Fault) {
    if let Some(stripe) = &soak.shop.stripe {
        stripe.script(fault);
    }
}
