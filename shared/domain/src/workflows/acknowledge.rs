//! Staff acknowledge what waits for a person, or discard it.

use crate::acknowledgement::{self, Acknowledgement, Reason};
use crate::db::Db;
use crate::failure::{Failure, Never};
use crate::id::UserId;
use crate::operations::{self, AttentionKind, Refusal};
use crate::outbox::Topic;

/// Takes something out of the list of what waits for a person. What was acknowledged before stays so, with the first reason.
pub async fn acknowledge(
    db: &Db,
    staff: UserId,
    kind: AttentionKind,
    subject: &str,
    reason: &Reason,
) -> Result<Acknowledgement, Failure<Refusal>> {
    if !kind.can_be_acknowledged() {
        return Err(Refusal::NotAcknowledged.into());
    }
    db.transaction(async |tx| {
        if let Some(state) = operations::find_waiting(tx, kind, subject).await? {
            tx.act_as_staff(staff);
            acknowledgement::insert(tx, kind.name(), subject, &state, reason, staff).await?;
        }
        match acknowledgement::newest(tx, kind.name(), subject).await? {
            Some(acknowledgement) => Ok(acknowledgement),
            None if operations::is_known(tx, kind, subject).await? => {
                Err(Refusal::NotWaiting.into())
            }
            None => Err(Refusal::NothingWaits.into()),
        }
    })
    .await
}

/// Of dead letters, among the kinds of acknowledgements.
const DEAD_LETTER: &str = "dead_letter";

/// Stores that a dead letter is to be deleted. What was stored before stays so, with the first reason.
pub async fn discard_dead_letter(
    db: &Db,
    staff: UserId,
    topic: Topic,
    letter: &str,
    reason: &Reason,
) -> Result<Acknowledgement, Failure<Never>> {
    db.transaction(async |tx| {
        tx.act_as_staff(staff);
        acknowledgement::insert(tx, DEAD_LETTER, letter, topic.name(), reason, staff).await?;
        let stored = acknowledgement::newest(tx, DEAD_LETTER, letter).await?;
        Ok(stored.expect("it was inserted, or was there before"))
    })
    .await
}

/// Who discarded a dead letter; none if nobody has.
pub async fn discarded_dead_letter(
    db: &Db,
    letter: &str,
) -> Result<Option<Acknowledgement>, Failure<Never>> {
    db.transaction(async |tx| Ok(acknowledgement::newest(tx, DEAD_LETTER, letter).await?)).await
}
