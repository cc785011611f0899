//! What a payment, or the lack of one, means for an order. Pure.

use super::cancel_reason::CancelReason;
use crate::id::OrderId;
use crate::money::Money;
use crate::status::OrderStatus;

/// What the rules about payment need to know of an order, read from its row under a lock.
#[derive(Clone, Debug)]
pub(crate) struct LockedOrder {
    pub(crate) order: OrderId,
    pub(crate) status: OrderStatus,
    pub(crate) total: Money,
    pub(crate) cancel_reason: Option<CancelReason>,
    pub(crate) on_hold: bool,
    /// Whether the time to pay is over.
    pub(crate) is_due: bool,
}

/// What a captured payment means for its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CaptureOutcome {
    Confirm,
    /// Its cancellation was requested before the capture, or less than its total was received: cancel it for this reason
    /// and refund the payment.
    CancelAndRefund(CancelReason),
    /// It was cancelled before the capture: refund the payment.
    Refund,
    /// It was confirmed before.
    Unchanged,
}

impl CaptureOutcome {
    /// Whether the payment has to be refunded.
    pub(crate) fn is_refunded(self) -> bool {
        matches!(self, Self::CancelAndRefund(_) | Self::Refund)
    }
}

impl LockedOrder {
    /// Whether its cancellation was requested, or its time to pay is over.
    pub(crate) fn is_ending(&self) -> bool {
        self.cancel_reason.is_some() || self.is_due
    }

    /// The reason to cancel it now, if it is pending and due.
    pub(crate) fn due_cancellation(&self) -> Option<CancelReason> {
        let is_ending = self.status == OrderStatus::Pending && self.is_ending();
        is_ending.then(|| self.cancel_reason.unwrap_or(CancelReason::Expired))
    }

    /// What follows from a payment that brought `received`, in the order's currency.
    pub(crate) fn on_capture(&self, received: Money) -> CaptureOutcome {
        match self.status {
            // The cancellation was requested while Stripe captured the payment: it came first.
            OrderStatus::Pending if self.cancel_reason == Some(CancelReason::Requested) => {
                CaptureOutcome::CancelAndRefund(CancelReason::Requested)
            }
            OrderStatus::Pending if received.minor < self.total.minor => {
                CaptureOutcome::CancelAndRefund(CancelReason::Underpaid)
            }
            OrderStatus::Pending => CaptureOutcome::Confirm,
            OrderStatus::Cancelled => CaptureOutcome::Refund,
            OrderStatus::Confirmed | OrderStatus::Shipped => CaptureOutcome::Unchanged,
        }
    }

    /// The reason to cancel it when its payment can never be captured, if it still waits for it.
    pub(crate) fn unpaid_cancellation(&self) -> Option<CancelReason> {
        let otherwise =
            if self.is_due { CancelReason::Expired } else { CancelReason::PaymentCanceled };
        (self.status == OrderStatus::Pending).then(|| self.cancel_reason.unwrap_or(otherwise))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use CancelReason::{Expired, PaymentCanceled, Requested, Underpaid};

    fn locked(
        status: OrderStatus,
        cancel_reason: Option<CancelReason>,
        is_due: bool,
    ) -> LockedOrder {
        let total = Money { minor: 1, currency: Currency::EUR };
        LockedOrder {
            order: OrderId::generate(),
            status,
            total,
            cancel_reason,
            on_hold: false,
            is_due,
        }
    }

    #[test]
    fn a_pending_order_ends_if_somebody_wants_it_or_its_time_is_over() {
        for (requested, is_due, end) in [
            (None, false, None),
            (None, true, Some(Expired)),
            (Some(Requested), false, Some(Requested)),
            (Some(Requested), true, Some(Requested)),
        ] {
            let pending = locked(OrderStatus::Pending, requested, is_due);
            assert_eq!((pending.due_cancellation(), pending.is_ending()), (end, end.is_some()));
        }
    }

    #[test]
    fn a_pending_order_whose_payment_is_over_ends_for_the_first_reason_there_is() {
        for (requested, is_due, end) in [
            (None, false, PaymentCanceled),
            (None, true, Expired),
            (Some(Requested), false, Requested),
            (Some(Requested), true, Requested),
        ] {
            assert_eq!(
                locked(OrderStatus::Pending, requested, is_due).unpaid_cancellation(),
                Some(end)
            );
        }
    }

    #[test]
    fn what_is_no_longer_pending_does_not_end_for_want_of_money() {
        for status in [OrderStatus::Confirmed, OrderStatus::Shipped, OrderStatus::Cancelled] {
            let due = locked(status, None, true);
            assert_eq!(
                (due.due_cancellation(), due.unpaid_cancellation()),
                (None, None),
                "{status:?}"
            );
        }
    }

    #[test]
    fn money_confirms_what_waits_for_it_unless_its_end_was_asked_for() {
        for (status, reason, outcome) in [
            (OrderStatus::Pending, None, CaptureOutcome::Confirm),
            (OrderStatus::Pending, Some(Expired), CaptureOutcome::Confirm),
            (OrderStatus::Pending, Some(Requested), CaptureOutcome::CancelAndRefund(Requested)),
            (OrderStatus::Cancelled, Some(Requested), CaptureOutcome::Refund),
            (OrderStatus::Cancelled, Some(Expired), CaptureOutcome::Refund),
            (OrderStatus::Confirmed, None, CaptureOutcome::Unchanged),
            (OrderStatus::Shipped, None, CaptureOutcome::Unchanged),
        ] {
            let order = locked(status, reason, true);
            assert_eq!(order.on_capture(order.total), outcome, "{status:?} {reason:?}");
        }
    }

    #[test]
    fn less_than_the_total_confirms_nothing_and_is_refunded() {
        let less = Money { minor: 0, currency: Currency::EUR };
        for (status, reason, outcome) in [
            (OrderStatus::Pending, None, CaptureOutcome::CancelAndRefund(Underpaid)),
            (OrderStatus::Pending, Some(Expired), CaptureOutcome::CancelAndRefund(Underpaid)),
            (OrderStatus::Pending, Some(Requested), CaptureOutcome::CancelAndRefund(Requested)),
            (OrderStatus::Cancelled, Some(Expired), CaptureOutcome::Refund),
        ] {
            assert_eq!(locked(status, reason, true).on_capture(less), outcome, "{reason:?}");
        }
    }
}
