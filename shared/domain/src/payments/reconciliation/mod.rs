//! Reconciliation with Stripe: finds what a lost webhook, a lost response or a change in Stripe's dashboard left different
//! here. [`crate::workflows`] applies Stripe's state where that settles it.

mod compare;
mod sql;

pub use compare::{Finding, FindingKind, Reconciliation, Refusal};
pub(crate) use compare::{Verdict, compare_dispute, compare_payment, compare_refund};
pub(crate) use sql::ALL as ALL_QUERIES;
pub(crate) use sql::runs::ALL as RUN_QUERIES;
pub(crate) use sql::{difference, find_payments, find_refunds, our_intents, record_finding};

use crate::acknowledgement::Acknowledgement;
use crate::db::{Db, DbError};
use crate::failure::{Failure, Never};
use crate::id::{ReconciliationId, UserId};
use crate::page::{Page, PageRequest};
use sql::runs;
use time::{Duration, OffsetDateTime};

/// A run in progress, leased for two minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: ReconciliationId,
    /// When it was leased. What Stripe lists is at least as new.
    pub leased_at: OffsetDateTime,
    /// Nobody has leased it before.
    pub is_first: bool,
    /// Every payment and refund created since then is compared: three days before the run began.
    pub since: OffsetDateTime,
    /// How far each list was read.
    pub payments: Mark,
    pub refunds: Mark,
    pub disputes: Mark,
    /// It was requested more than six hours ago: if it still fails, it is given up.
    pub is_overdue: bool,
}

/// How much longer ago than [`Run::since`] the oldest compared dispute was opened: banks take months to decide.
const DISPUTE_AGE: Duration = Duration::days(180);

impl Run {
    /// Every dispute opened since then is compared.
    pub fn disputes_since(&self) -> OffsetDateTime {
        self.since - DISPUTE_AGE
    }
}

/// One of Stripe's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Payments,
    Refunds,
    Disputes,
}

/// How far a list was read. Lists begin with the newest entry, so that what is created after the run began stands before
/// any mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    Beginning,
    /// Behind the entry with this id of Stripe's.
    Behind(String),
    End,
}

impl Mark {
    /// The id of the entry behind which reading goes on.
    pub fn last(&self) -> Option<&str> {
        match self {
            Self::Behind(last) => Some(last),
            Self::Beginning | Self::End => None,
        }
    }
}

impl From<Option<String>> for Mark {
    /// From what a page says about the next one.
    fn from(next: Option<String>) -> Self {
        next.map_or(Self::End, Self::Behind)
    }
}

/// Entries older than what a run compares that are still not final here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lagging {
    /// Payments by Stripe's ids.
    pub payments: Vec<String>,
    /// Refunds by Stripe's ids, and those of their payments.
    pub refunds: Vec<(String, String)>,
}

/// An entry of one of Stripe's lists that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableEntry {
    /// Stripe's id of it, and of its PaymentIntent.
    pub subject: String,
    pub intent: String,
    pub why: String,
}

/// Requests a reconciliation. While one is requested or in progress, that one is returned.
pub async fn request(db: &Db, who: UserId) -> Result<Reconciliation, Failure<Never>> {
    db.transaction(async |tx| Ok(sql::request(tx, ReconciliationId::generate(), who).await?)).await
}

/// A reconciliation with its findings, each with its acknowledgement.
pub async fn show(
    db: &Db,
    id: ReconciliationId,
) -> Result<(Reconciliation, Vec<(Finding, Option<Acknowledgement>)>), Failure<Refusal>> {
    let found = sql::find(db, id).await?.ok_or(Refusal::NotFound)?;
    Ok((found, sql::findings(db, id).await?))
}

/// One page of all reconciliations, the newest first.
pub async fn list(
    db: &Db,
    page: &PageRequest<ReconciliationId>,
) -> Result<Page<Reconciliation>, Failure<Refusal>> {
    let all = sql::list(db, page).await?;
    Ok(page.paginate(all, |one| one.id))
}

/// Leases a run: one that was requested, that is due since an hour has passed, or that another process left unfinished.
pub async fn begin(db: &Db) -> Result<Option<Run>, DbError> {
    runs::schedule(db, ReconciliationId::generate()).await?;
    runs::lease(db).await
}

/// Stores that a list was read from one mark to another, with `compared` entries between them.
pub async fn mark(
    db: &Db,
    run: &Run,
    list: List,
    from: &Mark,
    to: &Mark,
    compared: usize,
) -> Result<(), DbError> {
    runs::mark(db, run.id, list, from, to, to_i32(compared)).await
}

/// Ends the lease: the next tick continues the run.
pub async fn pause(db: &Db, run: &Run) -> Result<(), DbError> {
    runs::pause(db, run.id).await
}

/// Resets the marks, since Stripe does not know one of them: the next tick reads the lists from the beginning.
pub async fn start_over(db: &Db, run: &Run) -> Result<(), DbError> {
    runs::start_over(db, run.id).await
}

/// Entries older than what the run compares that are still not final here, up to 20 of each list.
pub async fn lagging(db: &Db, run: &Run) -> Result<Lagging, DbError> {
    let refunds = sql::lagging_refunds(db, run.since).await?;
    Ok(Lagging { payments: sql::lagging_payments(db, run.since).await?, refunds })
}

/// Abandons payments that the complete lists of Stripe do not have, so that they block neither another attempt nor the
/// end of their order. Payments started less than an hour before the run are left alone: they may still arrive at Stripe.
pub async fn abandon_absent(db: &Db, run: &Run) -> Result<(), Failure<Never>> {
    db.transaction(async |tx| {
        for payment in sql::abandon_absent(tx, run.since).await? {
            let finding = Finding {
                kind: FindingKind::PaymentAbsent,
                subject: payment.to_string(),
                ours: Some("creating".to_owned()),
                stripe: None,
                healed: true,
            };
            sql::record_finding(tx, run.id, &finding).await?;
        }
        Ok(())
    })
    .await
}

/// Records that one payment, refund or dispute could not be compared. `subject` is Stripe's id of it.
pub async fn record_failure(
    db: &Db,
    run: &Run,
    kind: FindingKind,
    subject: &str,
    why: &str,
) -> Result<(), Failure<Never>> {
    tracing::error!(subject, kind = kind.name(), why, "a person must look");
    let finding = Finding::failure(kind, subject, why);
    db.transaction(async |tx| Ok(sql::record_finding(tx, run.id, &finding).await?)).await
}

/// Ends a run that could not go on for six hours, so that the next one begins.
pub async fn give_up(db: &Db, run: &Run, why: &str) -> Result<(), Failure<Never>> {
    let finding = Finding::failure(FindingKind::NotAllCompared, &run.id.to_string(), why);
    db.transaction(async |tx| {
        if runs::give_up(tx, run.id).await? {
            sql::record_finding(tx, run.id, &finding).await?;
        }
        Ok(())
    })
    .await
}

/// Ends a run after `payments` and `refunds` more entries, and returns its result.
pub async fn finish(
    db: &Db,
    run: &Run,
    payments: usize,
    refunds: usize,
) -> Result<Option<Reconciliation>, DbError> {
    runs::finish(db, run.id, to_i32(payments), to_i32(refunds)).await?;
    sql::find(db, run.id).await
}

fn to_i32(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
