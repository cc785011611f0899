//! Makes an order of a checkout.

use super::place::{Placing, place_reserved, reserve};
use crate::accounts::{self, Claim, Visitor};
use crate::checkouts::{self, Priced};
use crate::db::Db;
use crate::failure::{self, Failure, Kind};
use crate::id::{CheckoutId, OrderId};
use crate::idempotency::{self, IdempotentRequest, LockScope, RecordedResponse};
use crate::money::Money;
use crate::ordering::{self, Buyer, Order};
use crate::pricing::Quote;
use serde_json::{Map, Value};

/// A checkout as its owner has seen it.
#[derive(Clone, Copy, Debug)]
pub struct SeenCheckout<'a> {
    pub id: CheckoutId,
    /// None accepts any version.
    pub versions: Option<&'a [i64]>,
    /// Any other total is refused.
    pub total: Money,
}

/// The order of a completed checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// This request has placed it.
    Placed(Order),
    /// Another one had placed it before: the order as it is now.
    Found(Order),
}

/// Why a checkout does not become an order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompletionRefusal {
    #[error(transparent)]
    Checkout(#[from] checkouts::Refusal),
    #[error(transparent)]
    Order(#[from] ordering::Refusal),
    /// Its problems say what is missing.
    #[error("the checkout cannot become an order as it is")]
    NotReady(Box<Priced>),
}

/// Completes a checkout of the account: ends it, reserves its goods, prices them and places the order, all or nothing, once
/// per checkout. It stays as it is if it is refused.
pub async fn complete_checkout(
    db: &Db,
    claim: Claim,
    visitor: &Visitor,
    seen: SeenCheckout<'_>,
    request: &IdempotentRequest,
    respond: impl Fn(&Completion) -> RecordedResponse,
) -> Result<RecordedResponse, Failure<CompletionRefusal>> {
    match complete(db, claim, visitor, seen, request, respond).await {
        // Priced anew: what it would have reserved is free again.
        Err(Failure::Refused(CompletionRefusal::Order(refusal))) if is_problem(&refusal) => {
            let priced = checkouts::show(db, claim, seen.id).await.map_err(of_checkout)?;
            Err(CompletionRefusal::NotReady(Box::new(priced)).into())
        }
        done => done,
    }
}

async fn complete(
    db: &Db,
    claim: Claim,
    visitor: &Visitor,
    seen: SeenCheckout<'_>,
    request: &IdempotentRequest,
    respond: impl Fn(&Completion) -> RecordedResponse,
) -> Result<RecordedResponse, Failure<CompletionRefusal>> {
    let id = OrderId::generate();
    let respond = &respond;
    db.transaction(async |tx| {
        let turn = idempotency::turn(claim.user, request, LockScope::BuyerOrders);
        let ending = checkouts::complete(seen.id, claim.user, id, seen.versions);
        let flight = (turn, accounts::standing(claim), ordering::count_unpaid(claim.user), ending);
        let (turn, standing, unpaid, ended) = tx.together(flight).await;
        let (turn, active) =
            (turn?, standing?.ok_or(CompletionRefusal::from(checkouts::Refusal::NotSignedIn))?);
        let replayed = idempotency::replayed(tx, turn)
            .map_err(|refusal| CompletionRefusal::from(checkouts::Refusal::from(refusal)))?;
        if let Some(stored) = replayed {
            return Ok(stored);
        }
        let completion = if let Some(checkout) = ended? {
            let new = checkout.wishes.order(seen.total).map_err(CompletionRefusal::from)?;
            let (reserved,) = tx.together((reserve(id, &new, claim),)).await;
            let buyer = Buyer { id: claim.user, is_proven: active.email_verified };
            let placing = Placing { id, buyer, visitor, new: &new, unpaid: unpaid? };
            let placed = place_reserved(tx, placing, reserved?).await;
            Completion::Placed(placed.map_err(of_order)?)
        } else {
            let before = checkouts::completed_before(tx, claim.user, seen.id).await;
            Completion::Found(ordering::read(tx, before.map_err(of_checkout)?).await?)
        };
        let response = respond(&completion);
        idempotency::store(tx, claim.user, request, &response);
        Ok(response)
    })
    .await
}

/// Whether the problems of the checkout say it as well, and more of its kind.
fn is_problem(refusal: &ordering::Refusal) -> bool {
    use ordering::Refusal as R;
    matches!(
        refusal,
        R::Invalid(_)
            | R::NotForSale(_)
            | R::AddressRequired
            | R::RegionRequired
            | R::NoShippingThere
            | R::ShippingRequired(_)
            | R::ShippingOptionGone(_)
            | R::TooLarge { .. }
            | R::TooSmall { .. }
            | R::EmailUnproven
    )
}

fn of_checkout(failure: Failure<checkouts::Refusal>) -> Failure<CompletionRefusal> {
    match failure {
        Failure::Refused(refusal) => CompletionRefusal::from(refusal).into(),
        Failure::Db(error) => error.into(),
    }
}

fn of_order(failure: Failure<ordering::Refusal>) -> Failure<CompletionRefusal> {
    match failure {
        Failure::Refused(refusal) => CompletionRefusal::from(refusal).into(),
        Failure::Db(error) => error.into(),
    }
}

impl CompletionRefusal {
    /// What the order would cost now, and what is wrong with it, where that is why it is refused.
    pub fn quote(&self) -> Option<&Quote> {
        match self {
            Self::Checkout(_) => None,
            Self::Order(refusal) => refusal.quote(),
            Self::NotReady(priced) => Some(&priced.quote),
        }
    }
}

impl failure::Refusal for CompletionRefusal {
    fn kind(&self) -> Kind {
        match self {
            Self::Checkout(refusal) => refusal.kind(),
            Self::Order(refusal) => refusal.kind(),
            Self::NotReady(_) => Kind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Checkout(refusal) => refusal.code(),
            Self::Order(refusal) => refusal.code(),
            Self::NotReady(_) => "checkout_not_ready",
        }
    }

    fn details(&self) -> Map<String, Value> {
        match self {
            Self::Checkout(refusal) => refusal.details(),
            Self::Order(refusal) => refusal.details(),
            Self::NotReady(_) => Map::new(),
        }
    }
}
