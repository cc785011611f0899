//! Checkouts: what somebody wishes to buy, before it is an order. They hold wishes, never prices or stock: each answer prices
//! them anew. Quotes are the same without being kept.

mod cart;
mod checkout;
mod claim;
mod listing;
mod merge;
mod refusal;
mod ship_to;
mod sql;
mod status;
mod write;

pub use crate::change::Change;
pub use cart::Cart;
pub use checkout::{Checkout, CheckoutChange, Wishes};
pub use claim::claim;
pub use listing::Filter;
pub use refusal::Refusal;
pub use ship_to::{Parts, ShipTo, ShipToChange};

pub(crate) use sql::offers::ALL as OFFER_QUERIES;
pub(crate) use sql::{
    ALL as ALL_QUERIES, complete, complete_guests, forget_all_of, forget_all_under, lock_all_of,
    of_user,
};
pub use status::Status;
pub(crate) use write::completed_before;
pub use write::{Created, cancel, change, create, set_line};

use crate::accounts::{self, Claim, Role, Visitor};
use crate::db::{Db, DbError};
use crate::failure::Failure;
use crate::guests::{Credentials, GuestKey, Opener};
use crate::id::{CheckoutId, UserId};
use crate::page::{Page, PageRequest};
use crate::pricing::{Codes, Problem, Quote};
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

    fn with(self, problems: Vec<Problem>) -> Self {
        Self { quote: self.quote.with(problems), ..self }
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

/// A checkout: customers see their own ones, guests what their secret opens, staff all.
pub async fn show(db: &Db, who: &Credentials, id: CheckoutId) -> Result<Priced, Failure<Refusal>> {
    let found = who.open(|opener| look_up(db, opener, id)).await?;
    priced(db, found).await
}

/// A checkout of a guest, whether it is open or not.
pub(crate) async fn of_guest(
    db: &Db,
    secret: &GuestKey,
    id: CheckoutId,
) -> Result<Checkout, Failure<Refusal>> {
    look_up(db, Opener::Guest(secret.clone()), id).await
}

async fn look_up(db: &Db, opener: Opener, id: CheckoutId) -> Result<Checkout, Failure<Refusal>> {
    let (found, is_staff) = match &opener {
        Opener::Account(claim) => {
            let (standing, found) = db.together((accounts::standing(*claim), sql::find(id))).await;
            (found?, standing?.ok_or(Refusal::NotSignedIn)?.role >= Role::Staff)
        }
        Opener::Guest(_) => (db.together((sql::find(id),)).await.0?, false),
    };
    let seen = found.filter(|checkout| is_staff || checkout.opens_to(&opener));
    Ok(seen.ok_or(Refusal::NotFound)?)
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

/// What a checkout costs now.
pub(crate) async fn priced(db: &Db, checkout: Checkout) -> Result<Priced, Failure<Refusal>> {
    let quote = offers(db, &checkout.wishes, checkout.user).await?.quote(&checkout.wishes)?;
    Ok(Priced::new(checkout, quote))
}

async fn offers(db: &Db, wishes: &Wishes, buyer: Option<UserId>) -> Result<Offered, DbError> {
    let (offered,) = db.together((sql::offers::offers(wishes, buyer),)).await;
    offered
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
