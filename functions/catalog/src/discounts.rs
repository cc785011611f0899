//! `/v1/discounts`.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod show;
pub(crate) mod uses;

use domain::id::{CategoryId, DiscountId, ProductId};
use domain::money::Money;
use domain::pricing::DiscountTarget;
use domain::pricing::discounts::{BuyersLimit, Discount, DiscountCode, Limit, Off};
use lambda::http::ETag;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct DiscountView {
    id: DiscountId,
    /// What buyers see on the bill.
    #[schema(example = "Welcome")]
    title: String,
    /// In capitals; accepted in any case. Null if the discount applies by itself.
    #[schema(required, example = "WELCOME")]
    code: Option<String>,
    target: DiscountTarget,
    /// Hundredths of a percent: 1250 is 12.5 %. Null if it takes off an amount.
    #[schema(required, example = 1000)]
    percent_bp: Option<i32>,
    /// Taken off once, not from each piece, and only in this currency.
    #[schema(required)]
    amount: Option<Money>,
    /// The least price of the lines that it is taken off, before discounts. It then applies in this currency only.
    #[schema(required)]
    minimum: Option<Money>,
    products: Vec<ProductId>,
    /// With their subcategories.
    categories: Vec<CategoryId>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    starts_at: Option<OffsetDateTime>,
    /// It applies before this time.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    ends_at: Option<OffsetDateTime>,
    /// How many orders may have it. One that is cancelled gives it back.
    #[schema(required)]
    max_uses: Option<i32>,
    /// How many orders have it; null if their number is not limited, for they are not counted then.
    #[schema(required)]
    used: Option<i32>,
    /// How many orders of one buyer may have it.
    #[schema(required)]
    max_per_buyer: Option<i16>,
    /// Whether it applies together with others that combine; if not, it applies alone.
    combines: bool,
    /// Of two equally good discounts, the one with the lower number applies.
    priority: i16,
    active: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<Discount> for DiscountView {
    fn from(discount: Discount) -> Self {
        let (percent_bp, amount) = match discount.value.off() {
            Off::Percent { bp } => (Some(bp), None),
            Off::Fixed(amount) => (None, Some(amount)),
        };
        Self {
            id: discount.id,
            title: discount.title.as_str().to_owned(),
            code: discount.code.as_ref().map(DiscountCode::as_str).map(str::to_owned),
            target: discount.scope.target(),
            percent_bp,
            amount,
            minimum: discount.value.minimum(),
            products: discount.scope.products().to_vec(),
            categories: discount.scope.categories().to_vec(),
            starts_at: discount.window.starts_at(),
            ends_at: discount.window.ends_at(),
            max_uses: discount.max_uses.map(Limit::uses),
            used: discount.max_uses.map(|_| discount.used),
            max_per_buyer: discount.max_per_buyer.map(BuyersLimit::uses),
            combines: discount.combines,
            priority: discount.priority.number(),
            active: discount.is_active,
            created_at: discount.created_at,
            updated_at: discount.updated_at,
        }
    }
}

/// Includes the number of uses, because it changes without a new version.
fn tag(discount: &Discount) -> ETag {
    ETag::version(discount.version).and(discount.used)
}
