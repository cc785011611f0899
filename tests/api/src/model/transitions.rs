//! The model's transitions: what each step changes, and how the shop should answer it.

use super::holder::Key;
use super::state::{
    Dispute, DisputeState, Model, Order, Outcome, Payment, PaymentState, Refund, RefundState,
    Status, StripeEvent,
};
use super::step::{RefundPart, Step};
use std::mem;

impl Model {
    /// Performs a step; how the shop should answer it.
    pub(super) fn perform(&mut self, step: &Step) -> Outcome {
        match *step {
            Step::Place { wish, .. } => self.place_order(wish),
            Step::Wish { wish, holder } => self.wish(wish, holder),
            Step::SetLine { checkout, product, quantity, key } => {
                self.set_line(checkout, product, quantity, key)
            }
            Step::Name { checkout, address, key } => self.name(checkout, address, key),
            Step::CancelCheckout { checkout, key } => self.cancel_checkout(checkout, key),
            Step::Complete { checkout, key, .. } => self.complete(checkout, key),
            Step::ClaimCheckout { checkout, has_secret } => {
                self.claim_checkout(checkout, has_secret)
            }
            Step::ClaimOrders => self.claim_orders(),
            Step::StartPayment { order, key } => self.start_payment(order, key),
            Step::Pay { order, declined } => self.orders[order].pay(declined),
            Step::DeliverEvent { order, which, .. } => {
                let Some(event) = self.pick_event(order, which) else { return Outcome::NotAsked };
                self.deliver_event(order, event);
                Outcome::Accepted
            }
            Step::Cancel { order, by_staff, key } => self.cancel(order, by_staff, key),
            Step::Refund { order, part } => self.refund(order, part, false),
            Step::Return { order, step } => self.return_goods(order, step),
            Step::RefundAtStripe { order, amount } => self.orders[order].refund_at_stripe(amount),
            Step::FailRefund { order, which } => self.orders[order].fail_refund(which),
            Step::Ship { order } => self.ship(order),
            Step::Fulfill { order, pieces, is_packed } => self.fulfill(order, pieces, is_packed),
            Step::ShipParcel { order, parcel } => self.ship_parcel(order, parcel),
            Step::CancelParcel { order, parcel } => self.cancel_parcel(order, parcel),
            Step::Expire { order } => {
                let order = &mut self.orders[order];
                order.is_expired = order.status == Status::Pending;
                Outcome::NotAsked
            }
            Step::Sweep => self.sweep(),
            Step::Adjust { product, delta } => {
                let level = &mut self.stock[product];
                if level.on_hand + delta < level.reserved {
                    return Outcome::Refused("below_reserved");
                }
                level.on_hand += delta;
                Outcome::Accepted
            }
            Step::Count { product, on_hand, stale, .. } => {
                let level = &mut self.stock[product];
                // No count is older than the first one.
                if !stale || level.sequence == 0 {
                    level.on_hand = on_hand.max(level.reserved);
                    level.sequence += 2;
                }
                Outcome::Accepted
            }
            Step::OpenDispute { order } => self.orders[order].open_dispute(),
            Step::CloseDispute { order, won } => self.orders[order].close_dispute(won),
        }
    }

    /// The event that a step with this `which` delivers: 0 is the newest.
    pub(super) fn pick_event(&self, order: usize, which: usize) -> Option<StripeEvent> {
        let events = self.orders[order].possible_events();
        events.iter().rev().nth(which % events.len().max(1)).copied()
    }

    fn start_payment(&mut self, index: usize, key: Key) -> Outcome {
        let Some(order) = self.order(index) else { return Outcome::NotAsked };
        if !order.holder.opens(key) {
            return Outcome::Refused("order_not_found");
        }
        if order.status != Status::Pending {
            return Outcome::Refused("not_payable");
        }
        if order.is_ending || order.is_expired {
            return Outcome::Refused("order_ending");
        }
        let open = PaymentState::Open;
        order.payment.get_or_insert(Payment { at_stripe: open, known: open, was_declined: false });
        // Stripe's answer contains the state of the payment.
        self.sync_payment(index);
        Outcome::Accepted
    }

    fn cancel(&mut self, index: usize, by_staff: bool, key: Key) -> Outcome {
        let order = &mut self.orders[index];
        if !by_staff && !order.holder.opens(key) {
            return Outcome::Refused("order_not_found");
        }
        match order.status {
            Status::Cancelled => {}
            Status::Pending if order.payment.is_some() => order.is_ending = true,
            Status::Pending => self.cancel_order(index),
            Status::Confirmed if by_staff => {
                if order.is_begun() {
                    return Outcome::Refused("partly_shipped");
                }
                let left = order.left_to_refund();
                if left > 0 {
                    order.request_refund(left, None);
                } else if order.known_dispute() == Some(DisputeState::Open) {
                    return Outcome::Refused("on_hold");
                }
                order.unpack();
                self.cancel_order(index);
            }
            Status::Confirmed | Status::Shipped => return Outcome::Refused("illegal_move"),
        }
        Outcome::Accepted
    }

    /// Gives money back; of pieces of a return, none are left to ship.
    pub(super) fn refund(&mut self, index: usize, part: RefundPart, is_of_return: bool) -> Outcome {
        let order = &mut self.orders[index];
        if order.payment.is_none() {
            return Outcome::NotAsked;
        }
        if !order.is_paid() {
            return Outcome::Refused("not_refundable");
        }
        let left = order.left_to_refund();
        let is_disputed = order.disputed() > 0 && order.unrefunded() > 0;
        if left < 1 && is_disputed {
            return Outcome::Refused("payment_disputed");
        }
        if left < 1 && !matches!(part, RefundPart::Line { .. }) {
            return Outcome::Refused("nothing_left");
        }
        let (amount, line) = match part {
            RefundPart::Rest => (left, None),
            RefundPart::Amount(amount) => (amount, None),
            RefundPart::Line { product, quantity, restock } => {
                let is_of_line =
                    |refund: &&Refund| refund.line.is_some_and(|(of, ..)| of == product);
                let refunds: Vec<_> = order.active_refunds().filter(is_of_line).collect();
                let pieces = refunds.iter().filter_map(|refund| refund.line);
                let refunded = pieces.map(|(_, quantity, _)| quantity).sum::<i32>();
                if quantity > order.quantities[product] - refunded {
                    return Outcome::Refused("too_many_pieces");
                }
                let given: i64 = refunds.iter().map(|refund| refund.amount).sum();
                let due = order.cumulative_refund(product, refunded + quantity) - given;
                let due = due.max(0).min(order.unrefunded());
                if is_disputed && due > left {
                    return Outcome::Refused("amount_too_large");
                }
                let amount = due.min(left);
                if amount == 0 && !matches!(order.status, Status::Shipped | Status::Confirmed) {
                    return Outcome::Refused("nothing_left");
                }
                (amount, Some((product, quantity, restock)))
            }
        };
        if amount > left {
            return Outcome::Refused("amount_too_large");
        }
        let mut back = 0;
        if let Some((product, _, restock @ 1..)) = line {
            if order.status != Status::Shipped && !order.is_begun() {
                return Outcome::Refused("not_shipped");
            }
            if restock > order.returnable(product) {
                return Outcome::Refused("too_many_restocked");
            }
            back = restock;
        }
        if let Some((product, quantity, restock)) = line
            && !is_of_return
        {
            let Some(removed) = order.remove(product, quantity, restock) else {
                return Outcome::Refused("pieces_packed");
            };
            self.stock[product].reserved -= removed;
            self.stock[product].on_hand += back;
        }
        order.request_refund(amount, line);
        self.send_refunds();
        Outcome::Accepted
    }

    /// One round of the sweep: deferred events, then orders to close, then refunds.
    fn sweep(&mut self) -> Outcome {
        for index in 0..self.orders.len() {
            for event in mem::take(&mut self.orders[index].deferred) {
                self.deliver_event(index, event);
            }
        }
        for index in 0..self.orders.len() {
            let order = &mut self.orders[index];
            if order.status != Status::Pending || !(order.is_ending || order.is_expired) {
                continue;
            }
            let Some(payment) = &mut order.payment else {
                self.cancel_order(index);
                continue;
            };
            if payment.at_stripe == PaymentState::Open {
                payment.at_stripe = PaymentState::Canceled;
            }
            self.sync_payment(index);
        }
        self.send_refunds();
        Outcome::Accepted
    }
}

/// What happens at Stripe without the shop; events tell the shop later.
impl Order {
    fn pay(&mut self, declined: bool) -> Outcome {
        if let Some(payment) = &mut self.payment
            && payment.at_stripe == PaymentState::Open
        {
            payment.was_declined |= declined;
            if !declined {
                payment.at_stripe = PaymentState::Succeeded;
            }
            return Outcome::Accepted;
        }
        Outcome::NotAsked
    }

    fn refund_at_stripe(&mut self, amount: i64) -> Outcome {
        if amount > self.refundable_at_stripe() {
            return Outcome::NotAsked;
        }
        let at_stripe = Some(RefundState::Succeeded);
        self.refunds.push(Refund {
            amount,
            line: None,
            at_stripe,
            known: None,
            from_dashboard: true,
        });
        Outcome::Accepted
    }

    fn fail_refund(&mut self, which: usize) -> Outcome {
        let has_succeeded =
            |index: &usize| self.refunds[*index].at_stripe == Some(RefundState::Succeeded);
        let succeeded: Vec<_> = (0..self.refunds.len()).filter(has_succeeded).collect();
        if succeeded.is_empty() {
            return Outcome::NotAsked;
        }
        let refund = succeeded[which % succeeded.len()];
        self.refunds[refund].at_stripe = Some(RefundState::Failed);
        self.last_failed_refund = Some(refund);
        Outcome::Accepted
    }

    fn open_dispute(&mut self) -> Outcome {
        let amount = self.refundable_at_stripe();
        if self.dispute.is_some() || amount < 1 {
            return Outcome::NotAsked;
        }
        self.dispute = Some(Dispute { amount, at_stripe: DisputeState::Open, known: None });
        Outcome::Accepted
    }

    fn close_dispute(&mut self, won: bool) -> Outcome {
        match &mut self.dispute {
            Some(dispute) if dispute.at_stripe == DisputeState::Open => {
                dispute.at_stripe = if won { DisputeState::Won } else { DisputeState::Lost };
                Outcome::Accepted
            }
            _ => Outcome::NotAsked,
        }
    }
}
