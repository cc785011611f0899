//! The steps of a scenario, and how they are chosen.

use super::buying::{Checkout, CheckoutStatus, Wish};
use super::holder::{Address, Holder, Key};
use super::returns::{ReturnStep, return_steps};
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
    /// Creates a checkout, as the account or as a guest.
    Wish {
        wish: Wish,
        holder: Holder,
    },
    SetLine {
        checkout: usize,
        product: usize,
        quantity: i32,
        key: Key,
    },
    /// Names the address of a guest, or takes it out.
    Name {
        checkout: usize,
        address: Option<Address>,
        key: Key,
    },
    CancelCheckout {
        checkout: usize,
        key: Key,
    },
    /// Completes a checkout over the total that the buyer was told last; the same request is sent once, or twice at once.
    Complete {
        checkout: usize,
        twice: bool,
        key: Key,
    },
    /// The account takes a checkout over, mostly with its secret.
    ClaimCheckout {
        checkout: usize,
        has_secret: bool,
    },
    /// The account takes over what was ordered as a guest under its address.
    ClaimOrders,
    StartPayment {
        order: usize,
        key: Key,
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
        key: Key,
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
    Return {
        order: usize,
        step: ReturnStep,
    },
    Ship {
        order: usize,
    },
    /// Puts pieces into a parcel, or all that is left.
    Fulfill {
        order: usize,
        pieces: Option<[i32; PRODUCTS]>,
        is_packed: bool,
    },
    ShipParcel {
        order: usize,
        parcel: usize,
    },
    CancelParcel {
        order: usize,
        parcel: usize,
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

/// What most steps of a scenario are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Focus {
    Payments,
    Checkouts,
    Parcels,
    Returns,
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
        let focus = prop_oneof![
            3 => Just(Focus::Payments),
            2 => Just(Focus::Checkouts),
            3 => Just(Focus::Parcels),
            2 => Just(Focus::Returns),
        ];
        focus.prop_map(Self::new).boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Step> {
        let quantities = [0..4_i32, 0..4_i32]
            .prop_filter("at least one piece", |quantities| quantities.iter().sum::<i32>() > 0);
        let wish = (quantities, prop::bool::weighted(0.6))
            .prop_map(|(quantities, has_code)| Wish { quantities, has_code });
        let place =
            (wish.clone(), any::<bool>()).prop_map(|(wish, twice)| Step::Place { wish, twice });
        let wish = (wish, holder()).prop_map(|(wish, holder)| Step::Wish { wish, holder });
        let product = 0..PRODUCTS;
        let adjust = (product.clone(), -6..7_i32)
            .prop_filter("not zero", |(_, delta)| *delta != 0)
            .prop_map(|(product, delta)| Step::Adjust { product, delta });
        let count = (product.clone(), 0..12_i32, any::<bool>(), any::<bool>()).prop_map(
            |(product, on_hand, stale, twice)| Step::Count { product, on_hand, stale, twice },
        );
        let orders = model.orders.len();
        let checkout = checkout_steps(model);
        let (often, pays, ships, backs) = match model.focus {
            Focus::Payments => (1, 6, 0, 0),
            Focus::Checkouts => (12, 2, 0, 0),
            Focus::Parcels => (1, 12, 12, 0),
            Focus::Returns => (1, 20, 0, 40),
        };
        let (new, old) = if model.checkouts.iter().any(Checkout::is_ready) {
            (often, 2 * often)
        } else {
            (2 * often, often)
        };
        if orders == 0 {
            return prop_oneof![4 => place, new => wish, old => checkout, 1 => adjust, 1 => count]
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
        let is_joinable = |order: &Order| order.holder == Holder::Guest(Some(Address::OfAccount));
        let is_confirmed = |order: &Order| order.status == Status::Confirmed;
        let is_shippable = |order: &Order| order.status == Status::Confirmed || order.has_parcels();
        let is_payable = |order: &Order| {
            order.payment.is_some_and(|payment| payment.at_stripe == PaymentState::Open)
        };
        let is_refundable = |order: &Order| order.refundable_at_stripe() > 0;
        let is_disputed = |order: &Order| {
            order.dispute.is_some_and(|dispute| dispute.at_stripe == DisputeState::Open)
        };
        let has_unknown_state = |order: &Order| {
            order.dispute.is_some_and(|dispute| dispute.known != Some(dispute.at_stripe))
        };
        let part = prop_oneof![
            1 => Just(RefundPart::Rest),
            3 => (1..6000_i64).prop_map(RefundPart::Amount),
            3 => (product, 1..4_i32).prop_flat_map(|(product, quantity)| {
                (0..=quantity).prop_map(move |restock| RefundPart::Line { product, quantity, restock })
            }),
        ];
        // Mostly the newest two events.
        let which = prop_oneof![3 => 0..2_usize, 1 => 0..12_usize];
        let place_weight = if orders < ENOUGH_ORDERS { 4 } else { 1 };
        prop_oneof![
            place_weight => place,
            new => wish,
            old => checkout,
            if_any(is_joinable, 6) => Just(Step::ClaimOrders),
            if_any(is_unpaid, pays) => (order(is_unpaid), key())
                .prop_map(|(order, key)| Step::StartPayment { order, key }),
            if_any(is_payable, 7) => (order(is_payable), prop::bool::weighted(0.2))
                .prop_map(|(order, declined)| Step::Pay { order, declined }),
            9 => (order(|order| order.payment.is_some()), which, any::<bool>())
                .prop_map(|(order, which, twice)| Step::DeliverEvent { order, which, twice }),
            2 => (any_order(), any::<bool>(), key())
                .prop_map(|(order, by_staff, key)| Step::Cancel { order, by_staff, key }),
            if_any(Order::is_paid, 5) => (order(Order::is_paid), part).prop_map(|(order, part)| Step::Refund { order, part }),
            1 => (order(is_refundable), 1..2500_i64).prop_map(|(order, amount)| Step::RefundAtStripe { order, amount }),
            2 => (order(|order| !order.refunds.is_empty()), 0..4_usize)
                .prop_map(|(order, which)| Step::FailRefund { order, which }),
            3 => (order(|order| order.status == Status::Shipped), 0..PRODUCTS, 1..3_i32).prop_map(|(order, product, quantity)| {
                Step::Refund { order, part: RefundPart::Line { product, quantity, restock: quantity } }
            }),
            if_any(is_confirmed, 4 + backs / 2) => order(is_confirmed).prop_map(|order| Step::Ship { order }),
            if_any(Order::is_begun, 1 + backs) => return_steps(order(Order::is_begun)),
            if_any(is_shippable, 2 + 2 * ships) => parcel_steps(order(is_confirmed), order(Order::has_parcels)),
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
            | Step::Wish { .. }
            | Step::ClaimOrders
            | Step::Sweep
            | Step::Adjust { .. }
            | Step::Count { .. } => true,
            Step::SetLine { checkout, .. }
            | Step::Name { checkout, .. }
            | Step::CancelCheckout { checkout, .. }
            | Step::ClaimCheckout { checkout, .. }
            | Step::Complete { checkout, .. } => *checkout < model.checkouts.len(),
            Step::StartPayment { order, .. }
            | Step::Pay { order, .. }
            | Step::DeliverEvent { order, .. }
            | Step::Cancel { order, .. }
            | Step::Refund { order, .. }
            | Step::RefundAtStripe { order, .. }
            | Step::FailRefund { order, .. }
            | Step::Return { order, .. }
            | Step::Ship { order }
            | Step::Fulfill { order, .. }
            | Step::ShipParcel { order, .. }
            | Step::CancelParcel { order, .. }
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

/// What is done with the parcels of an order that may have new ones, and of one that has some.
fn parcel_steps(
    confirmed: BoxedStrategy<usize>,
    packed: BoxedStrategy<usize>,
) -> BoxedStrategy<Step> {
    let pieces = prop_oneof![
        1 => Just(None),
        3 => [0..3_i32, 0..3_i32]
            .prop_filter("at least one piece", |pieces| pieces.iter().sum::<i32>() > 0)
            .prop_map(Some),
    ];
    prop_oneof![
        6 => (confirmed.clone(), pieces, any::<bool>())
            .prop_map(|(order, pieces, is_packed)| Step::Fulfill { order, pieces, is_packed }),
        4 => (packed.clone(), 0..2_usize).prop_map(|(order, parcel)| Step::ShipParcel { order, parcel }),
        4 => (packed, 0..2_usize).prop_map(|(order, parcel)| Step::CancelParcel { order, parcel }),
        3 => (confirmed.clone(), 0..PRODUCTS, 1..3_i32).prop_map(|(order, product, quantity)| {
            Step::Refund { order, part: RefundPart::Line { product, quantity, restock: 0 } }
        }),
        3 => confirmed.prop_map(|order| Step::Cancel { order, by_staff: true, key: Key::Right }),
    ]
    .boxed()
}

/// What is done with a checkout, mostly one on which the step has an effect; a sweep if there is none.
fn checkout_steps(model: &Model) -> BoxedStrategy<Step> {
    let count = model.checkouts.len();
    if count == 0 {
        return Just(Step::Sweep).boxed();
    }
    let any_checkout = (0..count).boxed();
    let checkout = |matches: fn(&Checkout) -> bool| {
        let fitting: Vec<_> =
            (0..count).filter(|index| matches(&model.checkouts[*index])).collect();
        if fitting.is_empty() {
            return any_checkout.clone();
        }
        prop_oneof![4 => select(fitting), 1 => any_checkout.clone()].boxed()
    };
    let ready = checkout(Checkout::is_ready);
    let checkout = checkout(|checkout| checkout.status == CheckoutStatus::Open);
    prop_oneof![
        7 => (ready, any::<bool>(), key())
            .prop_map(|(checkout, twice, key)| Step::Complete { checkout, twice, key }),
        2 => (checkout.clone(), 0..PRODUCTS, 0..4_i32, key()).prop_map(
            |(checkout, product, quantity, key)| Step::SetLine { checkout, product, quantity, key }
        ),
        2 => (checkout.clone(), address(), key())
            .prop_map(|(checkout, address, key)| Step::Name { checkout, address, key }),
        1 => (checkout.clone(), prop::bool::weighted(0.8)).prop_map(
            |(checkout, has_secret)| Step::ClaimCheckout { checkout, has_secret }
        ),
        1 => (checkout, key()).prop_map(|(checkout, key)| Step::CancelCheckout { checkout, key }),
    ]
    .boxed()
}

/// Mostly the one that opens it.
fn key() -> impl Strategy<Value = Key> + Clone {
    prop_oneof![6 => Just(Key::Right), 1 => Just(Key::Wrong), 1 => Just(Key::Both)]
}

/// Mostly that of the account.
fn address() -> impl Strategy<Value = Option<Address>> + Clone {
    prop_oneof![
        4 => Just(Some(Address::OfAccount)),
        2 => Just(Some(Address::Other)),
        1 => Just(None),
    ]
}

/// Who creates a checkout.
fn holder() -> impl Strategy<Value = Holder> + Clone {
    prop_oneof![1 => Just(Holder::Account), 3 => address().prop_map(Holder::Guest)]
}
