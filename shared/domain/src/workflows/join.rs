//! An account takes over what its owner had ordered as a guest.

use crate::accounts::{self, Claim};
use crate::db::{Db, DbError, Tx};
use crate::failure::Failure;
use crate::guests::{self, Age};
use crate::id::UserId;
use crate::idempotency;
use crate::ordering::{self, Refusal};

/// Gives the account the orders of guests under its address, which must be proven: whoever has the mailbox has their links
/// anyway. How many there were. Asking again takes those that came since.
pub async fn claim_orders(db: &Db, claim: Claim) -> Result<usize, Failure<Refusal>> {
    db.transaction(async |tx| {
        let user = claim.user;
        // As an order of the account, and as its erasure.
        idempotency::lock_orders(tx, user).await?;
        let (standing,) = tx.together((accounts::standing(claim),)).await;
        standing?.ok_or(Refusal::NotSignedIn)?;
        let address = accounts::proven_address(tx, user).await?.ok_or(Refusal::EmailUnproven)?;
        let claimed = join_guests(tx, user, &address, Age::Recent).await?;
        tracing::info!(user.id = %user, "{user} took over {claimed} orders of a guest");
        Ok(claimed)
    })
    .await
}

/// In the turn of the address, so that none is placed meanwhile.
pub(super) async fn join_guests(
    tx: &Tx<'_>,
    user: UserId,
    address: &str,
    age: Age,
) -> Result<usize, DbError> {
    idempotency::lock_address(tx, address).await?;
    let orders = guests::join(tx, address, age).await?;
    let claimed = orders.len();
    if claimed > 0 {
        ordering::join(tx, orders, user);
    }
    Ok(claimed)
}
