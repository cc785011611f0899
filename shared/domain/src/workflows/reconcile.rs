//! Compares Stripe's lists with ours and applies Stripe's state where that settles a difference.

use super::dispute::apply as apply_dispute;
use super::{refund, take_payment};
use crate::db::{Db, Tx};
use crate::failure::{DbErrorKind, Failure, Never, chain};
use crate::payments::dispute::{self, Case, DisputeUpdate};
use crate::payments::reconciliation::{
    self, Finding, FindingKind, Run, UnreadableEntry, Verdict, compare_dispute, compare_payment,
    compare_refund,
};
use crate::payments::refund::RefundUpdate;
use crate::payments::{PaymentUpdate, Refusal};

/// Compares payments that Stripe lists with ours, and applies what we have missed.
pub async fn reconcile_payments(
    db: &Db,
    run: &Run,
    listed: &[PaymentUpdate],
) -> Result<(), Failure<Never>> {
    let known = reconciliation::find_payments(db, listed).await?;
    for update in listed {
        let ours = known.iter().find(|ours| match &ours.provider {
            Some(_) => ours.provider == update.provider,
            None => Some(ours.id) == update.payment,
        });
        let difference = Difference {
            verdict: compare_payment(ours, update),
            // Listed payments are PaymentIntents, so they have an id.
            subject: update.provider.as_deref().unwrap_or_default(),
            ours: ours.map(|ours| format!("{} {}", ours.status.name(), ours.amount)),
            stripe: format!("{} {}", update.status.name(), update.amount),
        };
        let apply = async |tx: &Tx<'_>| take_payment::apply(tx, update).await.map(drop);
        resolve(db, run, difference, apply).await?;
    }
    Ok(())
}

/// Compares refunds that Stripe lists with ours, and applies what we have missed.
pub async fn reconcile_refunds(
    db: &Db,
    run: &Run,
    listed: &[RefundUpdate],
) -> Result<(), Failure<Never>> {
    let known = reconciliation::find_refunds(db, listed).await?;
    let intents: Vec<_> = listed.iter().map(|update| update.intent.as_str()).collect();
    let intents = reconciliation::our_intents(db, &intents).await?;
    for update in listed {
        let ours = known.iter().find(|ours| match &ours.provider {
            Some(provider) => *provider == update.provider,
            None => Some(ours.id) == update.refund,
        });
        let difference = Difference {
            verdict: compare_refund(ours, update, intents.contains(&update.intent)),
            subject: &update.provider,
            ours: ours.map(|ours| format!("{} {}", ours.status.name(), ours.amount)),
            stripe: format!("{} {}", update.status.name(), update.amount),
        };
        resolve(db, run, difference, async |tx| refund::apply(tx, update).await).await?;
    }
    Ok(())
}

/// Compares disputes that Stripe lists with ours, and applies what we have missed. What is listed was so at least since
/// the run was leased: events from before are older.
pub async fn reconcile_disputes(
    db: &Db,
    run: &Run,
    listed: &[DisputeUpdate],
) -> Result<(), Failure<Never>> {
    let known = dispute::find_stored(db, listed).await?;
    let intents: Vec<_> = listed.iter().map(|update| update.intent.as_str()).collect();
    let intents = reconciliation::our_intents(db, &intents).await?;
    for update in listed {
        let update = &DisputeUpdate { at: update.at.max(run.leased_at), ..update.clone() };
        let state = |case: &Case| format!("{} {}", case.status.name(), case.amount);
        let ours = known.get(&update.provider);
        let difference = Difference {
            verdict: compare_dispute(ours, update, intents.contains(&update.intent)),
            subject: &update.provider,
            ours: ours.map(|ours| state(&ours.dispute.case)),
            stripe: state(&update.case),
        };
        resolve(db, run, difference, async |tx| apply_dispute(tx, update).await).await?;
    }
    Ok(())
}

/// Records entries of Stripe's lists that cannot be read, if they are about payments of ours.
pub async fn report_unreadable(
    db: &Db,
    run: &Run,
    entries: &[UnreadableEntry],
) -> Result<(), Failure<Never>> {
    let intents: Vec<_> = entries.iter().map(|entry| entry.intent.as_str()).collect();
    let intents = reconciliation::our_intents(db, &intents).await?;
    for UnreadableEntry { subject, why, .. } in
        entries.iter().filter(|entry| intents.contains(&entry.intent))
    {
        reconciliation::record_failure(db, run, FindingKind::NotComparable, subject, why).await?;
    }
    Ok(())
}

/// An entry of Stripe's list beside ours.
struct Difference<'a> {
    verdict: Verdict,
    /// Stripe's id.
    subject: &'a str,
    /// Status and amount here, if it is stored here.
    ours: Option<String>,
    /// Status and amount at Stripe.
    stripe: String,
}

/// Applies Stripe's state and records the finding in one transaction, or records it for a person.
async fn resolve(
    db: &Db,
    run: &Run,
    difference: Difference<'_>,
    apply: impl AsyncFnOnce(&Tx<'_>) -> Result<(), Failure<Refusal>> + Clone,
) -> Result<(), Failure<Never>> {
    let Difference { verdict, subject, ours, stripe } = difference;
    let (kind, healed) = match verdict {
        Verdict::Agrees => return Ok(()),
        Verdict::Heal(kind) => (kind, true),
        Verdict::Raise(kind) => (kind, false),
    };
    let subject = subject.to_owned();
    let mut finding = Finding { kind, subject, ours, stripe: Some(stripe), healed };
    if healed {
        let applied = db.transaction(async |tx| {
            apply(tx).await?;
            Ok(reconciliation::record_finding(tx, run.id, &finding).await?)
        });
        match applied.await {
            Ok(()) => {
                tracing::warn!(subject = finding.subject, kind = kind.name(), "reconciled");
                return Ok(());
            }
            // A defect that concerns this entry must not keep the others from being compared.
            Err(Failure::Db(error)) if error.kind() == DbErrorKind::Bug => {
                finding =
                    Finding::failure(FindingKind::NotComparable, &finding.subject, &chain(&error));
            }
            Err(Failure::Db(error)) => return Err(error.into()),
            Err(Failure::Refused(no)) => {
                tracing::error!(subject = finding.subject, "Stripe's state is rejected: {no}");
                finding.healed = false;
            }
        }
    }
    let kind = finding.kind.name();
    tracing::error!(subject = finding.subject, kind, told = finding.stripe, "a person must look");
    db.transaction(async |tx| Ok(reconciliation::record_finding(tx, run.id, &finding).await?)).await
}
