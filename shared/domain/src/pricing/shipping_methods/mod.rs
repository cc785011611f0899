//! The shipping methods, as staff write them. What a basket costs by them is `pricing/shipping.rs`.

mod method;
mod sql;
mod zone;

pub use method::{Carrier, Days, FreeFrom, Method, MethodChange, MethodName, NewMethod};
pub(crate) use sql::ALL as ALL_QUERIES;
pub use zone::{WrittenZone, Zones};

use super::refusal::{Refusal, check_version};
use crate::db::Db;
use crate::failure::Failure;
use crate::id::{ShippingMethodId, UserId};
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::page::{Page, PageRequest};

/// Which methods somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible {
    Active,
    All,
}

/// Adds a method, once per request.
pub async fn create(
    db: &Db,
    staff: UserId,
    new: &NewMethod,
    call: &IdempotentCall<Method>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        tx.act_as_staff(staff);
        Ok(sql::insert(tx, ShippingMethodId::generate(), new).await?)
    })
    .await
}

pub async fn show(
    db: &Db,
    visible: Visible,
    id: ShippingMethodId,
) -> Result<Method, Failure<Refusal>> {
    let method = sql::method(db, id).await?;
    let method = method.filter(|method| method.is_active || visible == Visible::All);
    Ok(method.ok_or(Refusal::ShippingMethodNotFound)?)
}

/// One page of the methods, by their position, the oldest first among equals.
pub async fn list(
    db: &Db,
    visible: Visible,
    page: &PageRequest<(i32, ShippingMethodId)>,
) -> Result<Page<Method>, Failure<Refusal>> {
    let methods = sql::methods(db, visible, page).await?;
    Ok(page.paginate(methods, |method| (method.position, method.id)))
}

/// Changes a method. Refused with `Stale` unless it has one of the expected versions. Without effect, the version stays.
pub async fn change(
    db: &Db,
    staff: UserId,
    id: ShippingMethodId,
    expected_versions: Option<&[i64]>,
    change: &MethodChange,
) -> Result<Method, Failure<Refusal>> {
    db.transaction(async |tx| {
        let method = sql::lock(tx, id).await?.ok_or(Refusal::ShippingMethodNotFound)?;
        check_version(method.version, expected_versions)?;
        let changed = method.changed(change).map_err(Refusal::from)?;
        if changed == method {
            return Ok(method);
        }
        tx.act_as_staff(staff);
        Ok(sql::update(tx, &changed).await?)
    })
    .await
}
