//! The OpenAPI document: the committed file is up to date, and every operation is completely described.

use crate::document::{self, Operation, entries, operations, resolved, schemas};
use crate::{generated_files, workspace};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use testkit::{ApiClient, Shop};

const COMMITTED: &str = "functions/docs/openapi.json";
/// Operations that need no database and so never answer 503.
const WITHOUT_DATABASE: [&str; 7] = [
    "explain_pricing",
    "show_docs",
    "show_error",
    "show_health",
    "show_keys",
    "show_openapi",
    "show_version",
];
/// `POST` operations without an `Idempotency-Key`: repeating them does no harm. Most have no user to whom a key could belong, or
/// answer with secrets that must not be stored. Dead letters are in SQS, and the messages take effect once.
const NEED_NO_KEY: [&str; 30] = [
    // What was acknowledged stays so.
    "acknowledge",
    // Cancelling again changes nothing.
    "cancel_checkout",
    "change_password",
    "check_refund",
    // Asking again takes over what came since.
    "claim_orders",
    "correct_email",
    "create_checkout_session",
    "create_payment_intent",
    // It keeps nothing.
    "create_quote",
    // What was discarded stays so.
    "discard_dead_letter",
    "erase_account",
    // It changes nothing.
    "export_account",
    "forgot_password",
    "log_in",
    "log_out",
    "receive_stripe_event",
    "redrive_dead_letter",
    "redrive_dead_letters",
    "refresh_session",
    "register_account",
    "release_payment",
    "replay_stripe_event",
    "request_reconciliation",
    "resend_email",
    "resend_verification",
    "reset_password",
    // One an hour.
    "send_order_link",
    "use_link",
    // It changes nothing.
    "verify_audit_log",
    "verify_email",
];
/// Operations that check credentials other than a token, and so answer 401.
const OTHER_CREDENTIALS: [&str; 2] = ["log_in", "refresh_session"];

#[test]
fn the_published_document_is_what_the_functions_say() {
    generated_files::compare(COMMITTED, &document::whole());
}

/// Fails with the faults of all operations.
fn every_operation(mut faults: impl FnMut(&Operation) -> Vec<String>) {
    let operations = operations();
    assert!(operations.len() > 20, "operations are missing");
    let mut found = Vec::new();
    for operation in &operations {
        found.extend(faults(operation).into_iter().map(|fault| format!("{operation}: {fault}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn unless(fine: bool, fault: &str) -> Vec<String> {
    if fine { Vec::new() } else { vec![fault.to_owned()] }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn is_text(value: &Value) -> bool {
    !text(value).trim().is_empty()
}

#[test]
fn every_operation_has_a_summary_and_one_of_our_tags() {
    let known = document::whole();
    let tags: BTreeSet<_> =
        known["tags"].as_array().unwrap().iter().map(|tag| text(&tag["name"])).collect();
    let mut used = BTreeSet::new();
    every_operation(|operation| {
        let tag = text(&operation.spec["tags"][0]).to_owned();
        let mut faults = unless(is_text(&operation.spec["summary"]), "no summary");
        faults.extend(unless(tags.contains(tag.as_str()), "its tag is not in TAGS of document.rs"));
        used.insert(tag);
        faults
    });
    assert!(
        tags.iter().all(|tag| used.contains(*tag)),
        "a tag in TAGS of document.rs has no operation"
    );
}

#[test]
fn an_operation_is_called_as_its_handler() {
    let mut seen = BTreeSet::new();
    every_operation(|operation| {
        let folder = format!("functions/{}/src", operation.function);
        let handler = format!("async fn {}(", operation.id());
        let files = workspace::files(&folder, &[".rs"]);
        let mut faults =
            unless(files.iter().any(|file| file.text.contains(&handler)), "no handler");
        faults.extend(unless(seen.insert(operation.id().to_owned()), "the name is taken"));
        faults
    });
}

#[test]
fn every_parameter_is_described() {
    every_operation(|operation| {
        let parameters = operation.spec["parameters"].as_array().into_iter().flatten();
        let undescribed = parameters.filter(|parameter| !is_text(&parameter["description"]));
        undescribed.map(|parameter| format!("{} is not described", parameter["name"])).collect()
    });
}

#[test]
fn every_request_body_has_an_example() {
    let schemas = schemas();
    every_operation(|operation| {
        let has_body = operation.spec.get("requestBody").is_some();
        unless(!has_body || operation.example(&schemas).is_some(), "the body has no example")
    });
}

#[test]
fn every_answer_that_is_no_success_is_a_problem() {
    every_operation(|operation| {
        let responses = entries(&operation.spec["responses"]);
        let wrong = responses.filter(|(status, response)| {
            let content: Vec<_> = entries(&response["content"]).collect();
            match status.as_bytes()[0] {
                b'2' => false,
                // 304 has no body.
                b'3' => !content.is_empty(),
                _ => !matches!(content.as_slice(), [(kind, body)] if *kind == "application/problem+json"
                    && body["schema"]["$ref"] == "#/components/schemas/Problem"),
            }
        });
        wrong.map(|(status, _)| format!("{status} is not a problem")).collect()
    });
}

#[test]
fn every_post_honours_a_key_or_is_known_to_need_none() {
    let mut without = BTreeSet::new();
    every_operation(|operation| {
        let parameters = operation.spec["parameters"].as_array().into_iter().flatten();
        let mut headers = parameters.filter(|parameter| parameter["in"] == "header");
        let takes_a_key = headers.any(|header| header["name"] == "Idempotency-Key");
        if operation.method == "POST" && !takes_a_key {
            without.insert(operation.id().to_owned());
        }
        let bad = text(&operation.spec["responses"]["400"]["description"]);
        unless(
            takes_a_key == bad.contains("`bad_idempotency_key`"),
            "400 names `bad_idempotency_key` if, and only if, there is a key",
        )
    });
    assert_eq!(without, NEED_NO_KEY.map(str::to_owned).into());
}

#[test]
fn who_needs_a_token_says_what_happens_without() {
    every_operation(|operation| {
        let refuses = operation.spec["responses"].get("401").is_some();
        let asks = operation.security_schemes().contains(&"bearer")
            || OTHER_CREDENTIALS.contains(&operation.id());
        unless(refuses == asks, "401 is documented if, and only if, credentials are checked")
    });
}

#[test]
fn who_needs_the_database_says_what_happens_without() {
    every_operation(|operation| {
        let documented = operation.spec["responses"].get("503").is_some();
        unless(
            documented != WITHOUT_DATABASE.contains(&operation.id()),
            "503 is documented if, and only if, the database is used",
        )
    });
}

/// URLs end up in the logs of proxies. The exceptions let admins search users by the beginning of their email addresses, and
/// staff checkouts by that of a buyer who asks for help.
#[test]
fn no_secret_and_no_person_stands_in_an_address() {
    const SENSITIVE: [&str; 7] =
        ["token", "secret", "password", "email", "name", "signature", "card"];
    every_operation(|operation| {
        let parameters = operation.spec["parameters"].as_array().into_iter().flatten();
        let places = parameters.filter(|parameter| parameter["in"] != "header");
        let names = places.filter_map(|parameter| parameter["name"].as_str());
        let sensitive = names.filter(|name| SENSITIVE.iter().any(|word| name.contains(word)));
        let is_exception = |name: &&str| {
            ["list_users", "list_checkouts"].contains(&operation.id()) && *name == "email"
        };
        sensitive
            .filter(|name| !is_exception(name))
            .map(|name| format!("{name} is in the URL"))
            .collect()
    });
}

#[test]
fn every_security_scheme_is_declared() {
    let declared = document::whole()["components"]["securitySchemes"].clone();
    every_operation(|operation| {
        unless(
            operation.security_schemes().iter().all(|key| declared.get(key).is_some()),
            "an unknown scheme",
        )
    });
}

#[test]
fn every_schema_that_is_referred_to_is_there() {
    fn visit(value: &Value, schemas: &BTreeMap<String, Value>, used: &mut BTreeSet<String>) {
        let reference = value["$ref"].as_str().filter(|to| to.starts_with("#/components/schemas"));
        if let Some(reference) = reference {
            resolved(value, schemas);
            used.insert(reference.rsplit('/').next().unwrap_or_default().to_owned());
        }
        for below in value.as_array().into_iter().flatten() {
            visit(below, schemas, used);
        }
        for (_, below) in entries(value) {
            visit(below, schemas, used);
        }
    }
    let (schemas, mut used) = (schemas(), BTreeSet::new());

    visit(&document::whole(), &schemas, &mut used);

    let unused: Vec<_> = schemas.keys().filter(|name| !used.contains(*name)).collect();
    assert!(unused.is_empty(), "nothing refers to {unused:?}");
}

/// OpenAPI has no `null` other than as a value of examples.
#[test]
fn nothing_is_null_but_in_an_example() {
    fn visit(value: &Value, place: &str, found: &mut Vec<String>) {
        match value {
            Value::Null => found.push(place.to_owned()),
            Value::Array(items) => items.iter().for_each(|item| visit(item, place, found)),
            _ => {}
        }
        let fields =
            entries(value).filter(|(key, _)| !["example", "examples"].contains(&key.as_str()));
        for (key, below) in fields {
            visit(below, &format!("{place}/{key}"), found);
        }
    }
    let mut found = Vec::new();

    visit(&document::whole(), "", &mut found);

    assert!(found.is_empty(), "{found:#?}");
}

/// Of two types with one schema name in a function, its document would contain only the last.
#[test]
fn no_two_types_share_a_name_in_the_document() {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let sources = ["functions", "shared"].map(|folder| workspace::files(folder, &[".rs"]));
    for file in sources.iter().flatten() {
        for (at, _) in file.text.match_indices("ToSchema)]") {
            let after = &file.text[at..];
            let kind = [after.find("struct "), after.find("enum ")].into_iter().flatten().min();
            let (attributes, declared) = after.split_at(kind.unwrap());
            let name =
                word_after(attributes, "as = ").or_else(|| word_after(declared, " ")).unwrap();
            if let Some(first) = known.insert(name.to_owned(), file.path.clone()) {
                panic!("{first} and {} both have a schema {name}: #[schema(as = …)]", file.path);
            }
        }
    }
    assert!(known.len() > 20, "schemas are missing");
}

fn word_after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(mark)?;
    rest.split(|c: char| !c.is_alphanumeric()).next()
}

#[tokio::test]
async fn every_problem_names_its_codes_and_each_is_explained() {
    let docs = ApiClient::new(docs::routes(), Shop::open().await.db);
    let mut codes = BTreeSet::new();
    every_operation(|operation| {
        let problems =
            entries(&operation.spec["responses"]).filter(|(status, _)| status.as_str() >= "4");
        problems
            .filter_map(|(status, response)| {
                let described = text(&response["description"]);
                let named = described.split(", ").map_while(|part| part.strip_prefix('`'));
                codes.extend(named.filter_map(|part| Some(part.split_once('`')?.0.to_owned())));
                let begins = described.starts_with('`');
                (!begins).then(|| format!("{status} does not begin with its code"))
            })
            .collect()
    });
    for code in codes {
        let page = docs.get(&format!("/errors/{code}")).await;
        assert_eq!(page.status, 200, "functions/docs/src/error_codes.rs lacks {code}");
    }
}
