//! What is written of a checkout, one transaction each.

use super::cart::Cart;
use super::checkout::{Checkout, CheckoutChange, Wishes, expiry};
use super::refusal::Refusal;
use super::status::Status;
use super::{Priced, limit_codes, refuse_throttled, sql};
use crate::accounts::{self, Claim, Visitor};
use crate::change::Change;
use crate::db::{Db, DbError, Tx};
use crate::failure::{Failure, Invalid};
use crate::guests::{Credentials, Opener, Secret};
use crate::id::{CheckoutId, OrderId, ProductId, UserId};
use crate::idempotency::{self, IdempotentCall, RecordedResponse};
use sql::offers::Offered;
use time::OffsetDateTime;

/// A checkout that was just created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    pub priced: Priced,
    /// What opens it, if it belongs to no account. It is shown this once.
    pub secret: Option<Secret>,
}

/// Creates a checkout: that of an account becomes its current one. A guest's needs no key, since it holds nothing, and takes
/// none: under one that all guests share, a stranger could get it.
pub async fn create(
    db: &Db,
    claim: Option<Claim>,
    visitor: &Visitor,
    wishes: &Wishes,
    call: &IdempotentCall<Created>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    refuse_throttled(accounts::take_checkout_token(db, visitor).await?)?;
    limit_codes(db, visitor, &wishes.codes).await?;
    match claim {
        Some(claim) => create_for_account(db, claim, wishes, call).await,
        None => create_for_guest(db, wishes, call.respond).await,
    }
}

async fn create_for_account(
    db: &Db,
    claim: Claim,
    wishes: &Wishes,
    call: &IdempotentCall<Created>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    let (id, user, request) = (CheckoutId::generate(), claim.user, call.request.as_ref());
    wishes.check_email(Some(user)).map_err(Refusal::from)?;
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
        let (offered, (at, _)) = (offered?, at?);
        let new = New { id, user: Some(user), is_proven: active.email_verified, secret: None };
        let response = (call.respond)(&insert(tx, new, wishes, &offered, at)?);
        if let Some(request) = request {
            idempotency::store(tx, user, request, &response);
        }
        Ok(response)
    })
    .await
}

async fn create_for_guest(
    db: &Db,
    wishes: &Wishes,
    respond: fn(&Created) -> RecordedResponse,
) -> Result<RecordedResponse, Failure<Refusal>> {
    let (id, secret) = (CheckoutId::generate(), Secret::generate());
    db.transaction(async |tx| {
        let flight = (sql::offers::offers(wishes, None), sql::clock());
        let (offered, clock) = tx.together(flight).await;
        let (offered, (at, guests_may_buy)) = (offered?, clock?);
        if !guests_may_buy {
            return Err(Refusal::NotSignedIn.into());
        }
        let new = New { id, user: None, is_proven: false, secret: Some(secret.clone()) };
        Ok(respond(&insert(tx, new, wishes, &offered, at)?))
    })
    .await
}

/// Whose a new checkout is.
struct New {
    id: CheckoutId,
    user: Option<UserId>,
    is_proven: bool,
    secret: Option<Secret>,
}

fn insert(
    tx: &Tx<'_>,
    new: New,
    wishes: &Wishes,
    offered: &Offered,
    at: OffsetDateTime,
) -> Result<Created, Refusal> {
    let New { id, user, is_proven, secret } = new;
    let (shown, currency) = wishes.shown(&offered.offers, &Cart::default())?;
    let quote = offered.quote(&shown)?;
    let checkout = Checkout {
        id,
        user,
        secret_hash: secret.as_ref().map(Secret::hash),
        is_proven,
        status: Status::Open,
        wishes: shown,
        currency,
        order: None,
        merged_into: None,
        version: 1,
        created_at: at,
        updated_at: at,
        expires_at: expiry(user, at),
    };
    sql::insert(tx, &checkout);
    Ok(Created { priced: Priced::new(checkout, quote), secret })
}

/// Changes a checkout if it still has a version that the caller saw; `None` accepts any version. A change without effect
/// makes no new version.
pub async fn change(
    db: &Db,
    who: &Credentials,
    visitor: &Visitor,
    id: CheckoutId,
    seen: Option<&[i64]>,
    change: &CheckoutChange,
) -> Result<Priced, Failure<Refusal>> {
    if let Some(codes) = &change.codes {
        limit_codes(db, visitor, codes).await?;
    }
    if matches!(change.email, Change::Set(_)) {
        // Discounts of one use show whether an address has had its own: addresses are not tried for free either.
        refuse_throttled(accounts::take_code_token(db, visitor).await?)?;
    }
    write(db, who, id, seen, |wishes| wishes.changed(change.clone())).await
}

/// Sets how many pieces of a product the checkout has, none of which takes it out.
pub async fn set_line(
    db: &Db,
    who: &Credentials,
    id: CheckoutId,
    product: ProductId,
    quantity: i64,
) -> Result<Priced, Failure<Refusal>> {
    write(db, who, id, None, |wishes| wishes.with_line(product, quantity)).await
}

/// Ends a checkout for good. Cancelling it again changes nothing.
pub async fn cancel(
    db: &Db,
    who: &Credentials,
    id: CheckoutId,
) -> Result<Priced, Failure<Refusal>> {
    who.open(|opener| async move {
        let opener = &opener;
        db.transaction(async |tx| {
            let (checkout, at) = lock(tx, opener, id).await?;
            let offers = sql::offers::offers(&checkout.wishes, checkout.user);
            let (offered,) = tx.together((offers,)).await;
            let quote = offered?.quote(&checkout.wishes)?;
            let cancelled = checkout.clone().cancelled(at)?;
            if cancelled != checkout {
                sql::cancel(tx, id);
            }
            Ok(Priced::new(cancelled, quote))
        })
        .await
    })
    .await
}

/// The order that a checkout became, which [`super::complete`] could not complete; refused if it is over or was changed.
pub(crate) async fn completed_before(
    tx: &Tx<'_>,
    opener: &Opener,
    id: CheckoutId,
) -> Result<OrderId, Failure<Refusal>> {
    let (found,) = tx.together((sql::find(id),)).await;
    let checkout = found?.filter(|checkout| checkout.opens_to(opener)).ok_or(Refusal::NotFound)?;
    match checkout.must_be_open() {
        Err(Refusal::Completed { order }) => Ok(order),
        Err(over) => Err(over.into()),
        Ok(()) => Err(Refusal::Stale.into()),
    }
}

/// Writes the wishes that `edit` makes of those of the checkout, unless they stay the same.
async fn write(
    db: &Db,
    who: &Credentials,
    id: CheckoutId,
    seen: Option<&[i64]>,
    edit: impl Fn(&Wishes) -> Result<Wishes, Invalid> + Sync,
) -> Result<Priced, Failure<Refusal>> {
    let edit = &edit;
    who.open(|opener| async move {
        let opener = &opener;
        db.transaction(async |tx| {
            let (checkout, at) = lock(tx, opener, id).await?;
            checkout.must_be_open()?;
            if seen.is_some_and(|seen| !seen.contains(&checkout.version)) {
                return Err(Refusal::Stale.into());
            }
            let wishes = edit(&checkout.wishes).map_err(Refusal::from)?;
            wishes.check_email(checkout.user).map_err(Refusal::from)?;
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
    })
    .await
}

/// Locks a checkout that opens to whoever asks, and says what time it is.
async fn lock(
    tx: &Tx<'_>,
    opener: &Opener,
    id: CheckoutId,
) -> Result<(Checkout, OffsetDateTime), Failure<Refusal>> {
    let locked: Result<_, DbError> = match opener {
        Opener::Account(claim) => {
            let (locked, standing) = tx.together((sql::lock(id), accounts::standing(*claim))).await;
            let locked = locked?;
            standing?.ok_or(Refusal::NotSignedIn)?;
            Ok(locked)
        }
        Opener::Guest(_) => tx.together((sql::lock(id),)).await.0,
    };
    let own = locked?.filter(|(checkout, _)| checkout.opens_to(opener));
    Ok(own.ok_or(Refusal::NotFound)?)
}
