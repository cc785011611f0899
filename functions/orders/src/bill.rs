//! How the parts of a total are shown that only orders have: see `lambda::http::BillView`.

use domain::money::Money;
use domain::ordering::OrderDiscount;
use domain::pricing::DiscountTarget;
use serde::Serialize;
use utoipa::ToSchema;

/// A discount that an order was placed with.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderDiscountView {
    /// Null if it applied by itself.
    #[schema(example = "WELCOME")]
    code: Option<String>,
    #[schema(example = "Welcome")]
    title: String,
    /// What it was taken off.
    target: DiscountTarget,
    amount: Money,
}

impl From<OrderDiscount> for OrderDiscountView {
    fn from(discount: OrderDiscount) -> Self {
        let OrderDiscount { code, title, target, amount } = discount;
        Self { code, title, target, amount }
    }
}
