//! Our books against Stripe's: what a lost webhook, a lost answer or a hand in the dashboard left behind is found and,
//! where Stripe's word settles it, set right by the same functions that take its webhooks.

mod compare;
mod sql;

pub use compare::{Finding, FindingKind, Reconciliation, Refusal};
pub(crate) use sql::ALL as ALL_QUERIES;
pub(crate) use sql::runs::ALL as RUN_QUERIES;

use super::refund::{self, RefundTold};
use super::{Told, learn};
use crate::db::{Db, DbError};
use crate::failure::{Failure, Never};
use crate::id::{ReconciliationId, UserId};
use crate::page::{Page, Slice};
use compare::Verdict;
use sql::runs;
use time::OffsetDateTime;

/// A comparison that is under way; nobody else is at it for two minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: ReconciliationId,
    /// Everything since then is compared, which is three days before the run began.
    pub since: OffsetDateTime,
    pub payments: Mark,
    pub refunds: Mark,
}

/// What Stripe lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Payments,
    Refunds,
}

/// How far a list was read. It begins with the newest, so that what happens after the run began stands before any mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    Beginning,
    /// By Stripe's id of it.
    Behind(String),
    End,
}

impl Mark {
    /// Behind which one the list is read on.
    pub fn last(&self) -> Option<&str> {
        match self {
            Self::Behind(last) => Some(last),
            Self::Beginning | Self::End => None,
        }
    }
}

impl From<Option<String>> for Mark {
    /// What a page says of the next one.
    fn from(next: Option<String>) -> Self {
        next.map_or(Self::End, Self::Behind)
    }
}

/// What we wait for since before a run begins to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lagging {
    /// Payments by Stripe's ids.
    pub payments: Vec<String>,
    /// Refunds by Stripe's ids, and those of their payments.
    pub refunds: Vec<(String, String)>,
}

/// Asks for a comparison. While one is asked for or under way, that is the one.
pub async fn request(db: &Db, who: UserId) -> Result<Reconciliation, Failure<Never>> {
    db.transaction(async |tx| Ok(sql::request(tx, ReconciliationId::generate(), who).await?)).await
}

pub async fn show(
    db: &Db,
    id: ReconciliationId,
) -> Result<(Reconciliation, Vec<Finding>), Failure<Refusal>> {
    let found = sql::find(db, id).await?.ok_or(Refusal::NotFound)?;
    Ok((found, sql::findings(db, id).await?))
}

/// One page of them, the newest first.
pub async fn list(
    db: &Db,
    page: &Page<ReconciliationId>,
) -> Result<Slice<Reconciliation>, Failure<Refusal>> {
    let all = sql::list(db, page).await?;
    Ok(page.cut(all, |one| one.id))
}

/// Takes on what was asked for, what an hour has made due, or what somebody left in the middle.
pub async fn begin(db: &Db) -> Result<Option<Run>, DbError> {
    runs::schedule(db, ReconciliationId::generate()).await?;
    runs::lease(db).await
}

/// So many things between the two marks of a list are compared: nobody needs to read them again.
pub async fn mark(
    db: &Db,
    run: &Run,
    list: List,
    from: &Mark,
    to: &Mark,
    compared: usize,
) -> Result<(), DbError> {
    runs::mark(db, run.id, list, from, to, small(compared)).await
}

/// There is more than one tick can compare: the next one goes on.
pub async fn pause(db: &Db, run: &Run) -> Result<(), DbError> {
    runs::pause(db, run.id).await
}

/// Stripe does not know a mark of ours: whoever comes next begins at the beginning.
pub async fn start_over(db: &Db, run: &Run) -> Result<(), DbError> {
    runs::start_over(db, run.id).await
}

/// Compares payments that Stripe shows with ours, and takes over what we were not told.
pub async fn compare_payments(db: &Db, run: &Run, told: &[Told]) -> Result<(), Failure<Never>> {
    let known = sql::payments(db, told).await?;
    for told in told {
        let ours = known.iter().find(|ours| match &ours.provider {
            Some(_) => ours.provider == told.provider,
            None => Some(ours.id) == told.payment,
        });
        let verdict = compare::payment(ours, told);
        let (here, there) = (
            ours.map(|ours| format!("{} {}", ours.status.name(), ours.amount)),
            format!("{} {}", told.status.name(), told.amount),
        );
        let heal = async |db: &Db, finding: &Finding| {
            db.transaction(async |tx| {
                learn(tx, told).await?;
                Ok(sql::note(tx, run.id, finding).await?)
            })
            .await
        };
        // What is listed is an intent, and has an id.
        let subject = told.provider.as_deref().unwrap_or_default();
        settle(db, run, verdict, subject, here, there, heal).await?;
    }
    Ok(())
}

/// Compares refunds that Stripe shows with ours, and takes over what we were not told.
pub async fn compare_refunds(
    db: &Db,
    run: &Run,
    told: &[RefundTold],
) -> Result<(), Failure<Never>> {
    let (known, intents) = (sql::refunds(db, told).await?, sql::our_intents(db, told).await?);
    for told in told {
        let ours = known.iter().find(|ours| match &ours.provider {
            Some(provider) => *provider == told.provider,
            None => Some(ours.id) == told.refund,
        });
        let verdict = compare::refund(ours, told, intents.contains(&told.intent));
        let (here, there) = (
            ours.map(|ours| format!("{} {}", ours.status.name(), ours.amount)),
            format!("{} {}", told.status.name(), told.amount),
        );
        let heal = async |db: &Db, finding: &Finding| {
            db.transaction(async |tx| {
                refund::learn(tx, told).await?;
                Ok(sql::note(tx, run.id, finding).await?)
            })
            .await
        };
        settle(db, run, verdict, &told.provider, here, there, heal).await?;
    }
    Ok(())
}

/// What we wait for since before the run looks, a few at a time.
pub async fn lagging(db: &Db, run: &Run) -> Result<Lagging, DbError> {
    let refunds = sql::lagging_refunds(db, run.since).await?;
    Ok(Lagging { payments: sql::lagging_payments(db, run.since).await?, refunds })
}

/// Stripe was asked for everything: payments that it does not have, an hour after we began them, will never be. Nothing
/// is known of those that were begun less than an hour before the run.
/// Abandoned, they do not stand in the way of the next try, nor of their order's end.
pub async fn give_up_absent(db: &Db, run: &Run) -> Result<(), Failure<Never>> {
    db.transaction(async |tx| {
        for payment in sql::abandon_absent(tx, run.since).await? {
            let finding = Finding {
                kind: FindingKind::PaymentAbsent,
                subject: payment.to_string(),
                ours: Some("creating".to_owned()),
                told: None,
                healed: true,
            };
            sql::note(tx, run.id, &finding).await?;
        }
        Ok(())
    })
    .await
}

/// Ends a run that has compared so many more, and shows what it found.
pub async fn finish(
    db: &Db,
    run: &Run,
    payments: usize,
    refunds: usize,
) -> Result<Option<Reconciliation>, DbError> {
    runs::finish(db, run.id, small(payments), small(refunds)).await?;
    sql::find(db, run.id).await
}

fn small(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Healed and noted in one transaction, or noted for a person.
async fn settle(
    db: &Db,
    run: &Run,
    verdict: Verdict,
    subject: &str,
    ours: Option<String>,
    told: String,
    heal: impl AsyncFnOnce(&Db, &Finding) -> Result<(), Failure<super::Refusal>>,
) -> Result<(), Failure<Never>> {
    let (kind, healed) = match verdict {
        Verdict::Agrees => return Ok(()),
        Verdict::Heal(kind) => (kind, true),
        Verdict::Raise(kind) => (kind, false),
    };
    let subject = subject.to_owned();
    let mut finding = Finding { kind, subject, ours, told: Some(told), healed };
    if healed {
        match heal(db, &finding).await {
            Ok(()) => {
                tracing::warn!(subject = finding.subject, kind = kind.name(), "set right");
                return Ok(());
            }
            Err(Failure::Db(error)) => return Err(error.into()),
            Err(Failure::Refused(no)) => {
                tracing::error!(subject = finding.subject, "what Stripe shows is not taken: {no}");
                finding.healed = false;
            }
        }
    }
    tracing::error!(subject = finding.subject, kind = kind.name(), "a person must look");
    db.transaction(async |tx| Ok(sql::note(tx, run.id, &finding).await?)).await
}
