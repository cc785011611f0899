//! What may still be changed of an order that was placed. Pure.

use super::address::{Address, AddressChange};
use super::order::{Order, Viewer};
use super::refusal::Refusal;
use super::status::Status;
use crate::change::Change;
use crate::failure::Invalid;
use crate::text;

/// What a buyer or the shop wants to be known about an order: at most 1000 characters, and no card number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(String);

/// What shall become of an order: what is left out stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub address: Change<AddressChange>,
    pub note: Change<Note>,
}

impl Note {
    /// Nothing but space is no note.
    pub fn parse(raw: &str) -> Result<Option<Self>, Invalid> {
        let text = text::without_card("/note", text::prose("/note", raw.trim(), 1000)?)?;
        Ok(Some(text).filter(|text| !text.is_empty()).map(Self))
    }

    pub(super) fn kept(text: String) -> Self {
        Self(text)
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Edit {
    /// Buyers change what waits for its payment, staff what has not left the shop.
    pub(super) fn is_open(viewer: Viewer, status: Status) -> Result<(), Refusal> {
        match (viewer, status) {
            (_, Status::Pending) | (Viewer::Staff, Status::Confirmed) => Ok(()),
            _ => Err(Refusal::NotChangeable(status)),
        }
    }

    /// Address and note of the order after the change.
    pub(super) fn over(self, order: &Order) -> Result<(Option<Address>, Option<Note>), Invalid> {
        let address = match self.address {
            Change::Keep => order.address.clone(),
            Change::Clear => None,
            Change::Set(change) => Some(change.over(order.address.clone())?),
        };
        Ok((address, self.note.over(order.note.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::address::AddressParts;
    use super::super::status::tests::order;
    use super::*;
    use crate::id::UserId;

    #[test]
    fn buyers_change_what_is_pending_and_staff_what_is_not_shipped() {
        let buyer = Viewer::Buyer(UserId::generate());
        let open =
            |viewer| Status::ALL.into_iter().filter(move |s| Edit::is_open(viewer, *s).is_ok());

        assert_eq!(open(buyer).collect::<Vec<_>>(), [Status::Pending]);
        assert_eq!(open(Viewer::Staff).collect::<Vec<_>>(), [Status::Pending, Status::Confirmed]);
    }

    #[test]
    fn a_note_is_short_and_holds_no_card() {
        assert_eq!(Note::parse(" \n ").unwrap(), None);
        assert_eq!(Note::parse(" ring\ntwice ").unwrap().unwrap().text(), "ring\ntwice");
        assert_eq!(Note::parse(&"x".repeat(1001)).unwrap_err().code, "too_long");
        assert_eq!(Note::parse("4242424242424242").unwrap_err().code, "looks_like_a_card");
    }

    #[test]
    fn what_an_edit_leaves_out_stays() {
        let parts = || AddressParts {
            name: "Ann Example".to_owned(),
            line1: "Hauptstraße 1".to_owned(),
            line2: None,
            postal_code: "10115".to_owned(),
            city: "Berlin".to_owned(),
            country: "DE".to_owned(),
        };
        let (address, note) = (Address::kept(parts()), Note::kept("ring twice".to_owned()));
        let (old, kept) = (Some(address.clone()), Some(note.clone()));
        let order = Order { address: old, note: kept, ..order(Status::Pending, 100, 0, 0) };
        let to = AddressChange { city: Change::Set("Potsdam".to_owned()), ..Default::default() };
        let moved = Address::kept(AddressParts { city: "Potsdam".to_owned(), ..parts() });

        let keep = Edit { address: Change::Keep, note: Change::Keep };
        assert_eq!(keep.over(&order), Ok((Some(address), Some(note.clone()))));
        let clear = Edit { address: Change::Clear, note: Change::Clear };
        assert_eq!(clear.over(&order), Ok((None, None)));
        let set = Edit { address: Change::Set(to), note: Change::Keep };
        assert_eq!(set.over(&order), Ok((Some(moved), Some(note))));
    }
}
