//! Every route, tried by people who may not use it, and by people who may.

use crate::document::{Operation, operations, schemas};
use accounts::Accounts;
use domain::accounts::{Hasher, RefreshKey, Role};
use lambda::dispatch::Dispatch;
use orders::Orders;
use payments::Payments;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use stripe_gateway::Stripe;
use stripe_gateway::webhook::Secrets;
use stripe_webhook::Webhook;
use testkit::{Answer, Call, Door, Shop};

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

/// A street of doors, all into one shop.
struct Street {
    shop: Shop,
    doors: BTreeMap<&'static str, Door>,
    schemas: BTreeMap<String, serde_json::Value>,
}

impl Street {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let (app, db, dispatch) = (shop.app(), shop.db.clone(), Dispatch::later());
        let refresh_key =
            RefreshKey::from_base64("c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldCE=");
        let accounts = Accounts {
            app: app.clone(),
            dispatch: dispatch.clone(),
            signer: testkit::signer(),
            keys: testkit::token_keys(),
            refresh_key: refresh_key.unwrap(),
            link_key: testkit::link_key(),
            hasher: Hasher::costing(64, 1),
            hush: Duration::ZERO,
        };
        // Nobody gets as far as Stripe.
        let stripe = Stripe::new("sk_test_nobody", Some("http://127.0.0.1:1/")).unwrap();
        let webhook = Webhook {
            db: db.clone(),
            clock: testkit::clock(),
            dispatch: dispatch.clone(),
            secrets: Secrets::parse("whsec_nobody").unwrap().into(),
            live: false,
        };
        let payments =
            Payments { app: app.clone(), dispatch: dispatch.clone(), stripe: stripe.into() };
        let doors = [
            ("accounts", Door::new(accounts::routes(), accounts)),
            ("catalog", Door::new(catalog::routes(), app.clone())),
            ("docs", Door::new(docs::routes(), db)),
            (
                "inventory",
                Door::new(
                    inventory::routes(),
                    inventory::Inventory { app: app.clone(), dispatch: dispatch.clone() },
                ),
            ),
            (
                "operations",
                Door::new(
                    operations::routes(),
                    operations::Operations {
                        app: app.clone(),
                        dead_letters: lambda::dead_letters::DeadLetters::none(),
                    },
                ),
            ),
            ("orders", Door::new(orders::routes(), Orders { app, dispatch })),
            ("payments", Door::new(payments::routes(), payments)),
            ("stripe-webhook", Door::new(stripe_webhook::routes(), webhook)),
        ];
        Self { shop, doors: doors.into(), schemas: schemas() }
    }

    fn knock(&self, operation: &Operation) -> Call {
        let method = operation.method.parse().unwrap();
        self.doors[operation.function].call(method, &operation.address(&self.schemas))
    }
}

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
