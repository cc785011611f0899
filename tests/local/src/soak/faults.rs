//! Injects a fault every second.

use super::{Error, Soak};
use fastrand::Rng;
use stack::process_guard::send_signal;
use stack::stripe::{Fault, Reply};
use std::time::Duration;
use tokio::time::sleep;

const INTERVAL: Duration = Duration::from_secs(1);
/// How long a process is suspended, or a call delayed.
const PAUSE: Duration = Duration::from_millis(300);
/// How long an object is of the other mode: long enough for its buyer to pay it, or to be refused.
const MODE_PAUSE: Duration = Duration::from_secs(2);
/// The functions that may be killed or suspended.
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
const CLOSE_CONNECTIONS: &str =
    "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'app_rw'";

pub(super) async fn inject(soak: &Soak<'_>, seed: u64) -> Result<(), Error> {
    let mut random = Rng::with_seed(seed);
    // Every kind of fault comes once before any comes again.
    let mut kinds: Vec<u8> = Vec::new();
    while !soak.is_over() {
        sleep(INTERVAL).await;
        let function = FUNCTIONS[random.usize(0..FUNCTIONS.len())];
        let pids = soak.shop.gateway.pids(function).map_err(crate::shop::Error::from)?;
        let pid = (!pids.is_empty()).then(|| pids[random.usize(0..pids.len())]);
        if kinds.is_empty() {
            kinds.extend(0..11);
            random.shuffle(&mut kinds);
        }
        match kinds.pop().unwrap_or_default() {
            0 | 1 => {
                // Fails if the process has exited meanwhile.
                if pid.is_some_and(|pid| send_signal(pid, "KILL").is_ok()) {
                    soak.counters.add("killed functions");
                }
            }
            2 => {
                if let Some(pid) = pid.filter(|pid| send_signal(*pid, "STOP").is_ok()) {
                    sleep(PAUSE).await;
                    let _ = send_signal(pid, "CONT");
                    soak.counters.add("suspended functions");
                }
            }
            3 => {
                if let Some(postgres) = soak.shop.services.postgres.pid()
                    && send_signal(postgres, "STOP").is_ok()
                {
                    sleep(PAUSE).await;
                    let _ = send_signal(postgres, "CONT");
                    soak.counters.add("suspended databases");
                }
            }
            4 => {
                soak.database.query_one(CLOSE_CONNECTIONS, &[]).await?;
                soak.counters.add("closed connections");
            }
            5 => {
                let faults = [
                    Fault::Delay(PAUSE),
                    Fault::RateLimit,
                    Fault::ErrorBefore,
                    Fault::ErrorAfter,
                    Fault::ErrorStored,
                    Fault::DisconnectAfter,
                    Fault::Answer(Reply::STORED_500_NO_RETRY),
                    Fault::Answer(Reply::HTML_503),
                    Fault::Answer(Reply::EMPTY_502),
                    Fault::Answer(Reply::KEY_IN_USE),
                    Fault::Answer(Reply::LOCK_TIMEOUT),
                ];
                inject_at_stripe(soak, "", faults[random.usize(0..faults.len())]);
                soak.counters.add("faults of Stripe calls");
            }
            6 => {
                let faults = [
                    Fault::Answer(Reply::INSUFFICIENT_BALANCE),
                    Fault::AnswerAfter(Reply::IDEMPOTENCY_ERROR),
                    Fault::AnswerAfter(Reply::CHARGE_ALREADY_REFUNDED),
                ];
                inject_at_stripe(soak, "POST /v1/refunds", faults[random.usize(0..faults.len())]);
                soak.counters.add("refusals of refunds");
            }
            7 => {
                emit_thin_event(soak, &mut random);
                soak.counters.add("thin events");
            }
            8 => {
                inject_at_stripe(
                    soak,
                    "/v1/payment_intents/",
                    Fault::Answer(Reply::RESOURCE_MISSING),
                );
                soak.counters.add("missing objects");
            }
            9 => {
                if flip_mode(soak).await {
                    soak.counters.add("flips of an object's mode");
                }
            }
            _ => {
                let faults = [Fault::Duplicate(2), Fault::Drop, Fault::Reorder];
                inject_at_stripe(soak, "", faults[random.usize(0..faults.len())]);
                soak.counters.add("faults of webhook deliveries");
            }
        }
    }
    Ok(())
}

/// Into the next call whose name contains `filter`, or into the next event.
fn inject_at_stripe(soak: &Soak<'_>, filter: &str, fault: Fault) {
    if let Some(stripe) = &soak.shop.stripe {
        stripe.inject_on(filter, fault);
    }
}

/// The newest payment, which its buyer is about to pay, is of live mode for a while, and so are its events. They are parked,
/// and the comparison with Stripe brings what they told. False if there is no payment.
async fn flip_mode(soak: &Soak<'_>) -> bool {
    let Some(stripe) = &soak.shop.stripe else { return false };
    let Some(newest) = stripe.ledger().pop() else { return false };
    stripe.set_object_livemode(&newest.intent, true);
    sleep(MODE_PAUSE).await;
    stripe.set_object_livemode(&newest.intent, false);
    true
}

/// Delivers a thin event about a payment that succeeded.
fn emit_thin_event(soak: &Soak<'_>, random: &mut Rng) {
    let Some(stripe) = &soak.shop.stripe else { return };
    let paid: Vec<_> = stripe.ledger().into_iter().filter(|line| line.received > 0).collect();
    if !paid.is_empty() {
        let intent = &paid[random.usize(0..paid.len())].intent;
        stripe.emit_thin("v1.payment_intent.succeeded", "payment_intent", intent);
    }
}
