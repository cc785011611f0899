//! The steps of a scenario, and how they are chosen.

use super::buying::{CheckoutStatus, Wish};
use super::state::{DisputeState, Model, Order, PRODUCTS, PaymentState, Status};
use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::ReferenceStateMachine;

/// `order`, `checkout` and `product` are indices into the model's orders and stock.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The same request is sent once, or twice at once.
    Place {
        wish: Wish,
        twice: bool,
    },
    /// Creates a checkout.
    Wish(Wish),
    SetLine {
        checkout: usize,
        product: usize,
        quantity: i32,
    },
    CancelCheckout {
        checkout: usize,
    },
    /// Completes a checkout over the total that the buyer was told last; the same request is sent once, or twice at once.
    Complete {
        checkout: usize,
        twice: bool,
    },
    StartPayment {
        order: usize,
    },
    /// Pays the intent at Stripe, with a card that is accepted or declined.
    Pay {
        order: usize,
        declined: bool,
    },
    /// Delivers one of Stripe's events about the order, new or old, once or twice at once. `which` counts back from the
    /// newest event.
    DeliverEvent {
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
        part: RefundPart,
    },
    /// Refunds at Stripe without the shop.
    RefundAtStripe {
        order: usize,
        amount: i64,
    },
    /// The buyer's bank returns a refund.
    FailRefund {
        order: usize,
        which: usize,
    },
    Ship {
        order: usize,
    },
    /// The order's time to pay ends; the sweep has not run yet.
    Expire {
        order: usize,
    },
    Sweep,
    Adjust {
        product: usize,
        delta: i32,
    },
    Count {
        product: usize,
        on_hand: i32,
        stale: bool,
        twice: bool,
    },
    OpenDispute {
        order: usize,
    },
    CloseDispute {
        order: usize,
        won: bool,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum RefundPart {
    Rest,
    Amount(i64),
    Line { product: usize, quantity: i32, restock: i32 },
}

/// With fewer orders than this, placing another one is more likely.
const ENOUGH_ORDERS: usize = 2;

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::new()).boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Step> {
        let quantities = [0..4_i32, 0..4_i32]
            .prop_filter("at least one piece", |quantities| quantities.iter().sum::<i32>() > 0);
        let wish = (quantities, prop::bool::weighted(0.4))
            .prop_map(|(quantities, has_code)| Wish { quantities, has_code });
        let place =
            (wish.clone(), any::<bool>()).prop_map(|(wish, twice)| Step::Place { wish, twice });
        let wish = wish.prop_map(Step::Wish);
        let product = 0..PRODUCTS;
        let adjust = (product.clone(), -6..7_i32)
            .prop_filter("not zero", |(_, delta)| *delta != 0)
            .prop_map(|(product, delta)| Step::Adjust { product, delta });
        let count = (product.clone(), 0..12_i32, any::<bool>(), any::<bool>()).prop_map(
            |(product, on_hand, stale, twice)| Step::Count { product, on_hand, stale, twice },
        );
        let orders = model.orders.len();
        let checkout = checkout_steps(model);
        if orders == 0 {
            return prop_oneof![6 => place, 2 => wish, 4 => checkout, 1 => adjust, 1 => count]
                .boxed();
        }
        let any_order = || (0..orders).boxed();
        // Mostly an order on which the step has an effect.
        let order = |matches: fn(&Order) -> bool| {
            let fitting: Vec<_> =
                (0..orders).filter(|index| matches(&model.orders[*index])).collect();
            if fitting.is_empty() {
                return any_order();
            }
            prop_oneof![4 => select(fitting), 1 => any_order()].boxed()
        };
        // Steps that are rarely possible get more weight while they are.
        let if_any = |matches: fn(&Order) -> bool, weight| {
            if model.orders.iter().any(matches) { weight } else { 1 }
        };
        let is_unpaid = |order: &Order| order.payment.is_none() && order.status == Status::Pending;
        let is_confirmed = |order: &Order| order.status == Status::Confirmed;
        let is_payable = |order: &Order| {
            order.payment.is_some_and(|payment| payment.at_stripe == PaymentState::Open)
        };
        let is_refundable = |order: &Order| order.refundable_at_stripe() > 0;
        let was_paid = |order: &Order| order.is_paid();
        let is_disputed = |order: &Order| {
            order.dispute.is_some_and(|dispute| dispute.at_stripe == DisputeState::Open)
        };
        let has_unknown_state = |order: &Order| {
            order.dispute.is_some_and(|dispute| dispute.known != Some(dispute.at_stripe))
        };
        let part = prop_oneof![
            1 => Just(RefundPart::Rest),
            2 => (1..3000_i64).prop_map(RefundPart::Amount),
            3 => (product, 1..4_i32).prop_flat_map(|(product, quantity)| {
                (0..=quantity).prop_map(move |restock| RefundPart::Line { product, quantity, restock })
            }),
        ];
        // Mostly the newest two events.
        let which = prop_oneof![3 => 0..2_usize, 1 => 0..12_usize];
        let place_weight = if orders < ENOUGH_ORDERS { 4 } else { 1 };
        prop_oneof![
            place_weight => place,
            1 => wish,
            if model.checkouts.is_empty() { 1 } else { 3 } => checkout,
            if_any(is_unpaid, 6) => order(is_unpaid)
                .prop_map(|order| Step::StartPayment { order }),
            if_any(is_payable, 7) => (order(is_payable), prop::bool::weighted(0.2))
                .prop_map(|(order, declined)| Step::Pay { order, declined }),
            9 => (order(|order| order.payment.is_some()), which, any::<bool>())
                .prop_map(|(order, which, twice)| Step::DeliverEvent { order, which, twice }),
            2 => (any_order(), any::<bool>()).prop_map(|(order, by_staff)| Step::Cancel { order, by_staff }),
            if_any(was_paid, 5) => (order(was_paid), part).prop_map(|(order, part)| Step::Refund { order, part }),
            1 => (order(is_refundable), 1..2500_i64).prop_map(|(order, amount)| Step::RefundAtStripe { order, amount }),
            2 => (order(|order| !order.refunds.is_empty()), 0..4_usize)
                .prop_map(|(order, which)| Step::FailRefund { order, which }),
            3 => (order(|order| order.status == Status::Shipped), 0..PRODUCTS, 1..3_i32).prop_map(|(order, product, quantity)| {
                Step::Refund { order, part: RefundPart::Line { product, quantity, restock: quantity } }
            }),
            if_any(is_confirmed, 4) => order(is_confirmed).prop_map(|order| Step::Ship { order }),
            1 => any_order().prop_map(|order| Step::Expire { order }),
            2 => Just(Step::Sweep),
            1 => adjust,
            1 => count,
            if_any(is_refundable, 4) => order(is_refundable).prop_map(|order| Step::OpenDispute { order }),
            if_any(has_unknown_state, 14) => (order(has_unknown_state), 0..2_usize, any::<bool>())
                .prop_map(|(order, which, twice)| Step::DeliverEvent { order, which, twice }),
            if_any(Order::is_on_hold, 4) => order(Order::is_on_hold).prop_map(|order| Step::Ship { order }),
            if_any(is_disputed, 8) => (order(is_disputed), prop::bool::weighted(0.6)).prop_map(|(order, won)| Step::CloseDispute { order, won }),
        ]
        .boxed()
    }

    /// While a failed scenario is shortened, steps must not refer to orders that are no longer placed.
    fn preconditions(model: &Self, step: &Step) -> bool {
        match step {
            Step::Place { .. }
            | Step::Wish(_)
            | Step::Sweep
            | Step::Adjust { .. }
            | Step::Count { .. } => true,
            Step::SetLine { checkout, .. }
            | Step::CancelCheckout { checkout }
            | Step::Complete { checkout, .. } => *checkout < model.checkouts.len(),
            Step::StartPayment { order }
            | Step::Pay { order, .. }
            | Step::DeliverEvent { order, .. }
            | Step::Cancel { order, .. }
            | Step::Refund { order, .. }
            | Step::RefundAtStripe { order, .. }
            | Step::FailRefund { order, .. }
            | Step::Ship { order }
            | Step::Expire { order }
            | Step::OpenDispute { order }
            | Step::CloseDispute { order, .. } => *order < model.orders.len(),
        }
    }

    fn apply(mut model: Self, step: &Step) -> Self {
        model.outcome = model.perform(step);
        model
    }
}

/// What is done with a checkout, mostly one that is open; a sweep if there is none.
fn checkout_steps(model: &Model) -> BoxedStrategy<Step> {
    let count = model.checkouts.len();
    if count == 0 {
        return Just(Step::Sweep).boxed();
    }
    let is_open = |index: &usize| model.checkouts[*index].status == CheckoutStatus::Open;
    let open: Vec<_> = (0..count).filter(is_open).collect();
    let any_checkout = (0..count).boxed();
    let checkout = if open.is_empty() {
        any_checkout
    } else {
        prop_oneof![3 => select(open), 1 => any_checkout].boxed()
    };
    prop_oneof![
        6 => (checkout.clone(), any::<bool>())
            .prop_map(|(checkout, twice)| Step::Complete { checkout, twice }),
        2 => (checkout.clone(), 0..PRODUCTS, 0..4_i32)
            .prop_map(|(checkout, product, quantity)| Step::SetLine { checkout, product, quantity }),
        1 => checkout.prop_map(|checkout| Step::CancelCheckout { checkout }),
    ]
    .boxed()
}
