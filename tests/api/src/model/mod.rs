//! Model-based tests: random scenarios run against the real functions, and after each step the answer and the rows must
//! be those of a small model.
//!
//! A scenario that fails is shortened and printed, and its seed is written to `proptest-regressions`. That file is
//! committed: from then on the scenario runs first.

mod buyer;
mod buying;
mod holder;
mod packing;
mod parcels;
mod returning;
mod returns;
mod snapshot;
mod state;
mod step;
mod system;
mod transitions;

use holder::Holder;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner};
use proptest_state_machine::{ReferenceStateMachine as _, StateMachineTest, prop_state_machine};
use snapshot::expected;
use state::{Model, Outcome, Status};
use std::cell::RefCell;
use std::collections::BTreeSet;
use step::Step;
use system::{Scenario, System};
use tokio::runtime::{Builder, Runtime};

/// Scenarios per test. The four tests run in parallel, each on its own database.
const SCENARIOS: u32 = 150;

/// States, problem codes and situations that the scenarios must reach.
const EXPECTED_COVERAGE: [&str; 46] = [
    "Cancelled",
    "Confirmed",
    "Pending",
    "Shipped",
    "a checkout is united with another",
    "a guest's order was paid",
    "a joined order was paid",
    "amount_too_large",
    "below_reserved",
    "checkout_completed",
    "checkout_not_found",
    "checkout_not_ready",
    "checkout_over",
    "dispute Lost",
    "dispute Open",
    "dispute Won",
    "goods came back",
    "illegal_fulfillment_move",
    "illegal_move",
    "illegal_return_move",
    "invalid_value",
    "money came too late",
    "not_payable",
    "not_refundable",
    "not_shipped",
    "nothing_left",
    "nothing_to_return",
    "nothing_to_ship",
    "on_hold",
    "order_ending",
    "order_not_found",
    "order_refunded",
    "out_of_stock",
    "partly shipped, and the rest refunded",
    "partly_shipped",
    "payment_disputed",
    "pieces_packed",
    "refund Some(Failed)",
    "refund Some(Succeeded)",
    "refund Some(Requested)",
    "return_not_refundable",
    "too_many_pieces",
    "too_many_to_return",
    "too_many_to_ship",
    "too_many_unpaid",
    "total_changed",
];

struct ScenarioTest(Scenario);

thread_local! {
    /// The system of this thread, since setting one up takes longer than a scenario. It lives until the process ends,
    /// as its database does.
    static SYSTEM: RefCell<Option<&'static mut (Runtime, System)>> = const { RefCell::new(None) };
}

fn with_system<T>(work: impl AsyncFnOnce(&mut System) -> T) -> T {
    SYSTEM.with_borrow_mut(|system| {
        let (runtime, system) = system.get_or_insert_with(|| {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            let system = runtime.block_on(System::open());
            Box::leak(Box::new((runtime, system)))
        });
        runtime.block_on(work(system))
    })
}

impl StateMachineTest for ScenarioTest {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        Self(with_system(async |system| system.start_scenario().await))
    }

    fn apply(mut test: Self, model: &Model, step: Step) -> Self {
        let scenario = &mut test.0;
        with_system(async |system| {
            let outcome = system.perform(scenario, model, &step).await;
            assert_eq!(outcome, model.outcome, "the answer to {step:?}");
            if matches!(step, Step::Refund { .. } | Step::Return { .. } | Step::Sweep) {
                system.record_refund_ids(scenario, model).await;
            }
            let actual = system.snapshot(scenario).await;
            assert_eq!(actual, expected(model), "after {step:?}");
        });
        test
    }

    fn teardown(_: Self, _: Model) {
        with_system(async |system| {
            let parked = "select count(*) from stripe_events where parked_reason is not null";
            assert_eq!(system.shop.one::<i64>(parked).await, 0, "no event may be parked");
            system.shop.check_invariants().await;
        });
    }
}

/// A fixed seed, so that two runs test the same scenarios; `PROPTEST_RNG_SEED=<n>` selects others.
fn config(part: u64) -> Config {
    let config = Config::default();
    let seed = match config.rng_seed {
        RngSeed::Random => part,
        RngSeed::Fixed(seed) => seed.wrapping_add(part),
    };
    Config { cases: SCENARIOS, max_shrink_iters: 500, rng_seed: RngSeed::Fixed(seed), ..config }
}

macro_rules! scenarios {
    ($($part:literal $name:ident)+) => {$(
        prop_state_machine! {
            #![proptest_config(config($part))]

            #[test]
            fn $name(sequential 10..25 => ScenarioTest);
        }
    )+};
}

scenarios! {
    1 whatever_happens_the_shop_does_what_its_model_does_1
    2 whatever_happens_the_shop_does_what_its_model_does_2
    3 whatever_happens_the_shop_does_what_its_model_does_3
    4 whatever_happens_the_shop_does_what_its_model_does_4
}

/// Checks the coverage of scenarios such as the tests run, of three times as many: every state and every refusal occurs.
#[test]
fn the_stories_come_to_every_end() {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let mut seen = BTreeSet::new();
    for _ in 0..12 * SCENARIOS {
        let scenario = Model::sequential_strategy(10..25).new_tree(&mut runner).unwrap();
        let (mut model, steps, _) = scenario.current();
        for step in steps {
            model = Model::apply(model, &step);
            if let Outcome::Refused(code) = model.outcome {
                seen.insert(code.to_owned());
            }
            if model.checkouts.iter().any(|checkout| checkout.merged_into.is_some()) {
                seen.insert("a checkout is united with another".to_owned());
            }
            for order in &model.orders {
                match order.holder {
                    Holder::Guest(_) if order.is_paid() => {
                        seen.insert("a guest's order was paid".to_owned());
                    }
                    Holder::Joined if order.is_paid() => {
                        seen.insert("a joined order was paid".to_owned());
                    }
                    _ => {}
                }
                seen.insert(format!("{:?}", order.status));
                seen.extend(
                    order.refunds.iter().map(|refund| format!("refund {:?}", refund.known)),
                );
                seen.extend(order.known_dispute().map(|state| format!("dispute {state:?}")));
                if order.status == Status::Cancelled && order.refunded() > 0 {
                    seen.insert("money came too late".to_owned());
                }
                if order.status == Status::Shipped && order.removed.iter().any(|pieces| *pieces > 0)
                {
                    seen.insert("partly shipped, and the rest refunded".to_owned());
                }
                if order
                    .refunds
                    .iter()
                    .any(|refund| refund.line.is_some_and(|(.., restocked)| restocked > 0))
                {
                    seen.insert("goods came back".to_owned());
                }
            }
        }
    }
    let missed: Vec<_> = EXPECTED_COVERAGE.iter().filter(|item| !seen.contains(**item)).collect();
    assert!(missed.is_empty(), "no scenario reached {missed:?}");
}
