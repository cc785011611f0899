//! Staff look after the shop, and what the other requests have made is removed.

use super::Caller::{Customer, Staff};
use super::{Step, step};

pub(super) const STEPS: &[Step] = &[
    step("Monitoring and repair", "list_attention", Staff, 200),
    Step {
        title: Some("Acknowledge what waits for a person; there is none with this id"),
        path: Some("/v1/ops/attention/failed_email/none/acknowledge"),
        body: Some(r#"{"reason": "The mailbox is closed"}"#),
        ..step("Monitoring and repair", "acknowledge", Staff, 404)
    },
    step("Monitoring and repair", "check_invariants", Staff, 200),
    Step {
        keep: &[("event_id", "data[0].id")],
        ..step("Monitoring and repair", "list_stripe_events", Staff, 200)
    },
    step("Monitoring and repair", "show_stripe_event", Staff, 200),
    step("Monitoring and repair", "replay_stripe_event", Staff, 200),
    Step {
        keep: &[("reconciliation_id", "id")],
        ..step("Monitoring and repair", "request_reconciliation", Staff, 202)
    },
    step("Monitoring and repair", "list_reconciliations", Staff, 200),
    step("Monitoring and repair", "show_reconciliation", Staff, 200),
    step("Monitoring and repair", "show_outbox", Staff, 200),
    step("Monitoring and repair", "list_audit_log", Staff, 200),
    Step { body: Some("{}"), ..step("Monitoring and repair", "verify_audit_log", Staff, 200) },
    step("Monitoring and repair", "list_emails", Staff, 200),
    Step {
        title: Some("Send an email again; there is none of this message"),
        path: Some("/v1/ops/emails/order_placed:none/resend"),
        ..step("Monitoring and repair", "resend_email", Staff, 404)
    },
    step("Monitoring and repair", "list_dead_letters", Staff, 200),
    step("Monitoring and repair", "redrive_dead_letters", Staff, 202),
    Step {
        title: Some("Redrive a dead letter; there is none"),
        path: Some("/v1/ops/dead-letters/none/redrive"),
        ..step("Monitoring and repair", "redrive_dead_letter", Staff, 404)
    },
    Step {
        title: Some("Discard a dead letter; there is none"),
        path: Some("/v1/ops/dead-letters/none/discard"),
        body: Some(r#"{"reason": "A count of a warehouse that is closed"}"#),
        ..step("Monitoring and repair", "discard_dead_letter", Staff, 404)
    },
    Step {
        title: Some("Give a buyer three days to pay; the payment of this order is open"),
        body: Some(r#"{"minutes": 4320}"#),
        ..step("Cleanup", "extend_order", Staff, 409)
    },
    Step {
        title: Some("Confirm an order by hand; this one is being paid at Stripe"),
        body: Some(r#"{"reason": "Bank transfer 4711"}"#),
        ..step("Cleanup", "confirm_order", Staff, 409)
    },
    step("Cleanup", "cancel_order", Customer, 202),
    step("Cleanup", "archive_product", Staff, 204),
    step("Cleanup", "delete_category", Staff, 204),
    step("Cleanup", "log_out", Customer, 204),
    step("Cleanup", "disable_user", Staff, 200),
    step("Cleanup", "enable_user", Staff, 200),
    Step {
        title: Some("Erase a user; there is none with this id"),
        path: Some("/v1/users/usr_0193f2a7c1d87b3e9a5f4c2d1e0b9a87/erase"),
        ..step("Cleanup", "erase_user", Staff, 404)
    },
];
