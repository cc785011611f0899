//! The state of the model: a shop without a database, and a Stripe of whose state the shop knows only a part.

use super::buying::Checkout;
use super::holder::Holder;
use super::parcels::Parcel;
use super::returns::Back;
use super::step::Focus;

/// The number of products.
pub(super) const PRODUCTS: usize = 2;
/// Of each product, in cents.
pub(super) const PRICES: [i64; PRODUCTS] = [1999, 250];
/// Of each product, in pieces.
pub(super) const INITIAL_STOCK: i32 = 12;

#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) stock: [StockLevel; PRODUCTS],
    pub(super) orders: Vec<Order>,
    pub(super) checkouts: Vec<Checkout>,
    /// What most of the scenario's steps are about.
    pub(super) focus: Focus,
    /// The account's current checkout, which may be over.
    pub(super) current: Option<usize>,
    /// How many guests have placed, whatever became of them.
    pub(super) orders_of_guests: usize,
    /// Of the last step.
    pub(super) outcome: Outcome,
}

/// How the shop answers a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The shop gets no request, because the step is impossible in this state or only changes a date.
    NotAsked,
    Accepted,
    /// With the `code` of the problem.
    Refused(&'static str),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct StockLevel {
    pub(super) on_hand: i32,
    pub(super) reserved: i32,
    /// Of the newest count that was applied; 0 before the first.
    pub(super) sequence: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Confirmed,
    Shipped,
    Cancelled,
}

#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Ordered pieces of each product.
    pub(super) quantities: [i32; PRODUCTS],
    /// In cents.
    pub(super) discount: i64,
    pub(super) holder: Holder,
    pub(super) status: Status,
    pub(super) parcels: Vec<Parcel>,
    pub(super) returns: Vec<Back>,
    /// Pieces of each product that were refunded before they were shipped.
    pub(super) removed: [i32; PRODUCTS],
    /// Its cancellation is requested, and waits for Stripe to cancel the payment.
    pub(super) is_ending: bool,
    pub(super) is_expired: bool,
    pub(super) payment: Option<Payment>,
    pub(super) refunds: Vec<Refund>,
    /// Index of the refund that the buyer's bank returned last.
    pub(super) last_failed_refund: Option<usize>,
    pub(super) dispute: Option<Dispute>,
    /// Events that came before the shop knew that the order is paid, and wait for that.
    pub(super) deferred: Vec<StripeEvent>,
}

/// A payment's state at Stripe, and the state that the shop knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payment {
    pub(super) at_stripe: PaymentState,
    pub(super) known: PaymentState,
    pub(super) was_declined: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PaymentState {
    Open,
    Succeeded,
    Canceled,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Refund {
    pub(super) amount: i64,
    /// Product, refunded quantity, and restocked quantity.
    pub(super) line: Option<(usize, i32, i32)>,
    /// None before the shop sent it to Stripe.
    pub(super) at_stripe: Option<RefundState>,
    /// None before the shop got an event about it.
    pub(super) known: Option<RefundState>,
    /// Created at Stripe, not by the shop.
    pub(super) from_dashboard: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefundState {
    Requested,
    Succeeded,
    Failed,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Dispute {
    /// What was not refunded when it was opened, in cents.
    pub(super) amount: i64,
    pub(super) at_stripe: DisputeState,
    pub(super) known: Option<DisputeState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DisputeState {
    Open,
    Won,
    Lost,
}

/// An event about an order's payment; about a refund with the refund's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StripeEvent {
    PaymentCreated,
    PaymentFailed,
    PaymentSucceeded,
    PaymentCanceled,
    RefundCreated(usize),
    RefundFailed(usize),
    DisputeCreated,
    DisputeClosed,
}

impl Model {
    pub(super) fn new(focus: Focus) -> Self {
        let level = StockLevel { on_hand: INITIAL_STOCK, reserved: 0, sequence: 0 };
        let (orders, checkouts, outcome) = (Vec::new(), Vec::new(), Outcome::NotAsked);
        let (stock, current, orders_of_guests) = ([level; PRODUCTS], None, 0);
        Self { stock, orders, checkouts, focus, current, orders_of_guests, outcome }
    }

    pub(super) fn order(&mut self, index: usize) -> Option<&mut Order> {
        self.orders.get_mut(index)
    }

    /// Cancels an order, and releases its stock.
    pub(super) fn cancel_order(&mut self, index: usize) {
        let order = &mut self.orders[index];
        (order.status, order.is_ending) = (Status::Cancelled, false);
        for (product, level) in self.stock.iter_mut().enumerate() {
            level.reserved -= order.quantities[product] - order.removed[product];
        }
    }

    /// The shop learns the payment's state at Stripe, and acts on it.
    pub(super) fn sync_payment(&mut self, index: usize) {
        let order = &mut self.orders[index];
        let Some(payment) =
            order.payment.as_mut().filter(|payment| payment.known == PaymentState::Open)
        else {
            return;
        };
        payment.known = payment.at_stripe;
        match (payment.at_stripe, order.status) {
            (PaymentState::Open, _) => {}
            (PaymentState::Canceled, _) => self.cancel_order(index),
            (PaymentState::Succeeded, Status::Pending) if !order.is_ending => {
                order.status = Status::Confirmed;
            }
            (PaymentState::Succeeded, status) => {
                order.request_refund(order.total(), None);
                if status == Status::Pending {
                    self.cancel_order(index);
                }
            }
        }
    }

    /// Delivers an event to the shop, for the first time or again.
    pub(super) fn deliver_event(&mut self, index: usize, event: StripeEvent) {
        let order = &mut self.orders[index];
        match event {
            StripeEvent::PaymentCreated | StripeEvent::PaymentFailed => return,
            StripeEvent::PaymentSucceeded | StripeEvent::PaymentCanceled => {
                return self.sync_payment(index);
            }
            _ => {}
        }
        // Kept already: the next sweep tries it again.
        if order.deferred.contains(&event) {
            return;
        }
        if !order.is_paid() {
            return order.deferred.push(event);
        }
        match event {
            StripeEvent::RefundCreated(refund) => {
                let Refund { amount, known, .. } = order.refunds[refund];
                let is_final = matches!(known, Some(RefundState::Succeeded | RefundState::Failed));
                // A bank has returned another one, and the shop does not know it yet.
                if !is_final && order.refunded() + amount > order.captured() {
                    return order.deferred.push(event);
                }
                if !is_final {
                    order.refunds[refund].known = Some(RefundState::Succeeded);
                }
                order.fail_uncovered_refunds();
            }
            StripeEvent::RefundFailed(refund) => {
                order.refunds[refund].known = Some(RefundState::Failed);
            }
            StripeEvent::DisputeCreated | StripeEvent::DisputeClosed => {
                if let Some(dispute) = &mut order.dispute {
                    let created = event == StripeEvent::DisputeCreated;
                    let state = if created { DisputeState::Open } else { dispute.at_stripe };
                    dispute.known = dispute.known.max(Some(state));
                }
            }
            StripeEvent::PaymentCreated
            | StripeEvent::PaymentFailed
            | StripeEvent::PaymentSucceeded
            | StripeEvent::PaymentCanceled => {}
        }
    }

    /// Sends all requested refunds to Stripe, apart from those of which a bank may take the money first.
    pub(super) fn send_refunds(&mut self) {
        for order in &mut self.orders {
            if order.known_dispute() == Some(DisputeState::Open) && order.is_overdrawn() {
                continue;
            }
            for index in 0..order.refunds.len() {
                let Refund { amount, known, .. } = order.refunds[index];
                if known != Some(RefundState::Requested) {
                    continue;
                }
                if amount <= order.refundable_at_stripe() {
                    order.refunds[index].at_stripe = Some(RefundState::Succeeded);
                    order.refunds[index].known = Some(RefundState::Succeeded);
                } else {
                    order.refunds[index].known = Some(RefundState::Failed);
                }
            }
        }
    }
}

impl Order {
    pub(super) fn new(quantities: [i32; PRODUCTS], discount: i64, holder: Holder) -> Self {
        Self {
            quantities,
            discount,
            holder,
            status: Status::Pending,
            parcels: Vec::new(),
            returns: Vec::new(),
            removed: [0; PRODUCTS],
            is_ending: false,
            is_expired: false,
            payment: None,
            refunds: Vec::new(),
            last_failed_refund: None,
            dispute: None,
            deferred: Vec::new(),
        }
    }

    /// Whether the shop knows that the payment succeeded.
    pub(super) fn is_paid(&self) -> bool {
        self.payment.is_some_and(|payment| payment.known == PaymentState::Succeeded)
    }

    pub(super) fn captured(&self) -> i64 {
        if self.is_paid() { self.total() } else { 0 }
    }

    /// The sum of the refunds that the shop knows as succeeded, in cents.
    pub(super) fn refunded(&self) -> i64 {
        let succeeded =
            self.refunds.iter().filter(|refund| refund.known == Some(RefundState::Succeeded));
        succeeded.map(|refund| refund.amount).sum()
    }

    /// The refunds that the shop knows as requested or succeeded.
    pub(super) fn active_refunds(&self) -> impl Iterator<Item = &Refund> {
        let active = [Some(RefundState::Requested), Some(RefundState::Succeeded)];
        self.refunds.iter().filter(move |refund| active.contains(&refund.known))
    }

    /// What the shop has not refunded, or been asked to refund, in cents.
    pub(super) fn unrefunded(&self) -> i64 {
        self.captured() - self.active_refunds().map(|refund| refund.amount).sum::<i64>()
    }

    /// What a bank has taken or may take back, as the shop knows it, in cents.
    pub(super) fn disputed(&self) -> i64 {
        self.dispute
            .filter(|dispute| dispute.known.is_some_and(|state| state != DisputeState::Won))
            .map_or(0, |dispute| dispute.amount)
    }

    /// Whether refunds and the dispute together need more than the payment.
    fn is_overdrawn(&self) -> bool {
        self.unrefunded() < self.disputed()
    }

    /// What the shop still allows to refund, in cents.
    pub(super) fn left_to_refund(&self) -> i64 {
        (self.unrefunded() - self.disputed()).max(0)
    }

    /// What Stripe would refund now, in cents: without what a bank took back.
    pub(super) fn refundable_at_stripe(&self) -> i64 {
        let is_paid =
            self.payment.is_some_and(|payment| payment.at_stripe == PaymentState::Succeeded);
        if !is_paid {
            return 0;
        }
        let withdrawn = self
            .dispute
            .filter(|dispute| dispute.at_stripe != DisputeState::Won)
            .map_or(0, |dispute| dispute.amount);
        let refunded =
            self.refunds.iter().filter(|refund| refund.at_stripe == Some(RefundState::Succeeded));
        self.total() - withdrawn - refunded.map(|refund| refund.amount).sum::<i64>()
    }

    /// Adds a refund that is not sent to Stripe yet.
    pub(super) fn request_refund(&mut self, amount: i64, line: Option<(usize, i32, i32)>) {
        // Nothing has to be asked of Stripe for a refund of nothing.
        let known = Some(if amount == 0 { RefundState::Succeeded } else { RefundState::Requested });
        self.refunds.push(Refund { amount, line, at_stripe: None, known, from_dashboard: false });
    }

    /// The dispute's state as the shop knows it.
    pub(super) fn known_dispute(&self) -> Option<DisputeState> {
        self.dispute.and_then(|dispute| dispute.known)
    }

    pub(super) fn is_on_hold(&self) -> bool {
        self.known_dispute().is_some_and(|state| state != DisputeState::Won)
    }

    /// All events that Stripe has made about the payment by now, oldest first, delivered before or not.
    pub(super) fn possible_events(&self) -> Vec<StripeEvent> {
        let Some(payment) = self.payment else { return Vec::new() };
        let mut events = vec![StripeEvent::PaymentCreated];
        if payment.was_declined {
            events.push(StripeEvent::PaymentFailed);
        }
        match payment.at_stripe {
            PaymentState::Open => {}
            // Listed twice, so that steps pick it more often.
            PaymentState::Succeeded => {
                events.extend([StripeEvent::PaymentSucceeded, StripeEvent::PaymentSucceeded]);
            }
            PaymentState::Canceled => events.push(StripeEvent::PaymentCanceled),
        }
        for (index, refund) in self.refunds.iter().enumerate() {
            match refund.at_stripe {
                Some(RefundState::Failed) => {
                    events.extend([
                        StripeEvent::RefundCreated(index),
                        StripeEvent::RefundFailed(index),
                    ]);
                }
                Some(_) => events.push(StripeEvent::RefundCreated(index)),
                None => {}
            }
        }
        match self.dispute.map(|dispute| dispute.at_stripe) {
            None => {}
            Some(DisputeState::Open) => events.push(StripeEvent::DisputeCreated),
            Some(_) => events.extend([StripeEvent::DisputeCreated, StripeEvent::DisputeClosed]),
        }
        events
    }
}
