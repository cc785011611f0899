//! Which parts of a placed order can still be changed. Pure.

use super::address::{Address, AddressChange};
use super::note::Note;
use super::order::Order;
use super::refusal::Refusal;
use crate::change::Change;
use crate::country::Country;
use crate::status::OrderStatus;
use crate::viewer::Viewer;

/// A change of an order: parts that are left out stay as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub address: Change<AddressChange>,
    pub note: Change<Note>,
}

impl Edit {
    /// Buyers may change an order until it is paid, staff until it is shipped.
    pub(super) fn is_open(viewer: Viewer, status: OrderStatus) -> Result<(), Refusal> {
        match (viewer, status) {
            (_, OrderStatus::Pending) | (Viewer::Staff, OrderStatus::Confirmed) => Ok(()),
            _ => Err(Refusal::NotChangeable(status)),
        }
    }

    /// Address and note of the order after the change. What is taxed or shipped by a method was priced for its country and
    /// region, and stays there.
    pub(super) fn apply_to(
        self,
        order: &Order,
    ) -> Result<(Option<Address>, Option<Note>), Refusal> {
        let address = match self.address {
            Change::Keep => order.address.clone(),
            Change::Clear => None,
            Change::Set(change) => Some(change.apply_to(order.address.clone())?),
        };
        let is_priced_by_place = !order.taxes.is_empty() || order.shipping.is_some();
        if is_priced_by_place && place(address.as_ref()) != place(order.address.as_ref()) {
            return Err(Refusal::DestinationChangesPrice);
        }
        Ok((address, self.note.apply_to(order.note.clone())))
    }
}

/// What rates and zones are chosen by; postal codes may be corrected.
fn place(address: Option<&Address>) -> Option<(Country, String)> {
    let destination = address?.destination()?;
    Some((destination.country(), destination.region().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::address::AddressParts;
    use super::super::address::tests::parts;
    use super::super::status::tests::order;
    use super::*;
    use crate::id::UserId;
    use crate::pricing::OrderTax;

    #[test]
    fn buyers_change_what_is_pending_and_staff_what_is_not_shipped() {
        let buyer = Viewer::Buyer(UserId::generate());
        let open = |viewer| {
            OrderStatus::ALL.into_iter().filter(move |s| Edit::is_open(viewer, *s).is_ok())
        };

        assert_eq!(open(buyer).collect::<Vec<_>>(), [OrderStatus::Pending]);
        assert_eq!(
            open(Viewer::Staff).collect::<Vec<_>>(),
            [OrderStatus::Pending, OrderStatus::Confirmed]
        );
    }

    #[test]
    fn what_an_edit_leaves_out_stays() {
        let (address, note) =
            (Address::from_stored(parts()), Note::from_stored("ring twice".to_owned()));
        let (old, kept) = (Some(address.clone()), Some(note.clone()));
        let order = Order { address: old, note: kept, ..order(OrderStatus::Pending, 100, 0, 0) };
        let to = AddressChange { city: Change::Set("Potsdam".to_owned()), ..Default::default() };
        let moved = Address::from_stored(AddressParts { city: "Potsdam".to_owned(), ..parts() });

        let keep = Edit { address: Change::Keep, note: Change::Keep };
        assert_eq!(keep.apply_to(&order), Ok((Some(address), Some(note.clone()))));
        let clear = Edit { address: Change::Clear, note: Change::Clear };
        assert_eq!(clear.apply_to(&order), Ok((None, None)));
        let set = Edit { address: Change::Set(to), note: Change::Keep };
        assert_eq!(set.apply_to(&order), Ok((Some(moved), Some(note))));
    }

    #[test]
    fn what_was_priced_for_a_country_and_a_region_is_not_sent_to_another() {
        let order = order(OrderStatus::Pending, 100, 0, 0);
        let taxed = OrderTax {
            component: "tax".to_owned(),
            country: Country::from_code("DE").unwrap(),
            region: String::new(),
            label: "MwSt".to_owned(),
            rate_ppm: 190_000,
            base: order.totals.total,
            amount: order.totals.tax,
            is_included: true,
        };
        let free = Order { address: Some(Address::from_stored(parts())), ..order };
        let taxed = Order { taxes: vec![taxed], ..free.clone() };
        let to = |change| Edit { address: Change::Set(change), note: Change::Keep };
        let changed = |part: &str| Change::Set(part.to_owned());
        let country = AddressChange { country: changed("FR"), ..Default::default() };
        let region = AddressChange { region: changed("Bayern"), ..Default::default() };
        let postal_code = AddressChange { postal_code: changed("80331"), ..Default::default() };

        let refused = Err(Refusal::DestinationChangesPrice);
        assert_eq!(to(country.clone()).apply_to(&taxed), refused);
        assert_eq!(to(region).apply_to(&taxed), refused);
        let clear = Edit { address: Change::Clear, note: Change::Keep };
        assert_eq!(clear.apply_to(&taxed), refused);
        assert!(to(postal_code).apply_to(&taxed).is_ok());
        assert!(to(country).apply_to(&free).is_ok());
    }
}
