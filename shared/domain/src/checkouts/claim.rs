//! Whoever logs in takes a guest's checkout along.

use super::checkout::{Checkout, expiry};
use super::merge::merge;
use super::refusal::Refusal;
use super::{Priced, sql};
use crate::accounts::{self, Claim};
use crate::db::{Db, Tx};
use crate::failure::Failure;
use crate::guests::Secret;
use crate::id::CheckoutId;
use crate::idempotency::{self, IdempotentCall, RecordedResponse};
use crate::pricing::Problem;
use time::OffsetDateTime;

/// Gives a guest's checkout to an account, which becomes its current one; if the account has one, their lines are united in
/// that one, and the guest's ends. From then on the secret opens nothing. Claiming it again answers with the same checkout.
pub async fn claim(
    db: &Db,
    claim: Claim,
    secret: &Secret,
    id: CheckoutId,
    call: &IdempotentCall<Priced>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    let (user, request) = (claim.user, call.request.as_ref());
    db.transaction(async |tx| {
        let turn = idempotency::account_turn(user, request);
        let locked = sql::lock_to_claim(id, user);
        let flight = (turn, accounts::standing(claim), locked, sql::clock());
        let (turn, standing, locked, clock) = tx.together(flight).await;
        let (turn, active) = (turn?, standing?.ok_or(Refusal::NotSignedIn)?);
        if request.is_some()
            && let Some(stored) = idempotency::replayed(tx, turn).map_err(Refusal::from)?
        {
            return Ok(stored);
        }
        let ((wanted, current), (at, _)) = (locked?, clock?);
        let wanted = wanted.ok_or(Refusal::NotFound)?;
        let is_own = wanted.is_of(user);
        if !is_own && (wanted.user.is_some() || !wanted.has_secret(secret)) {
            return Err(Refusal::NotFound.into());
        }
        let taking = Taking { claim, is_proven: active.email_verified, at };
        let (checkout, problems) = match (wanted.merged_into, current) {
            (Some(into), _) => (merged_before(tx, claim, into).await?, vec![]),
            (None, _) if is_own => (wanted, vec![]),
            (None, current) => taking.take(tx, wanted, current)?,
        };
        let offers = sql::offers::offers(&checkout.wishes, checkout.user);
        let (offered,) = tx.together((offers,)).await;
        let quote = offered?.quote(&checkout.wishes)?;
        let response = (call.respond)(&Priced::new(checkout, quote).with(problems));
        if let Some(request) = request {
            idempotency::store(tx, user, request, &response);
        }
        Ok(response)
    })
    .await
}

/// The account that takes a checkout, and when.
struct Taking {
    claim: Claim,
    is_proven: bool,
    at: OffsetDateTime,
}

impl Taking {
    fn take(
        &self,
        tx: &Tx<'_>,
        guests: Checkout,
        current: Option<Checkout>,
    ) -> Result<(Checkout, Vec<Problem>), Refusal> {
        let Self { claim, is_proven, at } = *self;
        guests.must_be_open()?;
        let Some(current) = current.filter(|current| current.must_be_open().is_ok()) else {
            let expires_at = expiry(Some(claim.user), at);
            sql::release_current(tx, claim.user);
            sql::claim(tx, guests.id, claim.user, expires_at);
            return Ok((guests.claimed_by(claim.user, is_proven, at), vec![]));
        };
        let merged = merge(&current, &guests);
        sql::merge(tx, guests.id, current.id);
        let problems = merged.problems();
        let currency = guests.currency.or(current.currency);
        if merged.wishes == current.wishes {
            return Ok((current, problems));
        }
        let checkout = current.written(merged.wishes, currency, at);
        sql::update(tx, &checkout);
        Ok((checkout, problems))
    }
}

/// The checkout into which it was merged, if that was of the account.
async fn merged_before(
    tx: &Tx<'_>,
    claim: Claim,
    into: CheckoutId,
) -> Result<Checkout, Failure<Refusal>> {
    let (found,) = tx.together((sql::find(into),)).await;
    Ok(found?.filter(|checkout| checkout.is_of(claim.user)).ok_or(Refusal::NotFound)?)
}
