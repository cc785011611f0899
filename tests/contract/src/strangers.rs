//! Every route, tried by people who may not use it, and by people who may.

use crate::document::{Operation, operations};
use crate::street::Street;
use domain::accounts::Role;
use std::collections::BTreeSet;
use testkit::{Answer, Person};

/// Who must knock at least to be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Stranger,
    Customer,
    Staff,
    Admin,
}
use Who::{Admin, Customer, Staff, Stranger};

/// Every operation, and who may use it. Whether a thing is theirs is decided further in.
const OPEN_FROM: [(&str, Who); 70] = [
    ("archive_product", Staff),
    ("cancel_order", Customer),
    ("change_category", Staff),
    ("change_password", Customer),
    ("change_product", Staff),
    ("create_category", Staff),
    ("create_checkout_session", Customer),
    ("create_payment_intent", Customer),
    ("create_product", Staff),
    ("create_refund", Staff),
    ("delete_category", Staff),
    ("disable_user", Admin),
    ("enable_user", Admin),
    ("forgot_password", Stranger),
    ("list_categories", Stranger),
    ("list_orders", Customer),
    ("list_payment_refunds", Staff),
    ("list_payments", Customer),
    ("list_products", Stranger),
    ("list_refunds", Staff),
    ("list_users", Admin),
    ("log_in", Stranger),
    ("log_out", Customer),
    ("place_order", Customer),
    // Stripe has no account here; it signs.
    ("receive_stripe_event", Stranger),
    ("refresh_session", Stranger),
    ("register_account", Stranger),
    ("resend_verification", Stranger),
    ("reset_password", Stranger),
    ("set_user_role", Admin),
    ("show_category", Stranger),
    ("show_docs", Stranger),
    ("show_error", Stranger),
    ("show_health", Stranger),
    ("show_keys", Stranger),
    ("show_me", Customer),
    ("show_openapi", Stranger),
    ("show_order", Customer),
    ("show_payment", Customer),
    ("show_product", Stranger),
    ("show_readiness", Stranger),
    ("show_refund", Staff),
    ("show_user", Admin),
    ("show_version", Stranger),
    ("verify_email", Stranger),
    ("list_stock", Staff),
    ("sync_counts", Staff),
    ("list_discrepancies", Staff),
    ("show_stock", Staff),
    ("adjust_stock", Staff),
    ("list_movements", Staff),
    ("set_threshold", Staff),
    ("check_invariants", Admin),
    ("list_reconciliations", Admin),
    ("request_reconciliation", Admin),
    ("show_reconciliation", Admin),
    ("list_stripe_events", Admin),
    ("show_stripe_event", Admin),
    ("replay_stripe_event", Admin),
    ("show_outbox", Admin),
    ("list_emails", Admin),
    ("list_dead_letters", Admin),
    ("redrive_dead_letters", Admin),
    ("redrive_dead_letter", Admin),
    ("confirm_order", Staff),
    ("ship_order", Staff),
    ("edit_order", Customer),
    ("list_order_events", Customer),
    ("list_disputes", Staff),
    ("show_dispute", Staff),
];

fn open_from(operation: &Operation) -> Who {
    let known = OPEN_FROM.iter().find(|(id, _)| *id == operation.id());
    known.unwrap_or_else(|| panic!("OPEN_FROM does not say who may {}", operation.id())).1
}

fn is_sent_to_sign_in(answer: &Answer) -> bool {
    answer.refusal() == (401, "sign_in")
        && answer.header("content-type") == Some("application/problem+json")
        && answer.header("www-authenticate") == Some("Bearer")
}

#[test]
fn the_table_knows_every_operation_and_says_what_the_document_says() {
    let operations = operations();
    for operation in &operations {
        let open = open_from(operation) == Stranger;
        let signed = operation.keys() == ["stripe_signature"];
        assert_eq!(open, !operation.is_closed() || signed, "{operation}: who may?");
        let may_refuse = operation.said["responses"].get("403").is_some();
        assert!(may_refuse || open_from(operation) < Staff, "{operation}: 403 is not documented");
    }
    let served: BTreeSet<_> = operations.iter().map(Operation::id).collect();
    let gone: Vec<_> = OPEN_FROM.iter().filter(|(id, _)| !served.contains(id)).collect();
    assert!(gone.is_empty(), "there is no operation for {gone:?}");
}

#[tokio::test]
async fn a_stranger_gets_in_where_strangers_are_welcome_and_nowhere_else() {
    let street = Street::open().await;
    for operation in operations() {
        let answer = street.knock(&operation).await;

        assert!(!["no_such_route", "no_such_method"].contains(&answer.refusal().1), "{operation}");
        if open_from(&operation) > Stranger {
            assert!(is_sent_to_sign_in(&answer), "{operation}: {answer:?}");
        } else {
            assert_ne!(answer.status, 401, "{operation}: {answer:?}");
        }
        if operation.id() == "receive_stripe_event" {
            assert_eq!(answer.refusal(), (400, "bad_signature"));
        }
    }
}

#[tokio::test]
async fn a_bad_token_is_refused_wherever_tokens_are_looked_at() {
    let street = Street::open().await;
    for operation in operations() {
        let looks = operation.keys().contains(&"bearer");
        for token in ["Bearer not.a.token", "Bearer ", "Basic YW5uOnBhc3M=", "token"] {
            let answer = street.knock(&operation).header("authorization", token).await;
            if looks {
                assert!(is_sent_to_sign_in(&answer), "{operation}, {token}: {answer:?}");
            } else {
                assert_ne!(answer.status, 401, "{operation}, {token}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn each_role_gets_in_where_it_may_and_nowhere_else() {
    let street = Street::open().await;
    for operation in operations() {
        for (role, is) in [(Role::Customer, Customer), (Role::Staff, Staff), (Role::Admin, Admin)] {
            let person = street.shop.person(role).await;

            let answer = street.knock(&operation).by(&person).await;

            if is < open_from(&operation) {
                assert_eq!(answer.refusal(), (403, "wrong_role"), "{operation} as {}", role.name());
                assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            } else {
                let in_the_way = [401, 403].contains(&answer.status);
                assert!(!in_the_way, "{operation} as {}: {answer:?}", role.name());
            }
        }
    }
}

/// What belongs to somebody: an operation for customers at the address of an order or a payment.
fn is_about_somebodys(operation: &Operation) -> bool {
    let named = ["{order_id}", "{payment_id}"].iter().any(|name| operation.path.contains(name));
    named && open_from(operation) == Customer
}

/// The rows of the matrix that a role alone does not decide: the owner, and a customer who is not.
#[tokio::test]
async fn what_is_somebody_elses_is_neither_shown_nor_changed() {
    let about: Vec<_> = operations().into_iter().filter(is_about_somebodys).collect();
    assert!(about.len() > 7, "operations are missing");
    let street = Street::open().await;
    for operation in about {
        let things = street.things().await;
        let stranger = street.shop.customer().await;
        let order = format!(
            "select row(o.*, p.*)::text from orders o
            join payments p on p.order_id = o.id where replace(o.id::text, '-', '') = '{}'",
            things.row()
        );
        let before: String = street.shop.one(&order).await;
        let knock = async |person: &Person| {
            // Even who heard of the owner's tag gets nowhere with it.
            let shown = street.tag_of(&operation, &things, &things.owner).await;
            let call = street.knock_at(&operation, &things).by(person);
            let call = call.header("if-match", &shown).key("a key for this one wish");
            match operation.example(&street.schemas) {
                Some(example) => call.json(&example).await,
                None => call.await,
            }
        };

        let theirs = knock(&stranger).await;
        let after: String = street.shop.one(&order).await;
        let own = knock(&things.owner).await;

        assert_eq!(theirs.status, 404, "{operation}: {theirs:?}");
        assert_eq!(before, after, "{operation}");
        assert!(![401, 403, 404].contains(&own.status), "{operation}: {own:?}");
    }
}

/// Whatever comes back, a browser takes it for what it is, and no cache keeps what is somebody's.
#[tokio::test]
async fn every_answer_is_safe_to_read_and_says_what_it_is() {
    let street = Street::open().await;
    let admin = street.shop.person(Role::Admin).await;
    for operation in operations() {
        let signed_in = street.knock(&operation).by(&admin);
        let elsewhere = street.doors[operation.function].get("/v1/nowhere");
        for answer in [street.knock(&operation).await, signed_in.await, elsewhere.await] {
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{operation}");
            assert!(answer.header("x-request-id").is_some(), "{operation}");
            let kept = answer.header("cache-control").unwrap_or_default();
            let shareable = open_from(&operation) == Stranger && answer.status == 200;
            assert!(kept.contains("no-store") || shareable, "{operation}: {kept}");
            let kind = answer.header("content-type").unwrap_or_default();
            let fits = match answer.status {
                400.. => kind == "application/problem+json",
                _ if answer.bytes.is_empty() => true,
                _ => kind.starts_with("application/json") || kind.contains("charset=utf-8"),
            };
            assert!(fits, "{operation}: {} {kind}", answer.status);
        }
    }
}

/// Whoever copies an example from the documentation must be understood.
#[tokio::test]
async fn every_example_is_understood() {
    let street = Street::open().await;
    for operation in operations() {
        let Some(example) = operation.example(&street.schemas) else { continue };
        if operation.id() == "receive_stripe_event" {
            continue;
        }
        let admin = street.shop.person(Role::Admin).await;

        let call = street.knock(&operation).by(&admin).key("one key for one wish");
        let answer = call.json(&example).await;

        let codes =
            ["bad_body", "malformed_json", "not_json", "invalid_value", "bad_idempotency_key"];
        assert!(!codes.contains(&answer.refusal().1), "{operation}: {answer:?}");
        let status = answer.status.to_string();
        assert!(operation.said["responses"].get(&status).is_some(), "{operation}: {answer:?}");
    }
}
