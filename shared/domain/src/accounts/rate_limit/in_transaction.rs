//! Buckets of what is counted only if it is done: a token is back if the transaction is rolled back.

use super::{Limit, Scope, Visitor, limit};
use crate::accounts::sql::Owner;
use crate::accounts::{Origin, Purpose, RefreshToken};
use crate::db::{DbError, Tx};
use crate::id::FamilyId;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Counts by token: however often one lost answer is asked for again, it is one.
const REPEATED_TOKEN: Limit = limit("repeated_token", Scope::Account, 1, DAY);
/// Counts by session.
const REPEATED_TOKENS: Limit = limit("repeated_tokens", Scope::Account, 3, DAY);
const DAY: u32 = 24 * 60 * 60;

/// Links of one purpose that strangers can have sent to an address that nobody has proven: asking for those of one keeps the
/// owner from none of the other.
const UNPROVEN_LINKS: Limit = limit("unproven_links", Scope::Account, 3, 3600);

/// Orders of those who have proven no address.
const UNPROVEN_ORDERS: Limit = limit("unproven_orders", Scope::Ip, 6, 600);

/// Links of orders, which anybody can ask for who knows an order's id: by who asks, and by the address they go to.
const ASKED_LINKS: Limit = limit("order_links", Scope::Ip, 5, 3600);
const ORDER_LINKS: Limit = limit("order_links_address", Scope::Account, 1, 3600);

/// Whether a session may go on although a spent token of it is presented so late. Few clients lose the answer to a refresh;
/// but if somebody has copied a token, they and the owner present each one in turn.
pub(in crate::accounts) async fn tolerate_late_repeat(
    tx: &Tx<'_>,
    token: RefreshToken,
    session: FamilyId,
) -> Result<bool, DbError> {
    if !take_token_of(tx, &REPEATED_TOKEN, &BASE64_URL_SAFE_NO_PAD.encode(token.hash())).await? {
        return Ok(true);
    }
    take_token_of(tx, &REPEATED_TOKENS, &session.to_string()).await
}

/// Like [`take_token`], of a bucket that does not depend on the client.
async fn take_token_of(tx: &Tx<'_>, limit: &Limit, account: &str) -> Result<bool, DbError> {
    let (left,) = tx.together((limit.token(&Visitor::from(Origin::UNKNOWN), account),)).await;
    Ok(left?.is_some())
}

/// Whether a link may be sent, which anybody can ask for.
pub(in crate::accounts) async fn may_send_link(
    tx: &Tx<'_>,
    owner: Owner,
    purpose: Purpose,
) -> Result<bool, DbError> {
    if owner.email_verified {
        return Ok(true);
    }
    let may_send =
        take_token_of(tx, &UNPROVEN_LINKS, &format!("{} {}", owner.id, purpose.name())).await?;
    if !may_send {
        tracing::warn!(user.id = %owner.id, "an unproven address gets no more links for now");
    }
    Ok(may_send)
}

/// Whether another link of an order may be sent to an address, if the order has one. Who asks is counted either way.
pub(crate) async fn may_send_order_link(
    tx: &Tx<'_>,
    visitor: &Visitor,
    address: Option<&str>,
) -> Result<bool, DbError> {
    let (left,) = tx.together((ASKED_LINKS.token(visitor, ""),)).await;
    // Nothing is recorded: the answer is the same whether there is a token or an order.
    match (left?, address) {
        (Some(_), Some(address)) => take_token_of(tx, &ORDER_LINKS, address).await,
        _ => Ok(false),
    }
}

/// Counts an order of a buyer who has proven no address, by where it comes from. It does not count if the transaction is
/// rolled back. The seconds to wait, if there were too many.
pub(crate) async fn take_order_token(
    tx: &Tx<'_>,
    visitor: &Visitor,
) -> Result<Option<u32>, DbError> {
    let limit = &UNPROVEN_ORDERS;
    let (left,) = tx.together((limit.token(visitor, ""),)).await;
    if limit.is_taken(visitor, left?) {
        return Ok(None);
    }
    visitor.record(limit.status(0, limit.seconds));
    tracing::warn!("orders_throttled: too many unproven orders from one place");
    Ok(Some(limit.seconds_per_token()))
}
