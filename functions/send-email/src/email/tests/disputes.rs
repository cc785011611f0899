use super::*;

#[test]
fn a_dispute_reads_as_it_stands_and_asks_for_an_answer_only_while_there_is_time() {
    for (status, meaning, asks) in [
        (DisputeStatus::WarningNeedsResponse, "only asks so far", true),
        (DisputeStatus::NeedsResponse, "has taken it back until it decides", true),
        (DisputeStatus::UnderReview, "has taken it back until it decides", false),
        (DisputeStatus::Won, "the money stays with us", false),
        (DisputeStatus::Lost, "the money is gone", false),
        (DisputeStatus::AppealNeedsResponse, "decision is appealed", true),
        (DisputeStatus::Other("arbitration".to_owned()), "on hold until it is settled", false),
    ] {
        let email = DisputeOpened { dispute: dispute(status) }.email(None).unwrap();
        for text in [email.text, email.html] {
            assert!(text.contains(meaning), "{text}");
            assert_eq!(text.contains("5 December 2026, 23:59 UTC"), asks, "{text}");
        }
    }
}

#[test]
fn a_dispute_that_nobody_can_answer_names_no_day() {
    let mut dispute = dispute(DisputeStatus::NeedsResponse);
    dispute.case.evidence_due = None;

    let email = DisputeOpened { dispute }.email(None).unwrap();

    for text in [email.text, email.html] {
        assert!(!text.contains("answer"), "{text}");
    }
}

#[test]
fn whoever_went_to_the_bank_does_not_read_that_we_send_the_money() {
    let order =
        Order { captured: euros(9140), is_disputed: true, ..cancelled(CancelReason::Requested) };
    let email = OrderCancelled { order }.email(None).unwrap();
    for text in [email.text, email.html] {
        assert!(text.contains("What you paid goes back through your bank"), "{text}");
        assert!(!text.contains("91.40 EUR you paid"), "{text}");
    }
}
