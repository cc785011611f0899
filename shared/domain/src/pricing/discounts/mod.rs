//! The discounts of the shop as staff write them, and the orders that have used one. What a discount takes off a basket is
//! computed elsewhere in `pricing`.

mod attribute;
mod discount;
mod refusal;
mod scope;
mod sql;
mod value;
mod window;

pub use attribute::{BuyersLimit, DiscountCode, DiscountTitle, Limit, Priority};
pub use discount::{Discount, DiscountChange, DiscountUse, NewDiscount};
pub use refusal::Refusal;
pub use scope::Scope;
pub(crate) use sql::ALL as ALL_QUERIES;
pub use value::{Off, Value};
pub use window::{Window, WindowChange};

use crate::db::Db;
use crate::failure::Failure;
use crate::id::{DiscountId, OrderId, UserId};
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::page::{Page, PageRequest};

/// Conditions that must all hold for a discount. The default matches every discount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub code: Option<DiscountCode>,
    pub is_active: Option<bool>,
}

/// Adds a discount, once per request.
pub async fn create(
    db: &Db,
    staff: UserId,
    new: &NewDiscount,
    call: &IdempotentCall<Discount>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        let known = sql::known(tx, &new.scope).await?;
        new.scope.check_known(&known.products, &known.categories).map_err(Refusal::from)?;
        tx.act_as_staff(staff);
        let inserted = sql::insert(tx, DiscountId::generate(), new).await;
        inserted.map_err(|error| refusal::of_discount(error, new.code.as_ref()))
    })
    .await
}

pub async fn show(db: &Db, id: DiscountId) -> Result<Discount, Failure<Refusal>> {
    Ok(sql::discount(db, id).await?.ok_or(Refusal::NotFound)?)
}

/// One page of the discounts that match the filter, the newest first.
pub async fn list(
    db: &Db,
    filter: &Filter,
    page: &PageRequest<DiscountId>,
) -> Result<Page<Discount>, Failure<Refusal>> {
    let discounts = sql::discounts(db, filter, page).await?;
    Ok(page.paginate(discounts, |discount| discount.id))
}

/// Changes a discount for orders that are placed from now on. Refused with `Stale` unless it has one of the expected versions;
/// its uses do not count. Without effect, the version stays.
pub async fn change(
    db: &Db,
    staff: UserId,
    id: DiscountId,
    expected_versions: Option<&[i64]>,
    change: &DiscountChange,
) -> Result<Discount, Failure<Refusal>> {
    db.transaction(async |tx| {
        let discount = sql::lock(tx, id).await?.ok_or(Refusal::NotFound)?;
        let current = discount.version;
        if expected_versions.is_some_and(|expected| !expected.contains(&current)) {
            return Err(Refusal::Stale { current }.into());
        }
        let changed = discount.changed(change)?;
        if changed == discount {
            return Ok(discount);
        }
        tx.act_as_staff(staff);
        let updated = sql::update(tx, &changed).await;
        updated.map_err(|error| refusal::of_discount(error, changed.code.as_ref()))
    })
    .await
}

/// One page of the orders that have used a discount, the newest first. Those that gave it back are among them.
pub async fn list_uses(
    db: &Db,
    id: DiscountId,
    page: &PageRequest<OrderId>,
) -> Result<Page<DiscountUse>, Failure<Refusal>> {
    let uses = sql::uses(db, id, page).await?;
    if uses.is_empty() {
        show(db, id).await?;
    }
    Ok(page.paginate(uses, |used| used.order))
}
