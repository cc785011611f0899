//! The OpenAPI document: that it is committed as it is, and that it tells a stranger everything.

use crate::document::{self, Operation, entries, operations, resolved, schemas};
use crate::{published, workspace};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use testkit::{Door, Shop};

const COMMITTED: &str = "functions/docs/openapi.json";
/// They ask nobody, and so nobody can be away.
const WITHOUT_DATABASE: [&str; 6] =
    ["show_docs", "show_error", "show_health", "show_keys", "show_openapi", "show_version"];
/// Sent again they do no harm, whatever key comes with them. Most have no user whose key it could be, or
/// answer with secrets that must not be kept; dead letters lie in SQS, and what they ask for happens once.
const NEED_NO_KEY: [&str; 16] = [
    "change_password",
    "create_checkout_session",
    "create_payment_intent",
    "forgot_password",
    "log_in",
    "log_out",
    "receive_stripe_event",
    "redrive_dead_letter",
    "redrive_dead_letters",
    "refresh_session",
    "register_account",
    "replay_stripe_event",
    "request_reconciliation",
    "resend_verification",
    "reset_password",
    "verify_email",
];
/// They refuse other proofs than a token.
const OTHER_PROOFS: [&str; 2] = ["log_in", "refresh_session"];

#[test]
fn the_published_document_is_what_the_functions_say() {
    published::compare(COMMITTED, &document::whole());
}

/// Fails with every operation that breaks a rule, and how.
fn every_operation(mut faults: impl FnMut(&Operation) -> Vec<String>) {
    let operations = operations();
    assert!(operations.len() > 20, "operations are missing");
    let mut all = Vec::new();
    for operation in &operations {
        all.extend(faults(operation).into_iter().map(|fault| format!("{operation}: {fault}")));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

fn unless(fine: bool, fault: &str) -> Vec<String> {
    if fine { Vec::new() } else { vec![fault.to_owned()] }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn says(value: &Value) -> bool {
    !text(value).trim().is_empty()
}

#[test]
fn every_operation_has_a_summary_and_one_of_our_tags() {
    let known = document::whole();
    let tags: BTreeSet<_> =
        known["tags"].as_array().unwrap().iter().map(|tag| text(&tag["name"])).collect();
    let mut used = BTreeSet::new();
    every_operation(|operation| {
        let tag = text(&operation.said["tags"][0]).to_owned();
        let mut faults = unless(says(&operation.said["summary"]), "no summary");
        faults
            .extend(unless(tags.contains(tag.as_str()), "a tag that document.rs does not explain"));
        used.insert(tag);
        faults
    });
    assert!(tags.iter().all(|tag| used.contains(*tag)), "a tag of document.rs has no operation");
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
        let parameters = operation.said["parameters"].as_array().into_iter().flatten();
        let dumb = parameters.filter(|parameter| !says(&parameter["description"]));
        dumb.map(|parameter| format!("{} is not described", parameter["name"])).collect()
    });
}

#[test]
fn every_request_body_has_an_example() {
    let schemas = schemas();
    every_operation(|operation| {
        let has_body = operation.said.get("requestBody").is_some();
        unless(!has_body || operation.example(&schemas).is_some(), "the body has no example")
    });
}

#[test]
fn every_answer_that_is_no_success_is_a_problem() {
    every_operation(|operation| {
        let responses = entries(&operation.said["responses"]);
        let wrong = responses.filter(|(status, response)| {
            let content: Vec<_> = entries(&response["content"]).collect();
            match status.as_bytes()[0] {
                b'2' => false,
                // Not modified: nothing to say.
                b'3' => !content.is_empty(),
                _ => !matches!(content.as_slice(), [(kind, body)] if *kind == "application/problem+json"
                    && body["schema"]["$ref"] == "#/components/schemas/Problem"),
            }
        });
        wrong.map(|(status, _)| format!("{status} is no problem")).collect()
    });
}

#[test]
fn every_post_honours_a_key_or_is_known_to_need_none() {
    let mut without = BTreeSet::new();
    every_operation(|operation| {
        let parameters = operation.said["parameters"].as_array().into_iter().flatten();
        let mut headers = parameters.filter(|parameter| parameter["in"] == "header");
        let takes_a_key = headers.any(|header| header["name"] == "Idempotency-Key");
        if operation.method == "POST" && !takes_a_key {
            without.insert(operation.id().to_owned());
        }
        let bad = text(&operation.said["responses"]["400"]["description"]);
        unless(takes_a_key == bad.contains("`bad_idempotency_key`"), "400 and the key disagree")
    });
    assert_eq!(without, NEED_NO_KEY.map(str::to_owned).into());
}

#[test]
fn who_needs_a_token_says_what_happens_without() {
    every_operation(|operation| {
        let refuses = operation.said["responses"].get("401").is_some();
        let asks = operation.keys().contains(&"bearer") || OTHER_PROOFS.contains(&operation.id());
        unless(refuses == asks, "401 is documented if, and only if, tokens are looked at")
    });
}

#[test]
fn who_needs_the_database_says_what_happens_without() {
    every_operation(|operation| {
        let warns = operation.said["responses"].get("503").is_some();
        unless(
            warns != WITHOUT_DATABASE.contains(&operation.id()),
            "is 503 documented, or not needed?",
        )
    });
}

/// Addresses end up in the logs of everybody on the way. An admin looks for people by the beginning of theirs.
#[test]
fn no_secret_and_no_person_stands_in_an_address() {
    const TELLING: [&str; 7] =
        ["token", "secret", "password", "email", "name", "signature", "card"];
    every_operation(|operation| {
        let parameters = operation.said["parameters"].as_array().into_iter().flatten();
        let places = parameters.filter(|parameter| parameter["in"] != "header");
        let names = places.filter_map(|parameter| parameter["name"].as_str());
        let telling = names.filter(|name| TELLING.iter().any(|word| name.contains(word)));
        let known = |name: &&str| (operation.id(), *name) == ("list_users", "email");
        telling
            .filter(|name| !known(name))
            .map(|name| format!("{name} is in the address"))
            .collect()
    });
}

#[test]
fn every_security_scheme_is_declared() {
    let declared = document::whole()["components"]["securitySchemes"].clone();
    every_operation(|operation| {
        unless(operation.keys().iter().all(|key| declared.get(key).is_some()), "an unknown scheme")
    });
}

#[test]
fn every_schema_that_is_referred_to_is_there() {
    fn look(value: &Value, schemas: &BTreeMap<String, Value>, used: &mut BTreeSet<String>) {
        let reference = value["$ref"].as_str().filter(|to| to.starts_with("#/components/schemas"));
        if let Some(reference) = reference {
            resolved(value, schemas);
            used.insert(reference.rsplit('/').next().unwrap_or_default().to_owned());
        }
        for below in value.as_array().into_iter().flatten() {
            look(below, schemas, used);
        }
        for (_, below) in entries(value) {
            look(below, schemas, used);
        }
    }
    let (schemas, mut used) = (schemas(), BTreeSet::new());

    look(&document::whole(), &schemas, &mut used);

    let unused: Vec<_> = schemas.keys().filter(|name| !used.contains(*name)).collect();
    assert!(unused.is_empty(), "nobody refers to {unused:?}");
}

/// OpenAPI knows no null, but in what an example shows.
#[test]
fn nothing_is_null_but_in_an_example() {
    fn look(value: &Value, place: &str, found: &mut Vec<String>) {
        match value {
            Value::Null => found.push(place.to_owned()),
            Value::Array(items) => items.iter().for_each(|item| look(item, place, found)),
            _ => {}
        }
        let fields =
            entries(value).filter(|(key, _)| !["example", "examples"].contains(&key.as_str()));
        for (key, below) in fields {
            look(below, &format!("{place}/{key}"), found);
        }
    }
    let mut found = Vec::new();

    look(&document::whole(), "", &mut found);

    assert!(found.is_empty(), "{found:#?}");
}

/// One function cannot tell two types of one name apart; its document would show the last one only.
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
                panic!("{first} and {} both have a {name}: #[schema(as = …)]", file.path);
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
    let docs = Door::new(docs::routes(), Shop::open().await.db);
    let mut codes = BTreeSet::new();
    every_operation(|operation| {
        let problems =
            entries(&operation.said["responses"]).filter(|(status, _)| status.as_str() >= "4");
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
