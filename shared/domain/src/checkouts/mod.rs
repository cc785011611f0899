//! Checkouts: what somebody wishes to buy, before it is an order. They hold wishes, never prices or stock: each answer prices
//! them anew. Quotes are the same without being kept.

mod cart;
mod checkout;
mod listing;
mod refusal;
mod ship_to;
mod sql;
mod status;

pub use crate::change::Change;
pub use cart::Cart;
pub use checkout::{Checkout, CheckoutChange, Wishes};
pub use listing::Filter;
pub use refusal::Refusal;
pub use ship_to::{Parts, ShipTo, ShipToChange};

pub(crate) use sql::offers::ALL as OFFER_QUERIES;
pub(crate) use sql::{ALL as ALL_QUERIES, complete, forget_all_of, lock_all_of, of_user};
pub use status::Status;

use crate::accounts::{self, ActiveUser, Claim, Role, Visitor};
use crate::db::{Db, DbError, Tx};
use crate::failure::{Failure, Invalid};
use crate::id::{CheckoutId, OrderId, ProductId, UserId};
use crate::idempotency::{self, IdempotentCall, RecordedResponse};
use crate::page::{Page, PageRequest};
use crate::pricing::{Codes, Quote};
use crate::viewer::Viewer;
use checkout::expiry;
use sql::offers::Offered;

/// A checkout with what it costs now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    pub checkout: Checkout,
    pub quote: Quote,
}

impl Priced {
    fn new(checkout: Checkout, quote: Quote) -> Self {
        let problems = checkout.problems(&quote);
        Self { checkout, quote: quote.with(problems) }
    }

    /// Whether an order can be made of it now.
    pub fn is_ready(&self) -> bool {
        self.checkout.status == Status::Open && self.quote.is_ready()
    }
}

/// Prices wishes without keeping them. Anybody may ask; discounts and exemptions are those of the `buyer`.
pub async fn quote(
    db: &Db,
    buyer: Option<UserId>,
    visitor: &Visitor,
    wishes: &Wishes,
) -> Result<Quote, Failure<Refusal>> {
    limit_codes(db, visitor, &wishes.codes).await?;
    Ok(offers(db, wishes, buyer).await?.quote(wishes)?)
}

/// Creates a checkout of the account, which becomes its current one.
pub async fn create(
    db: &Db,
    claim: Claim,
    visitor: &Visitor,
    wishes: &Wishes,
    call: &IdempotentCall<Priced>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    refuse_throttled(accounts::take_checkout_token(db, visitor).await?)?;
    limit_codes(db, visitor, &wishes.codes).await?;
    let (id, user, request) = (CheckoutId::generate(), claim.user, call.request.as_ref());
    db.transaction(async |tx| {
        let turn = idempotency::account_turn(user, request);
        // The account is looked at after the turn's wait: until then it may have been erased.
        let offers = sql::offers::offers(wishes, Some(user));
        let flight = (turn, accounts::standing(claim), offers, sql::clock());
        let (turn, standing, offered, at) = tx.together(flight).await;
        let (turn, active) = (turn?, standing?.ok_or(Refusal::NotSignedIn)?);
        if request.is_some()
            && let Some(stored) = idempotency::replayed(tx, turn).map_err(Refusal::from)?
        {
            return Ok(stored);
        }
        let (offered, at) = (offered?, at?);
        let (shown, currency) = wishes.shown(&offered.offers, &Cart::default())?;
        let quote = offered.quote(&shown)?;
        let checkout = Checkout {
            id,
            user: Some(user),
            is_proven: active.email_verified,
            status: Status::Open,
            wishes: shown,
            currency,
            order: None,
            version: 1,
            created_at: at,
            updated_at: at,
            expires_at: expiry(at),
        };
        sql::insert(tx, user, &checkout);
        let response = (call.respond)(&Priced::new(checkout, quote));
        if let Some(request) = request {
            idempotency::store(tx, user, request, &response);
        }
        Ok(response)
    })
    .await
}

/// A checkout, to whoever makes the claim: customers see their own ones, staff all.
pub async fn show(db: &Db, claim: Claim, id: CheckoutId) -> Result<Priced, Failure<Refusal>> {
    let (standing, found) = db.together((accounts::standing(claim), sql::find(id))).await;
    let viewer = viewer(standing?, claim)?;
    let checkout = found?.filter(|checkout| checkout.may_be_seen_by(viewer));
    priced(db, checkout.ok_or(Refusal::NotFound)?).await
}

/// The checkout that the devices of an account share.
pub async fn show_current(db: &Db, claim: Claim) -> Result<Priced, Failure<Refusal>> {
    let current = sql::current(claim.user);
    let (standing, found) = db.together((accounts::standing(claim), current)).await;
    standing?.ok_or(Refusal::NotSignedIn)?;
    priced(db, found?.ok_or(Refusal::NoneCurrent)?).await
}

/// One page of the checkouts that match the filter, the newest first. For staff.
pub async fn list(
    db: &Db,
    filter: &Filter,
    page: &PageRequest<CheckoutId>,
) -> Result<Page<Checkout>, DbError> {
    Ok(page.paginate(sql::list(db, filter, page).await?, |checkout| checkout.id))
}

/// Changes a checkout of the account if it still has a version that the caller saw; `None` accepts any version. A change
/// without effect makes no new version.
pub async fn change(
    db: &Db,
    claim: Claim,
    visitor: &Visitor,
    id: CheckoutId,
    seen: Option<&[i64]>,
    change: &CheckoutChange,
) -> Result<Priced, Failure<Refusal>> {
    if let Some(codes) = &change.codes {
        limit_codes(db, visitor, codes).await?;
    }
    write(db, claim, id, seen, |wishes| wishes.changed(change.clone())).await
}

/// Sets how many pieces of a product the checkout has, none of which takes it out.
pub async fn set_line(
    db: &Db,
    claim: Claim,
    id: CheckoutId,
    product: ProductId,
    quantity: i64,
) -> Result<Priced, Failure<Refusal>> {
    write(db, claim, id, None, |wishes| wishes.with_line(product, quantity)).await
}

/// Ends a checkout of the account for good. Cancelling it again changes nothing.
pub async fn cancel(db: &Db, claim: Claim, id: CheckoutId) -> Result<Priced, Failure<Refusal>> {
    db.transaction(async |tx| {
        let (locked, standing) = tx.together((sql::lock(id), accounts::standing(claim))).await;
        let (locked, _) = (locked?, standing?.ok_or(Refusal::NotSignedIn)?);
        let own = locked.filter(|(checkout, _)| checkout.is_of(claim.user));
        let (checkout, at) = own.ok_or(Refusal::NotFound)?;
        let (offered,) = tx.together((sql::offers::offers(&checkout.wishes, checkout.user),)).await;
        let quote = offered?.quote(&checkout.wishes)?;
        let cancelled = checkout.clone().cancelled(at)?;
        if cancelled != checkout {
            sql::cancel(tx, id);
        }
        Ok(Priced::new(cancelled, quote))
    })
    .await
}

/// The order that a checkout of the account became, which [`complete`] could not complete; refused if it is over or was
/// changed.
pub(crate) async fn completed_before(
    tx: &Tx<'_>,
    user: UserId,
    id: CheckoutId,
) -> Result<OrderId, Failure<Refusal>> {
    let (found,) = tx.together((sql::find(id),)).await;
    let checkout = found?.filter(|checkout| checkout.is_of(user)).ok_or(Refusal::NotFound)?;
    match checkout.must_be_open() {
        Err(Refusal::Completed { order }) => Ok(order),
        Err(over) => Err(over.into()),
        Ok(()) => Err(Refusal::Stale.into()),
    }
}

/// Writes the wishes that `edit` makes of those of the account's checkout, unless they stay the same.
async fn write(
    db: &Db,
    claim: Claim,
    id: CheckoutId,
    seen: Option<&[i64]>,
    edit: impl Fn(&Wishes) -> Result<Wishes, Invalid> + Sync,
) -> Result<Priced, Failure<Refusal>> {
    let edit = &edit;
    db.transaction(async |tx| {
        let (locked, standing) = tx.together((sql::lock(id), accounts::standing(claim))).await;
        let (locked, _) = (locked?, standing?.ok_or(Refusal::NotSignedIn)?);
        let own = locked.filter(|(checkout, _)| checkout.is_of(claim.user));
        let (checkout, at) = own.ok_or(Refusal::NotFound)?;
        checkout.must_be_open()?;
        if seen.is_some_and(|seen| !seen.contains(&checkout.version)) {
            return Err(Refusal::Stale.into());
        }
        let wishes = edit(&checkout.wishes).map_err(Refusal::from)?;
        let (offered,) = tx.together((sql::offers::offers(&wishes, checkout.user),)).await;
        let offered = offered?;
        let (shown, currency) = wishes.shown(&offered.offers, &checkout.wishes.cart)?;
        // The buyer hears once more of prices that have changed since the last write.
        let quote = offered.quote(&wishes)?;
        if shown == checkout.wishes {
            return Ok(Priced::new(checkout, quote));
        }
        let checkout = checkout.written(shown, currency, at);
        sql::update(tx, &checkout);
        Ok(Priced::new(checkout, quote))
    })
    .await
}

async fn priced(db: &Db, checkout: Checkout) -> Result<Priced, Failure<Refusal>> {
    let quote = offers(db, &checkout.wishes, checkout.user).await?.quote(&checkout.wishes)?;
    Ok(Priced::new(checkout, quote))
}

async fn offers(db: &Db, wishes: &Wishes, buyer: Option<UserId>) -> Result<Offered, DbError> {
    let (offered,) = db.together((sql::offers::offers(wishes, buyer),)).await;
    offered
}

fn viewer(standing: Option<ActiveUser>, claim: Claim) -> Result<Viewer, Refusal> {
    let role = standing.ok_or(Refusal::NotSignedIn)?.role;
    Ok(if role >= Role::Staff { Viewer::Staff } else { Viewer::Buyer(claim.user) })
}

/// Codes are not guessed for free.
async fn limit_codes(db: &Db, visitor: &Visitor, codes: &Codes) -> Result<(), Failure<Refusal>> {
    if codes.is_empty() {
        return Ok(());
    }
    Ok(refuse_throttled(accounts::take_code_token(db, visitor).await?)?)
}

fn refuse_throttled(retry_after: Option<u32>) -> Result<(), Refusal> {
    retry_after.map_or(Ok(()), |retry_after| Err(Refusal::TooManyRequests { retry_after }))
}
