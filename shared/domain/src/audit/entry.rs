//! What the audit log holds. Pure.

use crate::failure::Invalid;
use crate::id::UserId;
use crate::text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use time::OffsetDateTime;
use utoipa::ToSchema;

const LONGEST_ENTITY: usize = 200;

/// A change of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The place in the chain, from 1 on and without gaps.
    pub seq: i64,
    pub at: OffsetDateTime,
    pub actor: UserId,
    /// One of [`EntityType`], or one of a later release.
    pub entity_type: String,
    pub entity: String,
    pub action: Action,
    /// The members that changed, with their values; of what was created, none.
    pub before: Option<Value>,
    pub after: Option<Value>,
    /// The members that changed and whose values are of a person.
    pub withheld: Vec<String>,
    pub hash: Hash,
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntityType {
    Acknowledgement,
    Category,
    Discount,
    Fulfillment,
    Order,
    OrderComment,
    OrderGuest,
    OrderEdit,
    Payment,
    Product,
    Refund,
    Return,
    ShippingMethod,
    ShopSettings,
    TaxCountry,
    TaxExemption,
    TaxRate,
    User,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditAction)]
pub enum Action {
    Created,
    Changed,
    Deleted,
}

/// The SHA-256 of an entry, as 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hash([u8; 32]);

/// The last entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Zero before the first entry.
    pub seq: i64,
    pub hash: Hash,
}

/// What is wrong at a place of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub seq: i64,
    pub kind: FaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditFaultKind)]
pub enum FaultKind {
    /// The entry is not what its hash was computed of.
    Changed,
    /// Entries before this one were removed.
    MissingBefore,
    /// It was chained to another entry than the one before it.
    Unlinked,
    /// The chain does not end here, as it did: the last entries were removed or replaced.
    MissingEnd,
    /// An entry outside of the chain. `seq` is zero.
    Unchained,
}

/// The result of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    pub checked: i64,
    pub head: Head,
    /// The first ones.
    pub faults: Vec<Fault>,
    /// The last entry that was verified, if others follow.
    pub next: Option<i64>,
    pub kept_is_in_chain: Option<bool>,
}

/// Which entries to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub entity_type: Option<EntityType>,
    pub entity: Option<String>,
    pub actor: Option<UserId>,
    pub since: Option<OffsetDateTime>,
    pub until: Option<OffsetDateTime>,
}

impl Filter {
    /// All entries, or those about the entity with this id.
    pub fn about(entity: Option<&str>) -> Result<Self, Invalid> {
        let entity = entity.map(|raw| text::line("entity", raw, LONGEST_ENTITY)).transpose()?;
        Ok(Self { entity, ..Self::default() })
    }
}

impl EntityType {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Acknowledgement => "acknowledgement",
            Self::Category => "category",
            Self::Discount => "discount",
            Self::Fulfillment => "fulfillment",
            Self::Order => "order",
            Self::OrderComment => "order_comment",
            Self::OrderGuest => "order_guest",
            Self::OrderEdit => "order_edit",
            Self::Payment => "payment",
            Self::Product => "product",
            Self::Refund => "refund",
            Self::Return => "return",
            Self::ShippingMethod => "shipping_method",
            Self::ShopSettings => "shop_settings",
            Self::TaxCountry => "tax_country",
            Self::TaxExemption => "tax_exemption",
            Self::TaxRate => "tax_rate",
            Self::User => "user",
        }
    }
}

impl Action {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name {
            "created" => Some(Self::Created),
            "changed" => Some(Self::Changed),
            "deleted" => Some(Self::Deleted),
            _ => None,
        }
    }
}

impl FaultKind {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name {
            "changed" => Some(Self::Changed),
            "missing_before" => Some(Self::MissingBefore),
            "unlinked" => Some(Self::Unlinked),
            "missing_end" => Some(Self::MissingEnd),
            "unchained" => Some(Self::Unchained),
            _ => None,
        }
    }
}

impl Hash {
    /// 64 hexadecimal digits. `pointer` is where they stand in the request.
    pub fn parse(pointer: &'static str, raw: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new(pointer, "bad_hash", "must be 64 hexadecimal digits");
        if raw.len() != 64 || !raw.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&raw[at..at + 2], 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }

    pub(super) fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_as_it_was_written() {
        let written = "0f".repeat(32);
        assert_eq!(Hash::parse("/hash", &written).unwrap().to_string(), written);
        for wrong in ["", "0f", &"0g".repeat(32), &"é".repeat(32), &"0f".repeat(33)] {
            assert!(Hash::parse("/hash", wrong).is_err());
        }
    }
}
