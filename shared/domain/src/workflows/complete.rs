//! Makes an order of a checkout.

use super::place::{Placing, place_reserved, reserve};
use crate::accounts::{self, Claim, Visitor};
use crate::checkouts::{self, Checkout, Priced};
use crate::db::{Db, DbError, Tx};
use crate::email::Email;
use crate::failure::{self, Failure, Kind};
use crate::guests::{self, Credentials, GuestKey, Opener, Secret, Unpaid};
use crate::id::{CheckoutId, OrderId};
use crate::idempotency::{self, IdempotentRequest, LockScope, Principal, RecordedResponse};
use crate::money::Money;
use crate::ordering::{self, Buyer, Holder, Order, Placement};
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

/// Completes a checkout: ends it, reserves its goods, prices them and places the order, all or nothing, once per checkout. It
/// stays as it is if it is refused.
pub async fn complete_checkout(
    db: &Db,
    who: &Credentials,
    visitor: &Visitor,
    seen: SeenCheckout<'_>,
    request: &IdempotentRequest,
    respond: impl Fn(&Completion) -> RecordedResponse,
) -> Result<RecordedResponse, Failure<CompletionRefusal>> {
    let completing = Completing { visitor, seen, request };
    match who.open(|opener| complete(db, opener, completing, &respond)).await {
        // Priced anew: what it would have reserved is free again.
        Err(Failure::Refused(CompletionRefusal::Order(refusal))) if is_problem(&refusal) => {
            let priced = checkouts::show(db, who, seen.id).await.map_err(of_checkout)?;
            Err(CompletionRefusal::NotReady(Box::new(priced)).into())
        }
        done => done,
    }
}

/// A request to complete a checkout.
#[derive(Clone, Copy)]
struct Completing<'a> {
    visitor: &'a Visitor,
    seen: SeenCheckout<'a>,
    request: &'a IdempotentRequest,
}

/// What the first flight of the transaction found, in the buyer's turn.
struct Begun {
    turn: Result<Option<RecordedResponse>, idempotency::Refusal>,
    buyer: Buyer,
    unpaid: Result<(Unpaid, Placement), DbError>,
    ended: Result<Option<Checkout>, DbError>,
}

/// As whom a checkout is completed.
enum Completer {
    Account(Claim),
    /// Under the address that the checkout had when it was looked up.
    Guest {
        secret: Secret,
        address: Email,
    },
}

async fn complete(
    db: &Db,
    opener: Opener,
    completing: Completing<'_>,
    respond: &impl Fn(&Completion) -> RecordedResponse,
) -> Result<RecordedResponse, Failure<CompletionRefusal>> {
    let seen = completing.seen;
    let (completer, whose) = match &opener {
        Opener::Account(claim) => (Completer::Account(*claim), Principal::from(claim.user)),
        Opener::Guest(key @ GuestKey::Secret(secret)) => {
            let checkout = checkouts::of_guest(db, key, seen.id).await.map_err(of_checkout)?;
            let Some(address) = checkout.wishes.email.clone() else {
                return Err(without_address(db, checkout).await?.into());
            };
            (Completer::Guest { secret: secret.clone(), address }, Principal::from(seen.id))
        }
        Opener::Guest(GuestKey::Link { .. }) => {
            return Err(CompletionRefusal::Checkout(checkouts::Refusal::NotFound).into());
        }
    };
    let (opener, completer) = (&opener, &completer);
    let Completing { visitor, seen, request } = completing;
    let id = OrderId::generate();
    db.transaction(async |tx| {
        let Begun { turn, buyer, unpaid, ended } = begin(tx, completer, completing, id).await?;
        let replayed = idempotency::replayed(tx, turn)
            .map_err(|refusal| CompletionRefusal::from(checkouts::Refusal::from(refusal)))?;
        if let Some(stored) = replayed {
            return Ok(stored);
        }
        let completion = if let Some(checkout) = ended? {
            let new = checkout.wishes.order(seen.total).map_err(CompletionRefusal::from)?;
            let (reserved,) = tx.together((reserve(id, &new, &buyer.holder),)).await;
            let (unpaid, placement) = unpaid?;
            let placing = Placing { id, buyer: &buyer, visitor, new: &new, unpaid, placement };
            let placed = place_reserved(tx, placing, reserved?).await;
            Completion::Placed(placed.map_err(of_order)?)
        } else {
            let before = checkouts::completed_before(tx, opener, seen.id).await;
            Completion::Found(ordering::read(tx, before.map_err(of_checkout)?).await?)
        };
        let response = respond(&completion);
        idempotency::store(tx, whose, request, &response);
        Ok(response)
    })
    .await
}

/// Why a guest's checkout that names no address does not become an order.
async fn without_address(
    db: &Db,
    checkout: Checkout,
) -> Result<CompletionRefusal, Failure<CompletionRefusal>> {
    if checkout.status != checkouts::Status::Open {
        return Ok(checkouts::Refusal::Over(checkout.status).into());
    }
    let priced = checkouts::priced(db, checkout).await.map_err(of_checkout)?;
    Ok(CompletionRefusal::NotReady(Box::new(priced)))
}

async fn begin(
    tx: &Tx<'_>,
    completer: &Completer,
    completing: Completing<'_>,
    id: OrderId,
) -> Result<Begun, Failure<CompletionRefusal>> {
    match completer {
        Completer::Account(claim) => begin_of_account(tx, *claim, completing, id).await,
        Completer::Guest { secret, address } => {
            begin_of_guest(tx, secret, address, completing, id).await
        }
    }
}

async fn begin_of_account(
    tx: &Tx<'_>,
    claim: Claim,
    completing: Completing<'_>,
    id: OrderId,
) -> Result<Begun, Failure<CompletionRefusal>> {
    let Completing { seen, request, .. } = completing;
    let turn = idempotency::turn(claim.user, request, LockScope::BuyerOrders);
    let ending = checkouts::complete(seen.id, claim.user, id, seen.versions);
    let unpaid = ordering::count_unpaid(Some(claim.user));
    let flight = (turn, accounts::standing(claim), unpaid, ending);
    let (turn, standing, unpaid, ended) = tx.together(flight).await;
    let turn = turn?;
    let active = standing?.ok_or(CompletionRefusal::from(checkouts::Refusal::NotSignedIn))?;
    let buyer = Buyer { holder: Holder::Account(claim.user), is_proven: active.email_verified };
    let both = |(orders, placement)| (Unpaid { here: orders, anywhere: orders }, placement);
    Ok(Begun { turn, buyer, unpaid: unpaid.map(both), ended })
}

/// In the turn of the address that the checkout had when it was looked up: it ends only if it has it still.
async fn begin_of_guest(
    tx: &Tx<'_>,
    secret: &Secret,
    address: &Email,
    completing: Completing<'_>,
    id: OrderId,
) -> Result<Begun, Failure<CompletionRefusal>> {
    let Completing { seen, request, visitor } = completing;
    let turn = idempotency::guest_turn(seen.id, request, address);
    let ending = checkouts::complete_guests(seen.id, secret, address, id, seen.versions);
    let unpaid = guests::count_unpaid(address, visitor.origin_tag());
    let flight = (turn, unpaid, ordering::count_unpaid(None), ending);
    let (turn, unpaid, placement, ended) = tx.together(flight).await;
    let turn = turn?;
    let unpaid = unpaid.and_then(|unpaid| Ok((unpaid, placement?.1)));
    let buyer = Buyer { holder: Holder::Guest(address.clone()), is_proven: false };
    Ok(Begun { turn, buyer, unpaid, ended })
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
