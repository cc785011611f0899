//! What is requested to come back, and whether it may. Pure.

use super::refusal::Refusal;
use crate::failure::Invalid;
use crate::id::ProductId;
use crate::ordering::basket::Basket;
use crate::ordering::note::Note;
use crate::text;
use crate::viewer::Viewer;
use std::collections::BTreeMap;
use time::OffsetDateTime;

const LONGEST: usize = 1000;

/// A return as it is requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReturn {
    /// None for all that can come back.
    pieces: Option<Basket>,
    note: Option<Note>,
}

/// How the goods are to be sent back, on any number of lines; maybe nothing is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instructions(Option<String>);

/// How many pieces of an order can come back. They were shipped, and are in no other return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Returnable(pub(super) BTreeMap<ProductId, i32>);

/// Until when buyers can request a return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    /// The shop takes returns from its staff alone.
    ForStaff,
    Open,
    Closed {
        at: OffsetDateTime,
    },
}

impl NewReturn {
    /// These pieces, or all that can come back.
    pub fn new(pieces: Option<Basket>, note: Option<Note>) -> Self {
        Self { pieces, note }
    }

    pub(crate) fn note(&self) -> Option<&str> {
        self.note.as_ref().map(Note::text)
    }

    /// The pieces of it that come back, if whoever requests it still may.
    pub(crate) fn take(
        &self,
        who: Viewer,
        left: &Returnable,
        window: Window,
    ) -> Result<Vec<(ProductId, i32)>, Refusal> {
        let Returnable(left) = left;
        if left.is_empty() {
            return Err(Refusal::NothingToReturn);
        }
        if who != Viewer::Staff {
            window.check()?;
        }
        let Some(wanted) = &self.pieces else {
            return Ok(left.iter().map(|(product, pieces)| (*product, *pieces)).collect());
        };
        for (product, pieces) in wanted.lines() {
            let left = left.get(&product).copied().unwrap_or_default();
            if pieces > left {
                return Err(Refusal::TooManyToReturn { product, left });
            }
        }
        Ok(wanted.lines().collect())
    }
}

impl Window {
    fn check(self) -> Result<(), Refusal> {
        match self {
            Self::Open => Ok(()),
            Self::ForStaff => Err(Refusal::ForStaff),
            Self::Closed { at } => Err(Refusal::WindowClosed { at }),
        }
    }
}

impl Instructions {
    pub fn parse(raw: Option<&str>) -> Result<Self, Invalid> {
        let pointer = "/instructions";
        let said = raw.map(|raw| text::multiline(pointer, raw.trim(), LONGEST)).transpose()?;
        let said = said.filter(|said| !said.is_empty());
        Ok(Self(said.map(|said| text::reject_card_number(pointer, said)).transpose()?))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }
}
