use super::*;
use domain::operations::AttentionKind;

reads_as_it_should! {
    what_waits_for_a_person_is_counted_for_the_staff: AttentionNeeded {
        waiting: Waiting {
            counts: vec![(AttentionKind::FailedRefund, 1), (AttentionKind::FailedEmail, 3)],
            since: datetime!(2026-12-01 08:15 UTC),
        }
    };
}
