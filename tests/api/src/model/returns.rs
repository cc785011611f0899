//! What comes back of the model's orders.

use super::state::{Model, Order, Outcome, PRODUCTS, RefundState, Status};
use super::step::{RefundPart, Step};
use proptest::prelude::*;

/// A return of pieces of one product.
#[derive(Clone, Debug)]
pub(super) struct Back {
    product: usize,
    quantity: i32,
    /// What arrived, and of that what was restocked.
    arrived: Option<(i32, i32)>,
    state: BackState,
    /// Indices of the refunds that name it.
    refunds: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BackState {
    Requested,
    Approved,
    Rejected,
    Received,
    Cancelled,
}

/// What is done with the returns of an order. `which` is the index of one of them.
#[derive(Clone, Copy, Debug)]
pub(super) enum ReturnStep {
    Request { product: usize, quantity: i32 },
    Approve { which: usize },
    Reject { which: usize },
    Receive { which: usize, received: i32, restock: i32 },
    Cancel { which: usize, by_staff: bool },
    Refund { which: usize, quantity: i32 },
}

/// What is done with the returns of these orders.
pub(super) fn return_steps(orders: BoxedStrategy<usize>) -> BoxedStrategy<Step> {
    let which = || prop_oneof![4 => Just(0_usize), 1 => Just(1)];
    let step = prop_oneof![
        5 => (0..PRODUCTS, 1..4_i32)
            .prop_map(|(product, quantity)| ReturnStep::Request { product, quantity }),
        5 => which().prop_map(|which| ReturnStep::Approve { which }),
        1 => which().prop_map(|which| ReturnStep::Reject { which }),
        4 => (which(), 0..4_i32)
            .prop_flat_map(|(which, received)| (Just(which), Just(received), 0..=received))
            .prop_map(|(which, received, restock)| ReturnStep::Receive { which, received, restock }),
        1 => (which(), any::<bool>())
            .prop_map(|(which, by_staff)| ReturnStep::Cancel { which, by_staff }),
        6 => (which(), 1..4_i32)
            .prop_map(|(which, quantity)| ReturnStep::Refund { which, quantity }),
    ];
    (orders, step).prop_map(|(order, step)| Step::Return { order, step }).boxed()
}

impl ReturnStep {
    fn which(self) -> Option<usize> {
        match self {
            Self::Request { .. } => None,
            Self::Approve { which }
            | Self::Reject { which }
            | Self::Receive { which, .. }
            | Self::Cancel { which, .. }
            | Self::Refund { which, .. } => Some(which),
        }
    }
}

impl Model {
    pub(super) fn return_goods(&mut self, index: usize, step: ReturnStep) -> Outcome {
        let order = &mut self.orders[index];
        let is_of_guest = order.holder.is_guest();
        if let ReturnStep::Request { product, quantity } = step {
            return order.request_return(product, quantity);
        }
        let Some(back) = step.which().and_then(|which| order.returns.get_mut(which)) else {
            return Outcome::NotAsked;
        };
        let next = match (step, back.state) {
            (ReturnStep::Refund { which, quantity }, _) => {
                return self.refund_return(index, which, quantity);
            }
            // What is done already is repeated.
            (ReturnStep::Approve { .. }, BackState::Approved)
            | (ReturnStep::Reject { .. }, BackState::Rejected)
            | (ReturnStep::Cancel { .. }, BackState::Cancelled) => return Outcome::Accepted,
            (ReturnStep::Receive { received, restock, .. }, BackState::Received)
                if back.arrived == Some((received, restock)) =>
            {
                return Outcome::Accepted;
            }
            (ReturnStep::Approve { .. }, BackState::Requested) => BackState::Approved,
            (ReturnStep::Reject { .. }, BackState::Requested) => BackState::Rejected,
            (ReturnStep::Cancel { .. }, BackState::Requested) => BackState::Cancelled,
            (ReturnStep::Cancel { by_staff, .. }, BackState::Approved)
                if by_staff || is_of_guest =>
            {
                BackState::Cancelled
            }
            (ReturnStep::Receive { received, .. }, BackState::Approved)
                if received > back.quantity =>
            {
                return Outcome::Refused("too_many_received");
            }
            (ReturnStep::Receive { received, restock, .. }, BackState::Approved) => {
                back.arrived = Some((received, restock));
                self.stock[back.product].on_hand += restock;
                BackState::Received
            }
            _ => return Outcome::Refused("illegal_return_move"),
        };
        back.state = next;
        Outcome::Accepted
    }

    fn refund_return(&mut self, index: usize, which: usize, quantity: i32) -> Outcome {
        let order = &self.orders[index];
        let back = &order.returns[which];
        if !matches!(back.state, BackState::Approved | BackState::Received) {
            return Outcome::Refused("return_not_refundable");
        }
        if quantity > order.left_of_return(back) {
            return Outcome::Refused("too_many_of_return");
        }
        let part = RefundPart::Line { product: back.product, quantity, restock: 0 };
        let outcome = self.refund(index, part, true);
        if outcome == Outcome::Accepted {
            let order = &mut self.orders[index];
            order.returns[which].refunds.push(order.refunds.len() - 1);
        }
        outcome
    }
}

impl Order {
    fn request_return(&mut self, product: usize, quantity: i32) -> Outcome {
        if (0..PRODUCTS).all(|product| self.returnable(product) == 0) {
            return Outcome::Refused("nothing_to_return");
        }
        if quantity > self.returnable(product) {
            return Outcome::Refused("too_many_to_return");
        }
        let (state, refunds) = (BackState::Requested, Vec::new());
        self.returns.push(Back { product, quantity, arrived: None, state, refunds });
        Outcome::Accepted
    }

    /// Shipped pieces that are in no return, and did not come back with a refund.
    pub(super) fn returnable(&self, product: usize) -> i32 {
        let lines = self.refunds.iter().filter_map(|refund| refund.line);
        let restocked =
            lines.filter(|(of, ..)| *of == product).map(|(_, _, back)| back).sum::<i32>();
        self.shipped(product) - self.in_returns(product) - restocked
    }

    /// Pieces of returns that may still arrive, and those that have.
    pub(super) fn in_returns(&self, product: usize) -> i32 {
        let returns = self.returns.iter().filter(|back| back.product == product);
        returns
            .map(|back| match back.state {
                BackState::Requested | BackState::Approved => back.quantity,
                BackState::Received => back.arrived.map_or(0, |(received, _)| received),
                BackState::Rejected | BackState::Cancelled => 0,
            })
            .sum()
    }

    /// Pieces of a return whose money can go back with it.
    fn left_of_return(&self, back: &Back) -> i32 {
        let is_active = |refund: &usize| {
            matches!(
                self.refunds[*refund].known,
                Some(RefundState::Requested | RefundState::Succeeded)
            )
        };
        let refunds = back.refunds.iter().filter(|refund| is_active(refund));
        let lines = refunds.filter_map(|refund| self.refunds[*refund].line);
        let refunded: i32 = lines.map(|(_, quantity, _)| quantity).sum();
        let left = back.arrived.map_or(back.quantity, |(received, _)| received) - refunded;
        match self.status {
            Status::Confirmed => left.min(self.shipped_unpaid(back.product)),
            _ => left,
        }
    }

    /// A refund of the dashboard came first: requested refunds that the rest of the payment no longer covers fail.
    pub(super) fn fail_uncovered_refunds(&mut self) {
        let (total, mut sum) = (self.total(), self.refunded());
        for refund in &mut self.refunds {
            if refund.known == Some(RefundState::Requested) {
                sum += refund.amount;
                if sum > total {
                    refund.known = Some(RefundState::Failed);
                }
            }
        }
    }
}
