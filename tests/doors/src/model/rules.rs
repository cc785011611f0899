//! What should come of each step.

use super::step::{Part, Step};
use super::world::{
    Back, Case, Dispute, GOODS, News, Order, PRICES, Paid, Payment, Refund, Said, Status, World,
};
use std::mem;

/// Of one buyer.
const MOST_UNPAID: usize = 5;

impl World {
    /// Takes a step, and says what the shop should say to it.
    pub(super) fn take(&mut self, step: &Step) -> Said {
        match *step {
            Step::Place { pieces, .. } => self.place(pieces),
            Step::StartPayment { order } => self.start_payment(order),
            Step::Pay { order, declined } => self.orders[order].pay(declined),
            Step::Tell { order, which, .. } => {
                let Some(news) = self.pick(order, which) else { return Said::Nothing };
                self.tell(order, news);
                Said::Yes
            }
            Step::Cancel { order, by_staff } => self.cancel(order, by_staff),
            Step::Refund { order, part } => self.refund(order, part),
            Step::RefundAtStripe { order, amount } => self.orders[order].refund_at_stripe(amount),
            Step::RefundBounces { order, which } => self.orders[order].bounce(which),
            Step::Ship { order } => self.ship(order),
            Step::Expire { order } => {
                let order = &mut self.orders[order];
                order.is_due = order.status == Status::Pending;
                Said::Nothing
            }
            Step::Sweep => self.sweep(),
            Step::Adjust { good, delta } => {
                let good = &mut self.shelf[good];
                if good.on_hand + delta < good.reserved {
                    return Said::No("below_reserved");
                }
                good.on_hand += delta;
                Said::Yes
            }
            Step::Count { good, on_hand, stale, .. } => {
                let good = &mut self.shelf[good];
                // The first of all counts is not older than any.
                if !stale || good.sequence == 0 {
                    good.on_hand = on_hand.max(good.reserved);
                    good.sequence += 2;
                }
                Said::Yes
            }
            Step::Dispute { order } => self.orders[order].complain(),
            Step::Decide { order, won } => self.orders[order].decide(won),
        }
    }

    /// Which of Stripe's news a step means.
    pub(super) fn pick(&self, order: usize, which: usize) -> Option<News> {
        let news = self.orders[order].news();
        news.iter().rev().nth(which % news.len().max(1)).copied()
    }

    fn place(&mut self, pieces: [i32; GOODS]) -> Said {
        let unpaid = self.orders.iter().filter(|order| order.status == Status::Pending);
        if unpaid.count() >= MOST_UNPAID {
            return Said::No("too_many_unpaid");
        }
        let mut after = self.shelf;
        for (good, pieces) in after.iter_mut().zip(pieces) {
            good.reserved += pieces;
        }
        if after.iter().any(|good| good.reserved > good.on_hand) {
            return Said::No("out_of_stock");
        }
        self.shelf = after;
        self.orders.push(Order::new(pieces));
        Said::Yes
    }

    fn start_payment(&mut self, place: usize) -> Said {
        let Some(order) = self.order(place) else { return Said::Nothing };
        if order.status != Status::Pending {
            return Said::No("not_payable");
        }
        if order.shall_end || order.is_due {
            return Said::No("order_ending");
        }
        let new = Payment { really: Paid::Open, known: Paid::Open, was_declined: false };
        order.payment.get_or_insert(new);
        // Stripe's answer says where the payment is.
        self.hear(place);
        Said::Yes
    }

    fn cancel(&mut self, place: usize, by_staff: bool) -> Said {
        let order = &mut self.orders[place];
        match order.status {
            Status::Cancelled => {}
            Status::Pending if order.payment.is_some() => order.shall_end = true,
            Status::Pending => self.end(place),
            Status::Confirmed if by_staff => {
                if order.case() == Some(Case::Open) {
                    return Said::No("on_hold");
                }
                if order.left() > 0 && !order.is_on_hold() {
                    order.want_back(order.left(), None);
                }
                self.end(place);
            }
            Status::Confirmed | Status::Shipped => return Said::No("illegal_move"),
        }
        Said::Yes
    }

    fn refund(&mut self, place: usize, part: Part) -> Said {
        let order = &mut self.orders[place];
        if order.payment.is_none() {
            return Said::Nothing;
        }
        if !order.is_paid() {
            return Said::No("not_refundable");
        }
        if order.is_on_hold() {
            return Said::No("payment_disputed");
        }
        let left = order.left();
        if left < 1 {
            return Said::No("nothing_left");
        }
        let (amount, pieces) = match part {
            Part::Rest => (left, None),
            Part::Amount(amount) => (amount, None),
            Part::Pieces { good, quantity, restock } => {
                let of_good = |refund: &&Refund| refund.pieces.is_some_and(|(of, ..)| of == good);
                let gone = order.promised().filter(of_good).filter_map(|refund| refund.pieces);
                if quantity > order.pieces[good] - gone.map(|(_, pieces, _)| pieces).sum::<i32>() {
                    return Said::No("too_many_pieces");
                }
                (i64::from(quantity) * PRICES[good], Some((good, quantity, restock)))
            }
        };
        if amount > left {
            return Said::No("amount_too_large");
        }
        if let Some((good, _, restock @ 1..)) = pieces {
            if order.status != Status::Shipped {
                return Said::No("not_shipped");
            }
            let back = order.refunds.iter().filter_map(|refund| refund.pieces);
            let back = back.filter(|(of, ..)| *of == good).map(|(_, _, back)| back).sum::<i32>();
            if restock > order.pieces[good] - back {
                return Said::No("too_many_restocked");
            }
            self.shelf[good].on_hand += restock;
        }
        order.want_back(amount, pieces);
        self.ask_for_refunds();
        Said::Yes
    }

    fn ship(&mut self, place: usize) -> Said {
        let order = &mut self.orders[place];
        match order.status {
            // Shipped the same way.
            Status::Shipped => return Said::Yes,
            Status::Pending | Status::Cancelled => return Said::No("illegal_move"),
            Status::Confirmed if order.is_on_hold() => return Said::No("on_hold"),
            Status::Confirmed if order.promised().next().is_some() => {
                return Said::No("order_refunded");
            }
            Status::Confirmed => {}
        }
        order.status = Status::Shipped;
        for (good, pieces) in self.shelf.iter_mut().zip(order.pieces) {
            good.on_hand -= pieces;
            good.reserved -= pieces;
        }
        Said::Yes
    }

    /// The sweep: first what waits, then what ends, then the refunds.
    fn sweep(&mut self) -> Said {
        for place in 0..self.orders.len() {
            for news in mem::take(&mut self.orders[place].waiting) {
                self.tell(place, news);
            }
        }
        for place in 0..self.orders.len() {
            let order = &mut self.orders[place];
            if order.status != Status::Pending || !(order.shall_end || order.is_due) {
                continue;
            }
            let Some(payment) = &mut order.payment else {
                self.end(place);
                continue;
            };
            if payment.really == Paid::Open {
                payment.really = Paid::Canceled;
            }
            self.hear(place);
        }
        self.ask_for_refunds();
        Said::Yes
    }
}

/// What happens at Stripe, of which the shop hears later.
impl Order {
    fn pay(&mut self, declined: bool) -> Said {
        if let Some(payment) = &mut self.payment
            && payment.really == Paid::Open
        {
            payment.was_declined |= declined;
            if !declined {
                payment.really = Paid::Done;
            }
            return Said::Yes;
        }
        Said::Nothing
    }

    fn refund_at_stripe(&mut self, amount: i64) -> Said {
        if amount > self.refundable() {
            return Said::Nothing;
        }
        let really = Some(Back::Given);
        self.refunds.push(Refund { amount, pieces: None, really, known: None, is_foreign: true });
        Said::Yes
    }

    fn bounce(&mut self, which: usize) -> Said {
        let given = |place: &usize| self.refunds[*place].really == Some(Back::Given);
        let given: Vec<_> = (0..self.refunds.len()).filter(given).collect();
        if given.is_empty() {
            return Said::Nothing;
        }
        let refund = given[which % given.len()];
        self.refunds[refund].really = Some(Back::Failed);
        self.bounced = Some(refund);
        Said::Yes
    }

    fn complain(&mut self) -> Said {
        if self.dispute.is_some() || self.refundable() < 1 {
            return Said::Nothing;
        }
        self.dispute = Some(Dispute { really: Case::Open, known: None });
        Said::Yes
    }

    fn decide(&mut self, won: bool) -> Said {
        match &mut self.dispute {
            Some(dispute) if dispute.really == Case::Open => {
                dispute.really = if won { Case::Won } else { Case::Lost };
                Said::Yes
            }
            _ => Said::Nothing,
        }
    }
}
