//! Access control: every operation, called without an account, in each role, and for resources of somebody else.

use crate::all_functions::AllFunctions;
use crate::document::{Operation, operations};
use domain::accounts::Role;
use std::collections::BTreeSet;
use testkit::{Response, User};

/// Who may call an operation: everybody, or users of this role and those that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Access {
    Public,
    Customer,
    Staff,
    Admin,
}
use Access::{Admin, Customer, Public, Staff};

/// Every operation by its id. Customers may call theirs for their own resources only.
const REQUIRED_ACCESS: [(&str, Access); 131] = [
    ("archive_product", Staff),
    ("cancel_checkout", Customer),
    ("cancel_order", Customer),
    ("change_category", Staff),
    ("change_checkout", Customer),
    ("check_refund", Staff),
    ("change_password", Customer),
    ("change_product", Staff),
    ("complete_checkout", Customer),
    ("create_category", Staff),
    ("claim_checkout", Customer),
    ("claim_orders", Customer),
    ("create_checkout", Public),
    ("create_checkout_session", Customer),
    ("create_payment_intent", Customer),
    ("create_product", Staff),
    ("create_quote", Public),
    ("create_refund", Staff),
    ("delete_category", Staff),
    ("disable_user", Admin),
    ("enable_user", Admin),
    ("end_session", Customer),
    ("erase_account", Customer),
    ("erase_user", Admin),
    ("explain_pricing", Public),
    ("export_account", Customer),
    ("forgot_password", Public),
    ("list_categories", Public),
    ("list_checkouts", Staff),
    ("list_orders", Customer),
    ("list_payment_refunds", Staff),
    ("list_payments", Customer),
    ("list_products", Public),
    ("list_refunds", Staff),
    ("list_sessions", Customer),
    ("list_users", Admin),
    ("log_in", Public),
    ("log_out", Customer),
    ("place_order", Customer),
    // Stripe has no account here: it signs its requests.
    ("receive_stripe_event", Public),
    ("refresh_session", Public),
    ("register_account", Public),
    ("resend_verification", Public),
    ("reset_password", Public),
    ("set_user_role", Admin),
    ("set_checkout_line", Customer),
    ("show_category", Public),
    ("show_checkout", Customer),
    ("show_current_checkout", Customer),
    ("show_docs", Public),
    ("show_error", Public),
    ("show_health", Public),
    ("show_keys", Public),
    ("show_me", Customer),
    ("show_openapi", Public),
    ("show_order", Customer),
    ("show_payment", Customer),
    ("show_product", Public),
    ("show_readiness", Public),
    ("show_refund", Staff),
    ("show_user", Admin),
    ("show_version", Public),
    ("verify_email", Public),
    ("list_stock", Staff),
    ("sync_counts", Staff),
    ("list_discrepancies", Staff),
    ("show_stock", Staff),
    ("adjust_stock", Staff),
    ("list_movements", Staff),
    ("set_threshold", Staff),
    ("acknowledge", Admin),
    ("list_attention", Admin),
    ("check_invariants", Admin),
    ("list_reconciliations", Admin),
    ("request_reconciliation", Admin),
    ("show_reconciliation", Admin),
    ("list_stripe_events", Admin),
    ("show_stripe_event", Admin),
    ("replay_stripe_event", Admin),
    ("show_outbox", Admin),
    ("list_emails", Admin),
    ("list_audit_log", Admin),
    ("verify_audit_log", Admin),
    ("list_dead_letters", Admin),
    ("redrive_dead_letters", Admin),
    ("redrive_dead_letter", Admin),
    ("discard_dead_letter", Admin),
    ("comment_on_order", Staff),
    ("confirm_order", Staff),
    ("edit_order_lines", Customer),
    ("extend_order", Staff),
    ("correct_email", Staff),
    ("resend_email", Admin),
    ("release_hold", Staff),
    ("release_payment", Staff),
    ("ship_order", Staff),
    ("list_fulfillments", Customer),
    ("create_fulfillment", Staff),
    ("show_fulfillment", Staff),
    ("ship_fulfillment", Staff),
    ("cancel_fulfillment", Staff),
    ("request_return", Customer),
    ("list_order_returns", Customer),
    ("list_returns", Staff),
    ("show_return", Customer),
    ("cancel_return", Customer),
    ("approve_return", Staff),
    ("reject_return", Staff),
    ("receive_return", Staff),
    ("edit_order", Customer),
    ("list_order_events", Customer),
    ("list_disputes", Staff),
    ("show_dispute", Staff),
    ("create_discount", Staff),
    ("list_discounts", Staff),
    ("show_discount", Staff),
    ("change_discount", Staff),
    ("list_discount_uses", Staff),
    ("list_tax_countries", Staff),
    ("show_tax_country", Staff),
    ("set_tax_country", Staff),
    ("list_tax_rates", Staff),
    ("add_tax_rate", Staff),
    ("list_shipping_methods", Public),
    ("show_shipping_method", Public),
    ("create_shipping_method", Staff),
    ("change_shipping_method", Staff),
    ("show_pricing", Staff),
    ("set_pricing", Staff),
    ("send_order_link", Public),
    ("use_link", Public),
];

fn required_access(operation: &Operation) -> Access {
    let known = REQUIRED_ACCESS.iter().find(|(id, _)| *id == operation.id());
    known.unwrap_or_else(|| panic!("REQUIRED_ACCESS does not name {}", operation.id())).1
}

/// The operations that write, and that only staff or admins may call.
pub(crate) fn writes_of_staff() -> BTreeSet<String> {
    let operations = operations().into_iter();
    let writes = operations
        .filter(|operation| !["get", "head"].contains(&operation.method.to_lowercase().as_str()));
    writes
        .filter(|write| required_access(write) >= Staff)
        .map(|write| write.id().to_owned())
        .collect()
}

fn is_asked_to_sign_in(response: &Response) -> bool {
    response.refusal() == (401, "sign_in")
        && response.header("content-type") == Some("application/problem+json")
        && response.header("www-authenticate") == Some("Bearer")
}

#[test]
fn the_table_knows_every_operation_and_says_what_the_document_says() {
    let operations = operations();
    for operation in &operations {
        let open = required_access(operation) == Public;
        let signed = operation.security_schemes() == ["stripe_signature"];
        assert_eq!(
            open,
            !operation.needs_credentials() || signed,
            "{operation}: security schemes and REQUIRED_ACCESS"
        );
        let may_refuse = operation.spec["responses"].get("403").is_some();
        assert!(
            may_refuse || required_access(operation) < Staff,
            "{operation}: 403 is not documented"
        );
    }
    let served: BTreeSet<_> = operations.iter().map(Operation::id).collect();
    let gone: Vec<_> = REQUIRED_ACCESS.iter().filter(|(id, _)| !served.contains(id)).collect();
    assert!(gone.is_empty(), "there is no operation for {gone:?}");
}

#[tokio::test]
async fn a_stranger_gets_in_where_strangers_are_welcome_and_nowhere_else() {
    let functions = AllFunctions::open().await;
    for operation in operations() {
        let response = functions.call(&operation).await;

        assert!(
            !["no_such_route", "no_such_method"].contains(&response.refusal().1),
            "{operation}"
        );
        if required_access(&operation) > Public {
            assert!(is_asked_to_sign_in(&response), "{operation}: {response:?}");
        } else {
            assert_ne!(response.status, 401, "{operation}: {response:?}");
        }
        if operation.id() == "receive_stripe_event" {
            assert_eq!(response.refusal(), (400, "bad_signature"));
        }
    }
}

#[tokio::test]
async fn a_bad_token_is_refused_wherever_tokens_are_looked_at() {
    let functions = AllFunctions::open().await;
    for operation in operations() {
        let takes_a_token = operation.security_schemes().contains(&"bearer");
        for token in ["Bearer not.a.token", "Bearer ", "Basic YW5uOnBhc3M=", "token"] {
            let response = functions.call(&operation).header("authorization", token).await;
            if takes_a_token {
                assert!(is_asked_to_sign_in(&response), "{operation}, {token}: {response:?}");
            } else {
                assert_ne!(response.status, 401, "{operation}, {token}: {response:?}");
            }
        }
    }
}

#[tokio::test]
async fn each_role_gets_in_where_it_may_and_nowhere_else() {
    let functions = AllFunctions::open().await;
    for operation in operations() {
        for (role, is) in [(Role::Customer, Customer), (Role::Staff, Staff), (Role::Admin, Admin)] {
            let user = functions.shop.user(role).await;

            let response = functions.call(&operation).by(&user).await;

            if is < required_access(&operation) {
                assert_eq!(
                    response.refusal(),
                    (403, "wrong_role"),
                    "{operation} as {}",
                    role.name()
                );
                assert_eq!(response.header("content-type"), Some("application/problem+json"));
            } else {
                let is_denied = [401, 403].contains(&response.status);
                assert!(!is_denied, "{operation} as {}: {response:?}", role.name());
            }
        }
    }
}

/// An operation for customers on one order or payment.
fn belongs_to_a_customer(operation: &Operation) -> bool {
    let named = ["{order_id}", "{payment_id}"].iter().any(|name| operation.path.contains(name));
    named && required_access(operation) == Customer
}

/// Called by the owner, and by another customer.
#[tokio::test]
async fn what_is_somebody_elses_is_neither_shown_nor_changed() {
    let owned: Vec<_> = operations().into_iter().filter(belongs_to_a_customer).collect();
    assert!(owned.len() > 7, "operations are missing");
    let functions = AllFunctions::open().await;
    for operation in owned {
        let resources = functions.resources().await;
        let stranger = functions.shop.customer().await;
        let order = format!(
            "select row(o.*, p.*)::text from orders o
            join payments p on p.order_id = o.id where replace(o.id::text, '-', '') = '{}'",
            resources.order_uuid()
        );
        let before: String = functions.shop.one(&order).await;
        let send = async |user: &User| {
            // Knowing the ETag gives no access.
            let etag = functions.etag(&operation, &resources, &resources.owner).await;
            let call = functions.call_on(&operation, &resources).by(user);
            let call = call.header("if-match", &etag).key("a key for this request");
            match operation.example(&functions.schemas) {
                Some(example) => call.json(&example).await,
                None => call.await,
            }
        };

        let denied = send(&stranger).await;
        let after: String = functions.shop.one(&order).await;
        let own = send(&resources.owner).await;

        assert_eq!(denied.status, 404, "{operation}: {denied:?}");
        assert_eq!(before, after, "{operation}");
        assert!(![401, 403, 404].contains(&own.status), "{operation}: {own:?}");
    }
}

/// Browsers do not guess the type of a response, and caches keep only what is public.
#[tokio::test]
async fn every_answer_is_safe_to_read_and_says_what_it_is() {
    let functions = AllFunctions::open().await;
    let admin = functions.shop.user(Role::Admin).await;
    for operation in operations() {
        let signed_in = functions.call(&operation).by(&admin);
        let elsewhere = functions.apis[operation.function].get("/v1/nowhere");
        for response in [functions.call(&operation).await, signed_in.await, elsewhere.await] {
            assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{operation}");
            assert!(response.header("x-request-id").is_some(), "{operation}");
            let cache = response.header("cache-control").unwrap_or_default();
            let cacheable = required_access(&operation) == Public && response.status == 200;
            assert!(cache.contains("no-store") || cacheable, "{operation}: {cache}");
            let kind = response.header("content-type").unwrap_or_default();
            let fits = match response.status {
                400.. => kind == "application/problem+json",
                _ if response.bytes.is_empty() => true,
                _ => kind.starts_with("application/json") || kind.contains("charset=utf-8"),
            };
            assert!(fits, "{operation}: {} {kind}", response.status);
        }
    }
}

/// The examples of the document are valid requests.
#[tokio::test]
async fn every_example_is_understood() {
    let functions = AllFunctions::open().await;
    for operation in operations() {
        let Some(example) = operation.example(&functions.schemas) else { continue };
        if operation.id() == "receive_stripe_event" {
            continue;
        }
        let admin = functions.shop.user(Role::Admin).await;

        let call = functions.call(&operation).by(&admin).key("a key for this request");
        let response = call.json(&example).await;

        let codes =
            ["bad_body", "malformed_json", "not_json", "invalid_value", "bad_idempotency_key"];
        assert!(!codes.contains(&response.refusal().1), "{operation}: {response:?}");
        let status = response.status.to_string();
        assert!(operation.spec["responses"].get(&status).is_some(), "{operation}: {response:?}");
    }
}
