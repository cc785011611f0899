//! `/v1/shipping-methods`.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod show;
mod zone;

use crate::reader::viewer;
use domain::catalog::Viewer;
use domain::failure::Invalid;
use domain::id::ShippingMethodId;
use domain::money::Currency;
use domain::pricing::ShippingBasis;
use domain::pricing::shipping_methods::{Days, FreeFrom, Method, Visible};
use lambda::http::ETag;
use lambda::http::caller::Caller;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use zone::Zone;

#[derive(Serialize, ToSchema)]
#[schema(as = ShippingMethod)]
pub(crate) struct ShippingMethodView {
    id: ShippingMethodId,
    #[schema(example = "Parcel")]
    name: String,
    #[schema(required, example = "DHL")]
    carrier: Option<String>,
    /// Of all amounts of the method. It is not offered for orders in another.
    currency: Currency,
    basis: ShippingBasis,
    /// The value of the goods after discounts from which it is free, in minor units; null for never.
    #[schema(required, minimum = 1)]
    free_from: Option<i64>,
    /// What shipping is taxed as in countries where it has a rate of its own.
    tax_category: String,
    #[schema(required)]
    days: Option<WorkingDays>,
    /// Lists are in the order of positions.
    position: i32,
    active: bool,
    zones: Vec<Zone>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// How many days from Monday to Friday a parcel takes; null if that is not said.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WorkingDays {
    #[schema(minimum = 0, maximum = 90)]
    min: i16,
    #[schema(minimum = 0, maximum = 90)]
    max: i16,
}

impl From<Method> for ShippingMethodView {
    fn from(method: Method) -> Self {
        Self {
            id: method.id,
            name: method.name.into(),
            carrier: method.carrier.map(String::from),
            currency: method.currency,
            basis: method.basis,
            free_from: method.free_from.map(FreeFrom::minor),
            tax_category: method.tax_category.into(),
            days: method.days.map(|days| WorkingDays { min: days.min(), max: days.max() }),
            position: method.position,
            active: method.is_active,
            zones: method.zones.into_iter().map(Zone::from).collect(),
            created_at: method.created_at,
            updated_at: method.updated_at,
        }
    }
}

impl TryFrom<WorkingDays> for Days {
    type Error = Invalid;

    fn try_from(days: WorkingDays) -> Result<Self, Invalid> {
        Self::new(days.min, days.max)
    }
}

/// Staff see all methods, everybody else the active ones.
fn visible(who: Option<Caller>) -> Visible {
    match viewer(who) {
        Viewer::Staff => Visible::All,
        Viewer::Public => Visible::Active,
    }
}

fn tag(method: &Method) -> ETag {
    ETag::version(method.version)
}
