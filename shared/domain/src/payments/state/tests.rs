use super::*;
use crate::money::Currency;
use proptest::prelude::*;

fn euros(minor: i64) -> Money {
    Money { minor, currency: Currency::EUR }
}

fn update(status: Status, second: i64) -> PaymentUpdate {
    let at = OffsetDateTime::from_unix_timestamp(1_800_000_000 + second).unwrap();
    let (provider, session) = (Some("pi_1".to_owned()), None);
    PaymentUpdate {
        provider,
        session,
        payment: None,
        status,
        amount: euros(100),
        decline_code: None,
        waits_for: None,
        at,
    }
}

fn fresh() -> LockedPayment {
    let id = PaymentId::generate();
    LockedPayment {
        id,
        provider: None,
        session: None,
        is_replaced: false,
        status: Status::Creating,
        amount: euros(100),
        as_of: None,
    }
}

fn after(updates: &[PaymentUpdate]) -> Status {
    let mut known = fresh();
    for update in updates {
        if known.is_superseded_by(update).unwrap() {
            known.status = update.status;
            known.as_of = Some(update.at);
        }
    }
    known.status
}

#[test]
fn money_taken_outweighs_a_failed_try_that_is_told_later() {
    let story = [update(Status::Succeeded, 5), update(Status::RequiresPaymentMethod, 9)];
    assert_eq!(after(&story), Status::Succeeded);
}

#[test]
fn another_amount_counts_only_if_a_payment_is_over_and_brought_no_more() {
    for (status, minor, is_possible) in [
        (Status::Succeeded, 99, true),
        (Status::Succeeded, 101, false),
        (Status::Canceled, 99, true),
        (Status::Canceled, 101, true),
        (Status::Processing, 99, false),
    ] {
        let new = PaymentUpdate { amount: euros(minor), ..update(status, 1) };
        let judged = fresh().is_superseded_by(&new);
        let mismatch = Refusal::Mismatch { ours: euros(100), stripe: euros(minor) };
        assert_eq!(judged, if is_possible { Ok(true) } else { Err(mismatch) }, "{new:?}");
    }
}

#[test]
fn an_old_update_with_the_amount_asked_for_is_no_news_for_a_payment_that_brought_less() {
    let ours = LockedPayment { status: Status::Succeeded, amount: euros(60), ..fresh() };
    assert_eq!(ours.is_superseded_by(&update(Status::Processing, 9)), Ok(false));
}

#[test]
fn a_second_report_of_other_money_is_an_alarm() {
    let ours = LockedPayment { status: Status::Succeeded, ..fresh() };
    let less = PaymentUpdate { amount: euros(60), ..update(Status::Succeeded, 1) };
    assert!(matches!(ours.is_superseded_by(&less), Err(Refusal::Mismatch { .. })));
}

#[test]
fn a_payment_that_succeeded_without_money_counts_as_canceled() {
    let nothing = PaymentUpdate { amount: euros(0), ..update(Status::Succeeded, 1) };
    assert_eq!(nothing.by_received_amount().status, Status::Canceled);
    assert_eq!(update(Status::Succeeded, 1).by_received_amount().status, Status::Succeeded);
}

proptest! {
    #[test]
    fn the_same_news_in_any_order_end_alike(
        (story, shuffled) in prop::collection::vec((0..9_usize, 0..4_i64), 1..7)
            .prop_flat_map(|story| (Just(story.clone()), Just(story).prop_shuffle())),
    ) {
        let updates = |story: Vec<(usize, i64)>| -> Vec<_> {
            story.into_iter().map(|(status, at)| update(Status::ALL[status], at)).collect()
        };
        let (story, mut shuffled) = (updates(story), updates(shuffled));
        shuffled.extend(story.iter().cloned());
        prop_assert_eq!(after(&story), after(&shuffled));
    }
}

#[test]
fn only_a_pending_order_that_is_not_ending_may_be_paid() {
    use OrderStatus::{Cancelled, Confirmed, Pending, Shipped};
    assert_eq!(may_be_paid(Pending, false), Ok(()));
    assert_eq!(may_be_paid(Pending, true), Err(Refusal::Ending));
    for status in [Confirmed, Shipped, Cancelled] {
        assert_eq!(may_be_paid(status, false), Err(Refusal::NotPayable(status)));
    }
}

#[test]
fn news_of_another_payment_of_stripes_are_none_of_ours() {
    let name = |name: &str| Some(name.to_owned());
    let ours = LockedPayment { provider: name("pi_1"), session: name("cs_1"), ..fresh() };
    let of = |provider, session| {
        ours.is_superseded_by(&PaymentUpdate { provider, session, ..update(Status::Processing, 1) })
    };

    assert_eq!(of(name("pi_1"), name("cs_1")), Ok(true));
    assert_eq!(of(None, None), Ok(true));
    assert_eq!(of(name("pi_2"), name("cs_1")), Err(Refusal::NoPayment));
    assert_eq!(of(name("pi_1"), name("cs_2")), Err(Refusal::NoPayment));
}

#[test]
fn later_and_further_is_news_and_after_an_end_only_a_better_one() {
    use Status::{Canceled, Failed, Processing, RequiresAction, Succeeded};
    for (known, new, is_new) in [
        (update(Processing, 5), update(RequiresAction, 6), true),
        (update(Processing, 5), update(RequiresAction, 4), false),
        (update(RequiresAction, 5), update(Processing, 5), true),
        (update(Processing, 5), update(RequiresAction, 5), false),
        (update(Processing, 5), update(Processing, 5), false),
        (update(Processing, 5), update(Failed, 1), true),
        (update(Failed, 5), update(Processing, 9), false),
        (update(Failed, 5), update(Failed, 9), false),
        (update(Failed, 5), update(Canceled, 1), true),
        (update(Canceled, 5), update(Succeeded, 1), true),
        (update(Succeeded, 5), update(Canceled, 9), false),
        (update(Succeeded, 5), update(Succeeded, 9), false),
    ] {
        let ours = LockedPayment { status: known.status, as_of: Some(known.at), ..fresh() };
        assert_eq!(ours.is_superseded_by(&new), Ok(is_new), "{known:?} {new:?}");
    }
}

#[test]
fn the_final_states_are_those_that_rank_as_final() {
    for status in Status::ALL {
        assert_eq!(finality(status) > 0, status.is_final(), "{status:?}");
    }
}
