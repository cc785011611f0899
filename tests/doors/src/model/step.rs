//! What can happen.

use super::world::{Case, GOODS, Order, Paid, Status, World};
use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::ReferenceStateMachine;

/// Orders and products by their place.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The same request is sent once, or twice at once.
    Place {
        pieces: [i32; GOODS],
        twice: bool,
    },
    StartPayment {
        order: usize,
    },
    /// At Stripe, with a good card or a bad one.
    Pay {
        order: usize,
        declined: bool,
    },
    /// Any of Stripe's events about the order, for the first time or not, once or twice at once.
    Tell {
        order: usize,
        which: usize,
        twice: bool,
    },
    Cancel {
        order: usize,
        by_staff: bool,
    },
    Refund {
        order: usize,
        part: Part,
    },
    /// Somebody gives money back at Stripe, past the shop.
    RefundAtStripe {
        order: usize,
        amount: i64,
    },
    /// The buyer's bank sends a refund back.
    RefundBounces {
        order: usize,
        which: usize,
    },
    Ship {
        order: usize,
    },
    /// The order's time is over; nobody has noticed yet.
    Expire {
        order: usize,
    },
    Sweep,
    Adjust {
        good: usize,
        delta: i32,
    },
    Count {
        good: usize,
        on_hand: i32,
        stale: bool,
        twice: bool,
    },
    Dispute {
        order: usize,
    },
    Decide {
        order: usize,
        won: bool,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Rest,
    Amount(i64),
    Pieces { good: usize, quantity: i32, restock: i32 },
}

const ENOUGH_ORDERS: usize = 2;

impl ReferenceStateMachine for World {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::new()).boxed()
    }

    fn transitions(world: &Self) -> BoxedStrategy<Step> {
        let pieces = [0..4_i32, 0..4_i32];
        let pieces = pieces.prop_filter("something", |pieces| pieces.iter().sum::<i32>() > 0);
        let place =
            (pieces, any::<bool>()).prop_map(|(pieces, twice)| Step::Place { pieces, twice });
        let good = 0..GOODS;
        let adjust = (good.clone(), -6..7_i32)
            .prop_filter("not zero", |(_, delta)| *delta != 0)
            .prop_map(|(good, delta)| Step::Adjust { good, delta });
        let count = (good.clone(), 0..12_i32, any::<bool>(), any::<bool>())
            .prop_map(|(good, on_hand, stale, twice)| Step::Count { good, on_hand, stale, twice });
        let orders = world.orders.len();
        if orders == 0 {
            return prop_oneof![8 => place, 1 => adjust, 1 => count].boxed();
        }
        let any_order = || (0..orders).boxed();
        // Mostly an order of which something can come.
        let order = |fits: fn(&Order) -> bool| {
            let fitting: Vec<_> = (0..orders).filter(|place| fits(&world.orders[*place])).collect();
            if fitting.is_empty() {
                return any_order();
            }
            prop_oneof![4 => select(fitting), 1 => any_order()].boxed()
        };
        // Rare chances are taken when they are there.
        let if_any = |fits: fn(&Order) -> bool, weight| {
            if world.orders.iter().any(fits) { weight } else { 1 }
        };
        let is_unpaid = |order: &Order| order.payment.is_none() && order.status == Status::Pending;
        let is_confirmed = |order: &Order| order.status == Status::Confirmed;
        let is_open = |order: &Order| order.payment.is_some_and(|paid| paid.really == Paid::Open);
        let has_money = |order: &Order| order.refundable() > 0;
        let was_paid = |order: &Order| order.is_paid();
        let is_disputed = |order: &Order| order.dispute.is_some_and(|it| it.really == Case::Open);
        let is_untold = |order: &Order| order.dispute.is_some_and(|it| it.known != Some(it.really));
        let part = prop_oneof![
            1 => Just(Part::Rest),
            2 => (1..3000_i64).prop_map(Part::Amount),
            3 => (good, 1..4_i32).prop_flat_map(|(good, quantity)| {
                (0..=quantity).prop_map(move |restock| Part::Pieces { good, quantity, restock })
            }),
        ];
        // The newest of Stripe's news first.
        let which = prop_oneof![3 => 0..2_usize, 1 => 0..12_usize];
        let places = if orders < ENOUGH_ORDERS { 4 } else { 1 };
        prop_oneof![
            places => place,
            if_any(is_unpaid, 6) => order(is_unpaid)
                .prop_map(|order| Step::StartPayment { order }),
            if_any(is_open, 7) => (order(is_open), prop::bool::weighted(0.2))
                .prop_map(|(order, declined)| Step::Pay { order, declined }),
            9 => (order(|order| order.payment.is_some()), which, any::<bool>())
                .prop_map(|(order, which, twice)| Step::Tell { order, which, twice }),
            2 => (any_order(), any::<bool>()).prop_map(|(order, by_staff)| Step::Cancel { order, by_staff }),
            if_any(was_paid, 5) => (order(was_paid), part).prop_map(|(order, part)| Step::Refund { order, part }),
            1 => (order(has_money), 1..2500_i64).prop_map(|(order, amount)| Step::RefundAtStripe { order, amount }),
            2 => (order(|order| !order.refunds.is_empty()), 0..4_usize)
                .prop_map(|(order, which)| Step::RefundBounces { order, which }),
            3 => (order(|order| order.status == Status::Shipped), 0..GOODS, 1..3_i32).prop_map(|(order, good, pieces)| {
                Step::Refund { order, part: Part::Pieces { good, quantity: pieces, restock: pieces } }
            }),
            if_any(is_confirmed, 4) => order(is_confirmed).prop_map(|order| Step::Ship { order }),
            1 => any_order().prop_map(|order| Step::Expire { order }),
            2 => Just(Step::Sweep),
            1 => adjust,
            1 => count,
            if_any(has_money, 4) => order(has_money).prop_map(|order| Step::Dispute { order }),
            if_any(is_untold, 14) => (order(is_untold), 0..2_usize, any::<bool>())
                .prop_map(|(order, which, twice)| Step::Tell { order, which, twice }),
            if_any(Order::is_on_hold, 4) => order(Order::is_on_hold).prop_map(|order| Step::Ship { order }),
            if_any(is_disputed, 8) => (order(is_disputed), prop::bool::weighted(0.6)).prop_map(|(order, won)| Step::Decide { order, won }),
        ]
        .boxed()
    }

    /// Steps name orders that exist, also after some before them were left out.
    fn preconditions(world: &Self, step: &Step) -> bool {
        match step {
            Step::Place { .. } | Step::Sweep | Step::Adjust { .. } | Step::Count { .. } => true,
            Step::StartPayment { order }
            | Step::Pay { order, .. }
            | Step::Tell { order, .. }
            | Step::Cancel { order, .. }
            | Step::Refund { order, .. }
            | Step::RefundAtStripe { order, .. }
            | Step::RefundBounces { order, .. }
            | Step::Ship { order }
            | Step::Expire { order }
            | Step::Dispute { order }
            | Step::Decide { order, .. } => *order < world.orders.len(),
        }
    }

    fn apply(mut world: Self, step: &Step) -> Self {
        world.said = world.take(step);
        world
    }
}
