//! Which idempotency key a refund is requested with, and when Stripe's list is checked first. Pure.

use crate::id::{OrderId, RefundId};
use crate::money::Money;

/// A refund to be requested from Stripe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRefund {
    pub id: RefundId,
    pub order: OrderId,
    /// Stripe's id of the PaymentIntent.
    pub provider: String,
    pub amount: Money,
    /// How often it was requested, this time included.
    pub attempts: i32,
    /// Stripe may have forgotten its idempotency key, which it keeps for 24 hours.
    pub is_old: bool,
}

/// From this attempt on, an earlier one may have succeeded although its answer was lost.
const DOUBTFUL_FROM: i32 = 4;
/// From this attempt on, another key is tried, and another one after each `KEY_LASTS` more.
const NEW_KEY_FROM: i32 = 6;
const KEY_LASTS: i32 = 4;

impl DueRefund {
    /// Whether to look for the refund in Stripe's list before it is requested again.
    pub fn is_doubtful(&self) -> bool {
        self.is_old || self.attempts >= DOUBTFUL_FROM
    }

    /// Stripe stores a response by its key, also that of an internal error: then only another key helps.
    ///
    /// A new key could lead to a second refund. It cannot here: a doubtful refund is looked for first, minutes after the
    /// last request has ended, and requested again only if Stripe does not have it.
    pub fn key(&self) -> String {
        if self.attempts < NEW_KEY_FROM {
            return self.id.to_string();
        }
        let round = 1 + (self.attempts - NEW_KEY_FROM) / KEY_LASTS;
        format!("{}_r{round}", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn due(attempts: i32) -> DueRefund {
        let (id, order) = (RefundId::generate(), OrderId::generate());
        let amount = Money { minor: 1, currency: Currency::EUR };
        DueRefund { id, order, provider: "pi_1".to_owned(), amount, attempts, is_old: false }
    }

    #[test]
    fn the_key_is_the_refunds_id_until_it_does_not_help() {
        for (attempts, end) in [(1, ""), (5, ""), (6, "_r1"), (9, "_r1"), (10, "_r2")] {
            let due = due(attempts);
            assert_eq!(due.key(), format!("{}{end}", due.id), "attempt {attempts}");
        }
    }

    proptest! {
        #[test]
        fn no_new_key_without_a_look_before(attempts in 1..10_000_i32) {
            let due = due(attempts);
            prop_assert!(due.is_doubtful() || due.key() == due.id.to_string());
        }
    }

    #[test]
    fn a_refund_is_doubtful_from_the_fourth_attempt_on() {
        let doubtful = (1..=5).map(|attempts| due(attempts).is_doubtful());
        assert!(doubtful.eq([false, false, false, true, true]));
        assert!(DueRefund { is_old: true, ..due(1) }.is_doubtful());
    }
}
