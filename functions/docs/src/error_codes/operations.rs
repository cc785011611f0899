//! The codes of operations.

use super::Entry;

pub(super) const CODES: &[Entry] = &[
    (
        "event_not_found",
        "No event with this id was received from Stripe.",
        "Look it up in the list of events. An event that was never delivered can be resent from Stripe's dashboard.",
    ),
    (
        "email_not_found",
        "No email of this event was sent, or tried.",
        "Take message from the list of emails, GET /v1/ops/emails.",
    ),
    (
        "email_dropped",
        "The email was not sent on purpose: there is nothing to write any more, such as of a link that has expired, or its order was not paid and nobody has verified the address.",
        "Nothing has to be done. Once an order is paid, its further emails are sent.",
    ),
    (
        "email_too_old",
        "What the email is about was more than 30 days ago, so the shop cannot write it any more.",
        "Write to the buyer yourself, and acknowledge the email.",
    ),
    (
        "nothing_waits",
        "There is nothing of this kind with this id.",
        "Take kind and id from the list of what waits for a person, GET /v1/ops/attention.",
    ),
    (
        "not_waiting",
        "It does not wait for a person: it has succeeded, was resolved, or is still being tried.",
        "Nothing has to be done. GET /v1/ops/attention lists what waits.",
    ),
    (
        "not_acknowledgeable",
        "What is of this kind waits until it is dealt with.",
        "actions in GET /v1/ops/attention say how.",
    ),
    (
        "reconciliation_not_found",
        "There is no reconciliation with this id.",
        "List the reconciliations, or request a new one.",
    ),
    (
        "dead_letter_not_found",
        "There is no dead letter with this id, or another request is reading it.",
        "List them again in half a minute. A redriven message that fails again comes back with a new id.",
    ),
];
