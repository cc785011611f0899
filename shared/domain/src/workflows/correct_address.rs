//! Staff correct the email address of a guest.

use crate::db::Db;
use crate::email::Email;
use crate::failure::Failure;
use crate::guests;
use crate::id::{OrderId, UserId};
use crate::ordering::{self, Holder, Order, Refusal};
use crate::viewer::Viewer;

/// The guest gets all further emails about the order there, and the links of emails that went elsewhere are void. Repeating it
/// changes nothing.
pub async fn correct_guest_address(
    db: &Db,
    staff: UserId,
    id: OrderId,
    address: &Email,
) -> Result<Order, Failure<Refusal>> {
    db.transaction(async |tx| {
        ordering::lock(tx, Viewer::Staff, id).await?.ok_or(Refusal::NotFound)?;
        let order = ordering::read(tx, id).await?;
        match &order.holder {
            Holder::Account(_) => return Err(Refusal::NotAGuests.into()),
            Holder::Guest(known) if known.original() == address.original() => return Ok(order),
            Holder::Guest(_) => {}
        }
        tx.act_as_staff(staff);
        guests::correct(tx, id, address);
        ordering::touch(tx, id);
        Ok(ordering::read(tx, id).await?)
    })
    .await
}
