//! Erases a person: what tells who they are goes, and what the books need stays.

use super::join::join_guests;
use crate::accounts::{
    self, Account, Hasher, OpenOrder, OpenReason, PasswordAttempt, Refusal, Visitor,
};
use crate::checkouts;
use crate::db::{Db, Tx};
use crate::failure::Failure;
use crate::guests::{self, Age};
use crate::id::{OrderId, UserId};
use crate::idempotency::{self, IdempotentCall, RecordedResponse};
use crate::ordering::{self, Status};
use crate::payments::{self, Unsettled};
use serde_json::Value;

/// The most open orders that a refusal names.
const MAX_NAMED: usize = 100;
/// The members of responses that tell who somebody is, or what was written about them.
const OF_PERSONS: [&str; 7] = [
    "instructions",
    "note",
    "reason",
    "shipping_address",
    "text",
    "tracking_number",
    "tracking_url",
];
/// The member of responses that lists what may be wrong with what they wrote.
const WARNINGS: &str = "warnings";

/// Erases the caller's own account, for whom presents its password. Refused while an order of theirs is not settled.
pub async fn erase_own_account(
    db: &Db,
    hasher: &Hasher,
    user: UserId,
    current: &PasswordAttempt,
    visitor: &Visitor,
) -> Result<(), Failure<Refusal>> {
    let epoch = accounts::check_password(db, hasher, user, current, visitor).await?;
    if epoch.is_none() {
        return Ok(());
    }
    db.transaction(async |tx| erase(tx, user, user, epoch).await).await
}

/// Erases the account of a user, as [`erase_own_account`]. Erasing it again changes nothing.
pub async fn erase_user(
    db: &Db,
    by: UserId,
    user: UserId,
    call: &IdempotentCall<Account>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, by, async |tx| {
        erase(tx, by, user, None).await?;
        accounts::read(tx, user).await
    })
    .await
}

/// Lock order: the buyer's orders as a whole, those of their address, what they had ordered as a guest, each checkout, each order,
/// then the account: whoever holds an order may wait for an account. Nobody who holds a checkout waits for an order that exists.
async fn erase(
    tx: &Tx<'_>,
    by: UserId,
    user: UserId,
    epoch: Option<i32>,
) -> Result<(), Failure<Refusal>> {
    idempotency::lock_orders(tx, user).await?;
    let proven = accounts::proven_address(tx, user).await?;
    if let Some(address) = &proven {
        // What they had ordered as a guest is theirs as well, and goes with the rest.
        join_guests(tx, user, address, Age::Any).await?;
    }
    let checkouts = checkouts::lock_all_of(tx, user).await?;
    let orders = ordering::lock_all_of(tx, user).await?;
    if !accounts::lock_to_erase(tx, user, epoch).await? {
        return Ok(());
    }
    let open = open_orders(&orders, &payments::unsettled(tx, user).await?);
    if !open.is_empty() {
        return Err(Refusal::OrdersOpen(open).into());
    }
    if by == user {
        tx.act_as(by);
    } else {
        tx.act_as_staff(by);
    }
    accounts::erase(tx, user).await?;
    checkouts::forget_all_of(tx, user).await?;
    if let Some(address) = &proven {
        checkouts::forget_all_under(tx, user, address).await?;
    }
    ordering::erase_buyer(tx, user).await?;
    let address = accounts::erased_address(user);
    guests::erase(tx, user, &address).await?;
    let goods = ordering::goods_of(tx, user).await?;
    let payments = payments::of_buyer(tx, user).await?;
    payments::erase_buyer(tx, &payments).await?;
    let subjects = orders.iter().map(|(order, _)| order.to_string());
    let subjects = subjects.chain(payments.iter().map(ToString::to_string));
    let subjects = subjects.chain(checkouts.iter().map(ToString::to_string));
    let subjects: Vec<_> = subjects.chain(goods).chain([user.to_string()]).collect();
    idempotency::erase_person(tx, user, &subjects, |body| take_out(body, &address)).await?;
    tracing::info!(user.id = %user, %by, "{by} erased {user}");
    Ok(())
}

/// The orders that are not settled, with the reason that is settled first.
fn open_orders(orders: &[(OrderId, Status)], unsettled: &[(OrderId, Unsettled)]) -> Vec<OpenOrder> {
    let of_orders = orders.iter().filter_map(|&(order, status)| match status {
        Status::Pending => Some(OpenOrder { order, reason: OpenReason::Unpaid }),
        Status::Confirmed => Some(OpenOrder { order, reason: OpenReason::Unshipped }),
        Status::Shipped | Status::Cancelled => None,
    });
    let of_payments = unsettled.iter().map(|&(order, what)| match what {
        Unsettled::Payment => OpenOrder { order, reason: OpenReason::PaymentOpen },
        Unsettled::Refund => OpenOrder { order, reason: OpenReason::RefundOpen },
        Unsettled::Dispute => OpenOrder { order, reason: OpenReason::DisputeOpen },
        Unsettled::Return => OpenOrder { order, reason: OpenReason::ReturnOpen },
    });
    of_orders.chain(of_payments).take(MAX_NAMED).collect()
}

/// Takes a person out of a stored response.
fn take_out(body: &mut Value, address: &str) {
    match body {
        Value::Object(members) => {
            for (name, member) in members {
                if OF_PERSONS.contains(&name.as_str()) {
                    *member = Value::Null;
                } else if name == WARNINGS {
                    *member = Value::Array(Vec::new());
                } else if name == "email" {
                    // An order of an account names none.
                    if !member.is_null() {
                        *member = address.into();
                    }
                } else {
                    take_out(member, address);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| take_out(item, address)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_stored_response_keeps_all_but_the_person() {
        let mut body = json!({
            "id": "ord_1", "note": "ring twice", "shipping_address": {"name": "Ann"}, "total": {"amount": 5},
            "shipment": {"carrier": "DHL", "tracking_number": "1", "tracking_url": null}, "email": "ann@example.com",
            "refunds": [{"reason": "Ann asked", "amount": 5}], "warnings": [{"pointer": "/shipping_address/postal_code"}],
        });

        take_out(&mut body, "erased");

        assert_eq!(
            body,
            json!({
                "id": "ord_1", "note": null, "shipping_address": null, "total": {"amount": 5},
                "shipment": {"carrier": "DHL", "tracking_number": null, "tracking_url": null}, "email": "erased",
                "refunds": [{"reason": null, "amount": 5}], "warnings": [],
            })
        );
    }
}
