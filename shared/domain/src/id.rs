//! Typed identifiers, so that a `ProductId` cannot be passed for an `OrderId`. As text: a prefix and 32 hexadecimal
//! digits.

use postgres_types::{FromSql, ToSql};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// Text that is not an id of the expected type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an id such as {example}")]
pub struct InvalidId {
    example: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal,)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, FromSql, ToSql)]
        #[postgres(transparent)]
        pub struct $name(Uuid);

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-f]{32}$")))
                    .examples([concat!($prefix, "_0193f2a7c1d87b3e9a5f4c2d1e0b9a87")])
                    .into()
            }
        }

        impl ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl $name {
            /// A new id. UUID version 7, so that ids sort by the time of their creation.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// Sorts after every other id: the start of a list in descending order.
            pub const LAST: Self = Self(Uuid::max());
        }

        /// As the database has it.
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let digits = text.strip_prefix(concat!($prefix, "_"));
                digits
                    .filter(|digits| digits.len() == 32 && !digits.contains(char::is_uppercase))
                    .and_then(|digits| Uuid::try_parse(digits).ok())
                    .map(Self)
                    .ok_or(InvalidId { example: concat!($prefix, "_0193f2a7c1d87b3e9a5f4c2d1e0b9a87") })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A user account.
    UserId = "usr",
    CategoryId = "cat",
    ProductId = "prod",
    OrderId = "ord",
    /// A parcel of an order.
    FulfillmentId = "ful",
    /// Goods of an order that come back.
    ReturnId = "ret",
    /// What staff wrote about an order.
    CommentId = "cmt",
    /// A checkout: what somebody wishes to order.
    CheckoutId = "chk",
    /// A payment. Its text is also the idempotency key of the request to Stripe.
    PaymentId = "pay",
    /// A refund. Its text is also the idempotency key of the request to Stripe.
    RefundId = "re",
    /// A dispute of a payment.
    DisputeId = "dp",
    /// A warning that a payment may be fraud.
    FraudWarningId = "fw",
    /// A session: all refresh tokens that descend from one login.
    FamilyId = "fam",
    /// A claim to send an email.
    ClaimId = "clm",
    /// A one-time link in an email: to verify the address or to set a new password.
    LinkId = "lnk",
    /// A reconciliation of our payments and refunds with Stripe's.
    ReconciliationId = "rec",
    /// A manual stock adjustment.
    AdjustmentId = "adj",
    ShippingMethodId = "ship",
    DiscountId = "disc",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_as_it_was_written() {
        let id = ProductId::generate();
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let order = OrderId::generate().to_string();
        assert!(order.parse::<ProductId>().is_err());
        assert!("prod_".parse::<ProductId>().is_err());
        assert!(order.to_uppercase().parse::<OrderId>().is_err());
    }
}
