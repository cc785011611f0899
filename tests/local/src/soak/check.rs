//! Audits the shop once it is idle.

use super::load::{PASSWORD, address};
use super::{Error, Soak, SoakReport};
use invariants::{AuditReport, BreachKind};

/// Parts of the failures that the injected faults lead to. Any other logged failure is a breach.
const EXPECTED_FAILURES: [&str; 23] = [
    // Killed functions.
    "Killed",
    "(exit status: 137)",
    // Closed connections and a suspended database.
    "terminating connection due to administrator command",
    "connection closed",
    "error communicating with the server",
    // Faults of Stripe, and the sweeps and reconciliations that fail with them.
    "Stripe did not answer",
    "Stripe failed",
    "Stripe refuses",
    "as STRIPE_LIVEMODE asks",
    "STRIPE_LIVEMODE is not its mode",
    "it counts as failed",
    "is parked: Stripe has no",
    "steps failed and are retried in the next round",
    "differences with Stripe remain",
    "a person must look",
    // A successor of a killed worker waits until the claim has expired.
    "another process holds the claim",
    "out of time",
    // Retries after any fault.
    "is delivered again",
    "a step failed and is retried in the next round",
    "left to the sweep",
    "database failed",
    "upstream failed",
    // A message whose worker was killed five times is a dead letter until `drain` redrives it.
    "dead letters wait for a person",
];

pub(super) async fn audit(soak: &Soak<'_>) -> Result<SoakReport, Error> {
    let shop = soak.shop;
    let connections = shop.audit_connections().await?;
    // The last one begins each secret of a guest's checkout.
    let secrets = [PASSWORD.to_owned(), shop.admin_password.clone(), "cks_".to_owned()];
    let secrets = secrets.into_iter().chain((1..=4).map(address));
    let logs = shop.logs().map_err(invariants::Error::from)?;
    let logs = logs.without_secrets(secrets).expecting_failures(EXPECTED_FAILURES);
    let audit = shop.audit(&connections).map_err(invariants::Error::from)?;
    let audit = audit.when_idle().with_logs(logs).with_all_exchanges(&soak.exchanges);

    let AuditReport { breaches, resent_mails } = audit.run().await?;

    let rows = |kind: BreachKind| {
        breaches.iter().filter(|breach| breach.kind == kind).map(ToString::to_string).collect()
    };
    let (lost, twice) = (rows(BreachKind::Lost), rows(BreachKind::Duplicate));
    Ok(SoakReport { done: soak.counters.all(), lost, twice, resent_mails })
}
