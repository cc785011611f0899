//! What an order's money decides about it. Pure.

use super::status::{CancelReason, Status};
use crate::id::OrderId;
use crate::money::Money;

/// What must be known of an order to decide about its money. Its row is locked.
#[derive(Clone, Debug)]
pub(crate) struct Bill {
    pub(crate) order: OrderId,
    pub(crate) status: Status,
    pub(crate) total: Money,
    pub(crate) cancel_reason: Option<CancelReason>,
    pub(crate) on_hold: bool,
    pub(crate) is_due: bool,
}

/// What becomes of an order whose payment is captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paid {
    Confirm,
    /// Its end was asked for before the money came: ends it, and the money goes back.
    Cancel,
    /// It ended before the money came, which goes back.
    GiveBack,
    /// It was confirmed before.
    Keep,
}

impl Bill {
    /// Whether a pending order shall end: somebody wants it, or its time is over.
    pub(crate) fn is_ending(&self) -> bool {
        self.cancel_reason.is_some() || self.is_due
    }

    /// Why an order ends that is due for it.
    pub(super) fn ends(&self) -> Option<CancelReason> {
        let is_ending = self.status == Status::Pending && self.is_ending();
        is_ending.then(|| self.cancel_reason.unwrap_or(CancelReason::Expired))
    }

    pub(super) fn once_paid(&self) -> Paid {
        match self.status {
            // Somebody asked for the end while Stripe took the money: the wish came first.
            Status::Pending if self.cancel_reason == Some(CancelReason::Requested) => Paid::Cancel,
            Status::Pending => Paid::Confirm,
            Status::Cancelled => Paid::GiveBack,
            Status::Confirmed | Status::Shipped => Paid::Keep,
        }
    }

    /// Why an order ends whose payment can never be captured, if it still waits for it.
    pub(super) fn ends_unpaid(&self) -> Option<CancelReason> {
        let otherwise =
            if self.is_due { CancelReason::Expired } else { CancelReason::PaymentCanceled };
        (self.status == Status::Pending).then(|| self.cancel_reason.unwrap_or(otherwise))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use CancelReason::{Expired, PaymentCanceled, Requested};

    fn bill(status: Status, cancel_reason: Option<CancelReason>, is_due: bool) -> Bill {
        let total = Money { minor: 1, currency: Currency::EUR };
        Bill { order: OrderId::generate(), status, total, cancel_reason, on_hold: false, is_due }
    }

    #[test]
    fn a_pending_order_ends_if_somebody_wants_it_or_its_time_is_over() {
        for (wish, is_due, end) in [
            (None, false, None),
            (None, true, Some(Expired)),
            (Some(Requested), false, Some(Requested)),
            (Some(Requested), true, Some(Requested)),
        ] {
            let pending = bill(Status::Pending, wish, is_due);
            assert_eq!((pending.ends(), pending.is_ending()), (end, end.is_some()));
        }
    }

    #[test]
    fn a_pending_order_whose_payment_is_over_ends_for_the_first_reason_there_is() {
        for (wish, is_due, end) in [
            (None, false, PaymentCanceled),
            (None, true, Expired),
            (Some(Requested), false, Requested),
            (Some(Requested), true, Requested),
        ] {
            assert_eq!(bill(Status::Pending, wish, is_due).ends_unpaid(), Some(end));
        }
    }

    #[test]
    fn what_is_no_longer_pending_does_not_end_for_want_of_money() {
        for status in [Status::Confirmed, Status::Shipped, Status::Cancelled] {
            let due = bill(status, None, true);
            assert_eq!((due.ends(), due.ends_unpaid()), (None, None), "{status:?}");
        }
    }

    #[test]
    fn money_confirms_what_waits_for_it_unless_its_end_was_asked_for() {
        for (status, reason, paid) in [
            (Status::Pending, None, Paid::Confirm),
            (Status::Pending, Some(Expired), Paid::Confirm),
            (Status::Pending, Some(Requested), Paid::Cancel),
            (Status::Cancelled, Some(Requested), Paid::GiveBack),
            (Status::Cancelled, Some(Expired), Paid::GiveBack),
            (Status::Confirmed, None, Paid::Keep),
            (Status::Shipped, None, Paid::Keep),
        ] {
            assert_eq!(bill(status, reason, true).once_paid(), paid, "{status:?} {reason:?}");
        }
    }
}
