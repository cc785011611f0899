use super::*;
use crate::id::DisputeId;
use crate::money::Currency;
use crate::payments::dispute::{Case, DisputeStatus, MovedFunds, StoredDispute};

fn euros(minor: i64) -> Money {
    Money { minor, currency: Currency::EUR }
}

fn update(status: Status, payment: Option<PaymentId>) -> PaymentUpdate {
    let at = OffsetDateTime::UNIX_EPOCH;
    PaymentUpdate {
        provider: Some("pi_1".to_owned()),
        session: None,
        payment,
        status,
        amount: euros(5),
        decline_code: None,
        waits_for: None,
        at,
    }
}

fn ours(status: Status, minor: i64) -> OurPayment {
    let provider = (status != Status::Creating).then(|| "pi_1".to_owned());
    OurPayment { id: PaymentId::generate(), provider, status, amount: euros(minor) }
}

#[test]
fn only_what_is_over_at_stripe_and_not_here_is_taken_over() {
    use Status::{Canceled, Creating, Failed, Processing, RequiresPaymentMethod, Succeeded};
    let behind = Verdict::Heal(FindingKind::PaymentBehind);
    let differs = Verdict::Raise(FindingKind::PaymentDiffers);
    for (here, there, verdict) in [
        (RequiresPaymentMethod, Succeeded, behind),
        (Processing, Canceled, behind),
        (Failed, Succeeded, behind),
        // Stripe's response to our request was lost.
        (Creating, RequiresPaymentMethod, behind),
        (Succeeded, Succeeded, Verdict::Agrees),
        (RequiresPaymentMethod, Processing, Verdict::Agrees),
        (Succeeded, Canceled, differs),
    ] {
        let found = compare_payment(Some(&ours(here, 5)), &update(there, None));
        assert_eq!(found, verdict, "{here:?} {there:?}");
    }
    for (here, there, verdict) in [
        // Stripe received less than was asked for, or more.
        (ours(Processing, 6), Succeeded, behind),
        (ours(Processing, 4), Succeeded, differs),
        (ours(Succeeded, 6), Succeeded, differs),
        (ours(Processing, 6), Processing, differs),
        (ours(Processing, 6), Canceled, behind),
    ] {
        assert_eq!(
            compare_payment(Some(&here), &update(there, None)),
            verdict,
            "{here:?} {there:?}"
        );
    }
    let nothing = PaymentUpdate { amount: euros(0), ..update(Succeeded, None) };
    assert_eq!(compare_payment(Some(&ours(Canceled, 5)), &nothing), Verdict::Agrees);
    assert_eq!(compare_payment(Some(&ours(Processing, 5)), &nothing), behind);
    let given_up = OurPayment { provider: None, ..ours(Failed, 5) };
    let agrees = compare_payment(Some(&given_up), &update(RequiresPaymentMethod, None));
    assert_eq!(agrees, Verdict::Agrees);
    assert_eq!(compare_payment(Some(&given_up), &update(Succeeded, None)), behind);
}

#[test]
fn a_payment_of_somebody_else_is_none_of_our_business() {
    let unknown = Verdict::Raise(FindingKind::PaymentUnknown);
    assert_eq!(compare_payment(None, &update(Status::Succeeded, None)), Verdict::Agrees);
    let of_ours = update(Status::Succeeded, Some(PaymentId::generate()));
    assert_eq!(compare_payment(None, &of_ours), unknown);
}

#[test]
fn a_kind_reads_as_it_was_written() {
    for kind in FindingKind::ALL {
        assert_eq!(FindingKind::from_name(kind.name()), Some(kind));
    }
    assert_eq!(failure::Refusal::code(&Refusal::NotFound), "reconciliation_not_found");
}

#[test]
fn a_refund_is_taken_over_unless_it_failed_here_or_is_not_over_there() {
    use RefundStatus::{Canceled, Failed, Pending, Requested, RequiresAction, Succeeded};
    let update = |status| RefundUpdate {
        provider: "re_1".to_owned(),
        intent: "pi_1".to_owned(),
        refund: None,
        status,
        amount: euros(5),
        failure_reason: None,
        pending_reason: None,
        at: OffsetDateTime::UNIX_EPOCH,
    };
    let ours = |status, minor| {
        let (id, provider) = (RefundId::generate(), Some("re_1".to_owned()));
        OurRefund { id, provider, status, failed_here: false, amount: euros(minor) }
    };
    let behind = Verdict::Heal(FindingKind::RefundBehind);
    for (here, there, verdict) in [
        (Requested, Pending, behind),
        (Requested, Succeeded, behind),
        (Pending, Succeeded, behind),
        (Succeeded, Failed, behind),
        (Pending, Canceled, behind),
        (Pending, Pending, Verdict::Agrees),
        (Succeeded, Succeeded, Verdict::Agrees),
        (Pending, RequiresAction, Verdict::Agrees),
        (Failed, Succeeded, Verdict::Agrees),
        (Canceled, Pending, Verdict::Agrees),
    ] {
        let found = compare_refund(Some(&ours(here, 5)), &update(there), true);
        assert_eq!(found, verdict, "{here:?} {there:?}");
    }
    let differs = Verdict::Raise(FindingKind::RefundDiffers);
    assert_eq!(compare_refund(Some(&ours(Pending, 6)), &update(Pending), true), differs);
    let missing = Verdict::Heal(FindingKind::RefundMissing);
    assert_eq!(compare_refund(None, &update(Succeeded), true), missing);
    assert_eq!(compare_refund(None, &update(Succeeded), false), Verdict::Agrees);

    let given_up = OurRefund { failed_here: true, ..ours(Failed, 5) };
    for (there, verdict) in [
        (Succeeded, behind),
        (Pending, behind),
        (RequiresAction, behind),
        (Failed, Verdict::Agrees),
        (Canceled, Verdict::Agrees),
    ] {
        assert_eq!(compare_refund(Some(&given_up), &update(there), true), verdict, "{there:?}");
    }
}

#[test]
fn a_dispute_is_taken_over_unless_an_event_was_newer_or_it_contradicts_a_decision() {
    let at = |second| OffsetDateTime::from_unix_timestamp(second).unwrap();
    let case = |status: &str| Case {
        status: DisputeStatus::from_name(status),
        amount: euros(5),
        reason: "fraudulent".to_owned(),
        evidence_due: None,
    };
    let update = |status, second| DisputeUpdate {
        provider: "dp_1".to_owned(),
        intent: "pi_1".to_owned(),
        case: case(status),
        at: at(second),
        funds: MovedFunds::default(),
    };
    let ours = |status, second| DisputeInLedger {
        dispute: StoredDispute { id: DisputeId::generate(), case: case(status), as_of: at(second) },
        entered: MovedFunds::default(),
        currency: Currency::EUR,
    };
    let behind = Verdict::Heal(FindingKind::DisputeBehind);
    let differs = Verdict::Raise(FindingKind::DisputeDiffers);
    for (here, there, verdict) in [
        (ours("needs_response", 1), update("needs_response", 9), Verdict::Agrees),
        (ours("needs_response", 1), update("under_review", 9), behind),
        (ours("needs_response", 9), update("lost", 1), behind),
        (ours("lost", 1), update("appeal_needs_response", 9), behind),
        (ours("won", 1), update("arbitration", 9), behind),
        (ours("under_review", 9), update("needs_response", 1), Verdict::Agrees),
        (ours("won", 9), update("needs_response", 1), Verdict::Agrees),
        (ours("won", 1), update("needs_response", 9), differs),
    ] {
        let found = compare_dispute(Some(&here), &there, true);
        assert_eq!(found, verdict, "{here:?} {there:?}");
    }
    let missing = Verdict::Heal(FindingKind::DisputeMissing);
    assert_eq!(compare_dispute(None, &update("lost", 1), true), missing);
    assert_eq!(compare_dispute(None, &update("lost", 1), false), Verdict::Agrees);

    let withdrawn = MovedFunds { withdrawn: true, reinstated: false };
    let both = MovedFunds { withdrawn: true, reinstated: true };
    let no_money = Case { amount: euros(0), ..case("lost") };
    for (entered, told, currency, verdict) in [
        (MovedFunds::default(), withdrawn, Currency::EUR, behind),
        (withdrawn, withdrawn, Currency::EUR, Verdict::Agrees),
        (withdrawn, both, Currency::EUR, behind),
        (both, MovedFunds::default(), Currency::EUR, Verdict::Agrees),
        (MovedFunds::default(), both, Currency::from_code("USD").unwrap(), Verdict::Agrees),
    ] {
        let ours = DisputeInLedger { entered, currency, ..ours("lost", 1) };
        let told = DisputeUpdate { funds: told, ..update("lost", 9) };
        assert_eq!(compare_dispute(Some(&ours), &told, true), verdict, "{ours:?} {told:?}");
        let ours = DisputeInLedger {
            dispute: StoredDispute { case: no_money.clone(), ..ours.dispute },
            ..ours
        };
        let told = DisputeUpdate { case: no_money.clone(), ..told };
        assert_eq!(compare_dispute(Some(&ours), &told, true), Verdict::Agrees);
    }
}
