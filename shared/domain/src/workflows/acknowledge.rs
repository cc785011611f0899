//! Staff acknowledge what waits for a person.

use crate::acknowledgement::{self, Acknowledgement, Reason};
use crate::db::Db;
use crate::failure::Failure;
use crate::id::UserId;
use crate::operations::{self, AttentionKind, Refusal};

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
