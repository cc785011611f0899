//! Giving money back. The refund is a row before Stripe hears of it, and the row's id is Stripe's idempotency key.

mod due;
mod merge;
mod refusal;
mod sql;
mod wish;

pub use due::DueRefund;
pub use merge::{RefundStatus, RefundTold};
pub use refusal::Refusal;
pub(crate) use sql::ALL as ALL_QUERIES;
pub(crate) use sql::overtaken::ALL as OVERTAKEN_QUERIES;
pub(crate) use sql::pieces::ALL as PIECES_QUERIES;
pub use wish::{Part, Pieces, RefundWish, WantedLine};

use crate::db::{Db, DbError, Tx};
use crate::failure::{Failure, Never};
use crate::id::{OrderId, PaymentId, ProductId, RefundId, UserId};
use crate::idempotency::{self, Answer, Ticket, Turn};
use crate::inventory;
use crate::money::Money;
use crate::ordering::{self, Viewer};
use crate::outbox::{self, Event};
use crate::page::{Page, Slice};
use time::OffsetDateTime;

/// Money on its way back to a buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: RefundId,
    pub payment: PaymentId,
    pub order: OrderId,
    pub amount: Money,
    pub status: RefundStatus,
    pub origin: Origin,
    pub reason: Option<String>,
    /// The pieces that it is for, if it is for pieces.
    pub lines: Vec<RefundLine>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// Pieces of a product that a refund is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundLine {
    pub product: ProductId,
    pub quantity: i32,
    /// How many of them went back on the shelf.
    pub restocked: i32,
}

/// Who wanted a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RefundOrigin)]
pub enum Origin {
    /// Staff, here.
    Api,
    /// Somebody in Stripe's dashboard.
    Dashboard,
    /// Nobody: the money came after the order had ended.
    LatePayment,
}

/// Gives money of a payment back, once per ticket: all that is left of it, a part, or what some pieces cost.
/// Stripe is asked next; until then the refund is `requested`, and counts as given.
///
/// Goods that came back go on the shelf here and now: they lie there, whatever becomes of the money.
pub async fn give_back(
    db: &Db,
    staff: UserId,
    payment: PaymentId,
    wish: &RefundWish,
    ticket: &Ticket,
    put: impl Fn(&Refund) -> Answer,
) -> Result<Answer, Failure<Refusal>> {
    let id = RefundId::generate();
    db.transaction(async |tx| {
        let work = async || {
            let order = sql::order_of(tx, payment).await?.ok_or(Refusal::NoPayment)?;
            // Two refunds of one order wait for one another here, so that together they give no more than was taken.
            let bill = ordering::lock(tx, Viewer::Staff, order).await?.ok_or(Refusal::NoPayment)?;
            let paid = sql::paid(tx, payment).await?.ok_or(Refusal::NoPayment)?;
            let pieces = sql::pieces::returnable(tx, order).await?;
            let amount = wish.price(&paid, &pieces)?;
            let comes_back = wish.brings_back(bill.status, &pieces)?;
            sql::insert(tx, id, payment, amount, wish).await?;
            if comes_back {
                inventory::take_back(tx, id, staff).await?;
                // The order shows what came back, and so has a new version.
                ordering::add_up(tx, order).await?;
                outbox::enqueue(tx, Event::GoodsReturned { refund: id }).await?;
            }
            Ok(sql::read(tx, id).await?)
        };
        idempotency::once(tx, staff, ticket, Turn::OfKey, work, &put).await
    })
    .await
}

pub async fn show(db: &Db, id: RefundId) -> Result<Refund, Failure<Refusal>> {
    Ok(sql::find(db, id).await?.ok_or(Refusal::NoRefund)?)
}

/// Refunds from wherever they came, the newest first; those of one payment if asked so.
pub async fn list(
    db: &Db,
    payment: Option<PaymentId>,
    only: Option<RefundStatus>,
    page: &Page<RefundId>,
) -> Result<Slice<Refund>, Failure<Refusal>> {
    let refunds = sql::list(db, payment, only, page).await?;
    Ok(page.cut(refunds, |refund| refund.id))
}

/// Every refund of some orders, the first one first. Whether somebody may see the orders is known already.
pub async fn of_orders(db: &Db, orders: &[OrderId]) -> Result<Vec<Refund>, DbError> {
    sql::of_orders(db, orders).await
}

/// Takes refunds on lease that Stripe has not confirmed. Asking again under the same id pays nothing twice.
pub async fn due(db: &Db, limit: u8) -> Result<Vec<DueRefund>, DbError> {
    sql::lease(db, limit).await
}

/// Takes down what Stripe said to a refund that it was asked for.
pub async fn hear(db: &Db, told: &RefundTold) -> Result<(), Failure<Never>> {
    db.transaction(async |tx| match learn(tx, told).await {
        // Its payment was there when Stripe was asked: whatever is odd now is told by Stripe's own event.
        Err(Failure::Refused(no)) => {
            tracing::error!(
                refund = told.provider,
                "what Stripe says of a refund is not taken: {no}"
            );
            Ok(())
        }
        Err(Failure::Db(error)) => Err(error.into()),
        Ok(()) => Ok(()),
    })
    .await
}

/// Stripe refuses a refund for good: nothing was given, the amount is free for another, and staff are told, for whoever
/// waits for the money waits for them.
pub async fn refused(db: &Db, refund: RefundId) -> Result<(), Failure<Never>> {
    db.transaction(async |tx| {
        if sql::fail(tx, refund).await? {
            outbox::enqueue(tx, Event::RefundFailed { refund }).await?;
        }
        Ok(())
    })
    .await
}

/// What Stripe says about a refund, of ours or made in its dashboard. Lock order: the order, then its refund.
pub(super) async fn learn(tx: &Tx<'_>, told: &RefundTold) -> Result<(), Failure<super::Refusal>> {
    let payment = sql::payment_of(tx, told).await?.ok_or(super::Refusal::NoPayment)?;
    let order = sql::order_of(tx, payment).await?.ok_or(super::Refusal::NoPayment)?;
    ordering::lock(tx, Viewer::Staff, order).await?;
    let known = match sql::lock(tx, payment, told).await? {
        Some(known) => known,
        None => sql::insert_told(tx, payment, told).await?,
    };
    if !known.yields_to(told)? {
        return Ok(());
    }
    sql::update(tx, known.id, told).await?;
    if told.status.moves_money() && sql::enter_refund(tx, order, told).await? {
        outbox::enqueue(tx, Event::RefundIssued { refund: known.id }).await?;
    }
    if told.status.gives_up() && sql::enter_failure(tx, order, told).await? {
        outbox::enqueue(tx, Event::RefundFailed { refund: known.id }).await?;
    }
    // Somebody was faster in Stripe's dashboard: what is left of the payment is less than we were about to give.
    for refund in sql::overtaken::give_up_overtaken(tx, payment).await? {
        outbox::enqueue(tx, Event::RefundFailed { refund }).await?;
    }
    ordering::add_up(tx, order).await?;
    Ok(())
}
