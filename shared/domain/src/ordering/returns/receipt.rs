//! What arrived of a return. Pure.

use super::Return;
use super::refusal::Refusal;
use crate::failure::Invalid;
use crate::id::ProductId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

const MAX_LINES: usize = 100;

/// How goods came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReturnCondition)]
pub enum Condition {
    /// As it was sold.
    New,
    /// Unpacked or used, and whole.
    Opened,
    Damaged,
}

/// The pieces of one product that arrived, as a client sends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedPieces {
    pub product: ProductId,
    pub received: i64,
    /// None if nothing arrived.
    pub condition: Option<Condition>,
    pub restock: i64,
}

/// What arrived, by product. Of products that it does not name, nothing did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt(BTreeMap<ProductId, Arrived>);

/// `restock <= received`, and a condition if anything arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub(super) received: i32,
    pub(super) condition: Option<Condition>,
    pub(super) restock: i32,
}

impl Condition {
    const ALL: [Self; 3] = [Self::New, Self::Opened, Self::Damaged];

    /// As it is stored and sent.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Opened => "opened",
            Self::Damaged => "damaged",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl Receipt {
    pub fn new(lines: &[ReceivedPieces]) -> Result<Self, Invalid> {
        let mut arrived = BTreeMap::new();
        if lines.is_empty() {
            return Err(Invalid::new("/lines", "empty", "must name at least one product"));
        }
        if lines.len() > MAX_LINES {
            let detail = format!("a return has at most {MAX_LINES} lines");
            return Err(Invalid::new("/lines", "too_many_lines", detail));
        }
        for (place, line) in lines.iter().enumerate() {
            let at = |member: &str| format!("/lines/{place}/{member}");
            let pieces = |member, pieces: i64, most: i32, detail| {
                let fits = i32::try_from(pieces).ok().filter(|pieces| (0..=most).contains(pieces));
                fits.ok_or_else(|| Invalid::new(at(member), "out_of_range", detail))
            };
            let received = pieces("received", line.received, 1000, "must be between 0 and 1000")?;
            let detail = "must be between 0 and what was received";
            let restock = pieces("restock", line.restock, received, detail)?;
            let condition = line.condition;
            if (received > 0) != condition.is_some() {
                let detail = "says how the pieces arrived, if any did";
                let code = if received > 0 { "missing" } else { "not_received" };
                return Err(Invalid::new(at("condition"), code, detail));
            }
            let known = arrived.insert(line.product, Arrived { received, condition, restock });
            if known.is_some() {
                let detail = "names a product that is named before";
                return Err(Invalid::new(at("product"), "twice", detail));
            }
        }
        Ok(Self(arrived))
    }

    /// What arrived of each line of the return, which has no fewer pieces.
    pub(crate) fn of(&self, back: &Return) -> Result<Vec<(ProductId, Arrived)>, Refusal> {
        let left: BTreeMap<_, _> =
            back.lines.iter().map(|line| (line.product, line.quantity)).collect();
        for (&product, arrived) in &self.0 {
            let left = left.get(&product).copied().unwrap_or_default();
            if arrived.received > left || left == 0 {
                return Err(Refusal::TooManyReceived { product, left });
            }
        }
        let arrived = |product| self.0.get(&product).copied().unwrap_or_default();
        Ok(left.into_keys().map(|product| (product, arrived(product))).collect())
    }

    /// Whether the return says just this.
    pub(crate) fn is_of(&self, back: &Return) -> bool {
        let said = back.lines.iter().map(|line| {
            let (condition, restock) = (line.condition, line.restocked);
            let received = line.received.unwrap_or_default();
            (line.product, Arrived { received, condition, restock })
        });
        self.of(back).is_ok_and(|arrived| said.eq(arrived))
    }
}

impl Arrived {
    pub(crate) fn restocks(self) -> bool {
        self.restock > 0
    }
}
