//! How much a buyer may hold before they pay. Pure.

use super::basket::Basket;
use super::refusal::Refusal;
use crate::id::ProductId;
use crate::viewer::Buyer;
use std::collections::BTreeMap;

/// What a buyer may hold. Those who have proven no address hold less, and for a shorter time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HoldLimits {
    /// Orders that wait for their payment: each reserves stock that others cannot buy.
    pub(crate) unpaid_orders: i64,
    /// The pieces of one product in all of them.
    pub(crate) unpaid_pieces: Option<i32>,
    /// For how long the stock of an order is reserved until its payment begins.
    pub(crate) hold_seconds: i32,
    /// For how long payments extend that, from the start of each.
    pub(crate) payment_seconds: i32,
    /// From placing on; no payment extends it further.
    pub(crate) longest_hold_seconds: Option<i32>,
}

const PROVEN: HoldLimits = HoldLimits {
    unpaid_orders: 5,
    unpaid_pieces: None,
    hold_seconds: 30 * 60,
    payment_seconds: 30 * 60,
    longest_hold_seconds: None,
};

const UNPROVEN: HoldLimits = HoldLimits {
    unpaid_orders: 2,
    unpaid_pieces: Some(20),
    hold_seconds: 15 * 60,
    longest_hold_seconds: Some(60 * 60),
    ..PROVEN
};

impl HoldLimits {
    pub(crate) const fn of(buyer: Buyer) -> Self {
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

    pub(crate) fn too_many_orders(&self) -> Refusal {
        let most = self.unpaid_orders;
        let most_verified = (*self != PROVEN).then_some(PROVEN.unpaid_orders);
        Refusal::TooManyUnpaid { most, most_verified }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;

    fn limits(is_proven: bool) -> HoldLimits {
        HoldLimits::of(Buyer { id: UserId::generate(), is_proven })
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
    fn the_refusal_says_what_a_proven_address_changes() {
        let too_many = |is_proven| limits(is_proven).too_many_orders();

        assert_eq!(too_many(true), Refusal::TooManyUnpaid { most: 5, most_verified: None });
        assert_eq!(too_many(false), Refusal::TooManyUnpaid { most: 2, most_verified: Some(5) });
    }
}
