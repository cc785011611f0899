//! How much a buyer may hold before they pay. Pure.

use super::basket::Basket;
use super::refusal::Refusal;
use crate::failure::Invalid;
use crate::guests::Unpaid;
use crate::id::ProductId;
use crate::viewer::Buyer;
use std::collections::BTreeMap;

/// What a buyer may hold. Those who have proven no address hold less, and for a shorter time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HoldLimits {
    /// Orders that wait for their payment: each reserves stock that others cannot buy.
    pub(crate) unpaid_orders: i64,
    /// The same under one address, wherever they are placed from.
    unpaid_anywhere: i64,
    /// The pieces of one product in all of them.
    pub(crate) unpaid_pieces: Option<i32>,
    /// For how long the stock of an order is reserved until its payment begins.
    pub(crate) hold_seconds: i32,
    /// For how long payments extend that, from the start of each.
    pub(crate) payment_seconds: i32,
    /// From placing on; no payment extends it further.
    pub(crate) longest_hold_seconds: Option<i32>,
}

/// For how long staff keep an unpaid order's stock for its buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoreTime {
    minutes: i32,
}

impl MoreTime {
    /// From placing on: 30 days, as long as for a voucher.
    pub(crate) const LONGEST_SECONDS: i32 = 30 * 24 * 60 * 60;
    const MOST_MINUTES: i32 = Self::LONGEST_SECONDS / 60;

    pub fn parse(minutes: i64) -> Result<Self, Invalid> {
        let minutes = i32::try_from(minutes).ok();
        let minutes = minutes.filter(|minutes| (1..=Self::MOST_MINUTES).contains(minutes));
        let detail = || format!("must be between 1 and {}", Self::MOST_MINUTES);
        let invalid = || Invalid::new("/minutes", "out_of_range", detail());
        Ok(Self { minutes: minutes.ok_or_else(invalid)? })
    }

    pub(crate) const fn seconds(self) -> i32 {
        self.minutes * 60
    }
}

const PROVEN: HoldLimits = HoldLimits {
    unpaid_orders: 5,
    unpaid_anywhere: 5,
    unpaid_pieces: None,
    hold_seconds: 30 * 60,
    payment_seconds: 30 * 60,
    longest_hold_seconds: None,
};

const UNPROVEN: HoldLimits = HoldLimits {
    unpaid_orders: 2,
    // So that strangers who type an address do not keep its owner out.
    unpaid_anywhere: 6,
    unpaid_pieces: Some(20),
    hold_seconds: 15 * 60,
    longest_hold_seconds: Some(60 * 60),
    ..PROVEN
};

impl HoldLimits {
    pub(crate) const fn of(buyer: &Buyer) -> Self {
        if buyer.is_proven { PROVEN } else { UNPROVEN }
    }

    /// Refused if these pieces, with those of the buyer's unpaid orders, are too many of a product.
    pub(crate) fn check_pieces(
        &self,
        basket: &Basket,
        unpaid: &BTreeMap<ProductId, i64>,
    ) -> Result<(), Refusal> {
        let Some(most) = self.unpaid_pieces else { return Ok(()) };
        for (product, quantity) in basket.lines() {
            let held = unpaid.get(&product).copied().unwrap_or_default();
            if held.saturating_add(quantity.into()) > most.into() {
                return Err(Refusal::TooManyUnpaidPieces { product, most });
            }
        }
        Ok(())
    }

    /// Refused if the buyer has as many unpaid orders as they may.
    pub(crate) fn check_orders(&self, unpaid: Unpaid) -> Result<(), Refusal> {
        if unpaid.here >= self.unpaid_orders {
            return Err(self.too_many_orders(self.unpaid_orders));
        }
        if unpaid.anywhere >= self.unpaid_anywhere {
            return Err(self.too_many_orders(self.unpaid_anywhere));
        }
        Ok(())
    }

    fn too_many_orders(&self, most: i64) -> Refusal {
        let most_verified = (*self != PROVEN).then_some(PROVEN.unpaid_orders);
        Refusal::TooManyUnpaid { most, most_verified }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;
    use crate::viewer::Holder;

    fn limits(is_proven: bool) -> HoldLimits {
        HoldLimits::of(&Buyer { holder: Holder::Account(UserId::generate()), is_proven })
    }

    #[test]
    fn whoever_has_proven_no_address_holds_twenty_pieces_of_a_product_whatever_the_number_of_orders()
     {
        let (mug, cup) = (ProductId::generate(), ProductId::generate());
        let basket = |pieces| Basket::new([(mug, pieces), (cup, 1)]).unwrap();
        let held = |pieces| BTreeMap::from([(mug, pieces)]);
        let refused = Err(Refusal::TooManyUnpaidPieces { product: mug, most: 20 });

        for (pieces, unpaid, expected) in
            [(20, 0, Ok(())), (21, 0, refused.clone()), (5, 15, Ok(())), (5, 16, refused)]
        {
            assert_eq!(limits(false).check_pieces(&basket(pieces), &held(unpaid)), expected);
            assert_eq!(limits(true).check_pieces(&basket(pieces), &held(unpaid)), Ok(()));
        }
    }

    #[test]
    fn others_who_name_an_address_keep_its_owner_out_only_if_they_are_many() {
        let check = |here, anywhere| limits(false).check_orders(Unpaid { here, anywhere }).is_ok();

        assert_eq!([check(0, 0), check(1, 5), check(0, 5)], [true; 3]);
        assert_eq!([check(2, 2), check(0, 6), check(1, 6)], [false; 3]);
    }

    #[test]
    fn the_refusal_says_what_a_proven_address_changes() {
        let too_many = |is_proven| {
            let limits = limits(is_proven);
            limits.too_many_orders(limits.unpaid_orders)
        };

        assert_eq!(too_many(true), Refusal::TooManyUnpaid { most: 5, most_verified: None });
        assert_eq!(too_many(false), Refusal::TooManyUnpaid { most: 2, most_verified: Some(5) });
    }
}
