//! The discounts that orders have used. A use that everybody or the buyer has no more of is refused by what is counted under
//! the lock of its discount, or by a unique row.

mod sql;

pub(crate) use sql::{ALL, current_rules, take_back, use_discounts};
