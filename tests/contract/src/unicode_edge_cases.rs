//! Unusual Unicode in every string of every request: it is refused, or stored and returned unchanged.

use crate::all_functions::{AllFunctions, Resources};
use crate::document::{Operation, operations};
use crate::example_bodies::ExampleBody;
use domain::accounts::Role;
use serde_json::{Value, json};
use std::fmt::Write as _;
use testkit::{Response, User};

/// A placeholder for `\ud800`, which JSON can express and a Rust string cannot hold.
const LONE_SURROGATE: &str = "lone-surrogate-here";

/// Text that users paste by accident, and that attackers send on purpose.
const CORPUS: [(&str, &str); 14] = [
    ("NUL", "a\u{0}b"),
    ("a lone surrogate", LONE_SURROGATE),
    ("right to left", "abc\u{202e}cba"),
    ("joined emoji", "👩\u{200d}👩\u{200d}👧"),
    ("NFC", "caf\u{e9}"),
    ("NFD", "cafe\u{301}"),
    ("four bytes", "𝒳 𐍈 🜁"),
    ("control characters", "a\u{1}\u{7}\u{1b}[2J\u{7f}\u{85}"),
    ("line breaks", "a\r\nb\u{2028}c"),
    ("zero width", "a\u{200b}\u{feff}b"),
    ("a Turkish address", "\u{130}STANBUL@example.com"),
    ("an address as NFC", "ren\u{e9}@example.com"),
    ("an address as NFD", "rene\u{301}@example.com"),
    ("noncharacters", "\u{fffe}\u{10ffff}"),
];

/// The corpus, alone and after a valid example, to pass checks of the first characters.
fn texts(example: &Value) -> Vec<(&'static str, String)> {
    let example = example.as_str().unwrap_or_default();
    let both = |(name, text): &(&'static str, &str)| {
        [(*name, (*text).to_owned()), (*name, format!("{example}{text}"))]
    };
    CORPUS.iter().flat_map(both).collect()
}

/// Replaces the example ids in a body by those of `resources`, and its SKU by `sku`, which no product has yet.
fn make_valid(body: &mut Value, resources: &Resources, sku: &str) {
    match body {
        Value::Object(members) => {
            members.remove("expected_total");
            if let Some(member) = members.get_mut("sku") {
                *member = sku.into();
            }
            members.values_mut().for_each(|member| make_valid(member, resources, sku));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| make_valid(item, resources, sku)),
        Value::String(text) => {
            let id = resources.path_parameters.values().find(|id| {
                let kind = id.split_once('_').map_or("", |(kind, _)| kind);
                text.split_once('_').is_some_and(|(is, id)| is == kind && id.len() == 32)
            });
            if let Some(id) = id {
                text.clone_from(id);
            }
        }
        _ => {}
    }
}

async fn send(
    functions: &AllFunctions,
    (operation, resources, admin): (&Operation, &Resources, &User),
    body: &Value,
    key: &str,
) -> Response {
    let etag = functions.etag(operation, resources, admin).await;
    let call = functions.call_on(operation, resources).by(admin).header("if-match", &etag).key(key);
    call.raw("application/json", body.to_string().replace(LONE_SURROGATE, "\\ud800")).await
}

#[tokio::test]
async fn strange_text_in_any_field_of_any_body_is_refused_or_kept_as_it_came() {
    let (mut fields, mut kept, mut refused) = (0, 0, 0);
    for operation in operations() {
        // A database for each operation, so that no rate limit is reached.
        let functions = AllFunctions::open().await;
        let Some(ExampleBody { body, strings, .. }) =
            ExampleBody::of(&operation, &functions.schemas)
        else {
            continue;
        };
        let admin = functions.shop.user(Role::Admin).await;
        let resources = functions.resources().await;
        for place in strings {
            fields += 1;
            for (n, (name, text)) in texts(body.pointer(&place).unwrap()).into_iter().enumerate() {
                let mut body = body.clone();
                if !place.contains("expected_total") {
                    make_valid(&mut body, &resources, &format!("SKU-{fields}-{n}"));
                }
                *body.pointer_mut(&place).unwrap() = text.clone().into();
                let key = format!("strange text {fields:05} {n:05}");
                let at = (&operation, &resources, &admin);

                let response = send(&functions, at, &body, &key).await;

                let context = format!("{operation} {place}, {name}: {response:?}");
                // Stripe cannot be reached here: a request that gets that far was valid.
                assert!(response.status < 500 || response.status == 502, "{context}");
                // A password may hold any character: its bytes are hashed, and it is never stored or returned.
                let is_stored = !place.ends_with("password") && !place.ends_with("new");
                if text.contains(LONE_SURROGATE) || is_stored && text.contains('\0') {
                    assert!((400..500).contains(&response.status), "{context}");
                }
                if let Some(shown) = response.body.pointer(&place).and_then(Value::as_str)
                    && response.status < 300
                {
                    kept += 1;
                    // Regions of rates and zones are kept as those of addresses are compared with them.
                    let is_compared = operation.function == "catalog" && place.ends_with("/region");
                    let as_kept = if is_compared { text.to_uppercase() } else { text };
                    assert_eq!(shown, as_kept, "{context}");
                }
                refused += i32::from(matches!(response.status, 400 | 422));
            }
        }
    }
    assert!(fields > 30, "{fields} fields");
    assert!(kept > 20, "{kept} kept");
    assert!(refused > 400, "{kept} kept, {refused} refused");
}

#[tokio::test]
async fn strange_text_in_any_parameter_of_any_query_breaks_nothing() {
    let functions = AllFunctions::open().await;
    let admin = functions.shop.user(Role::Admin).await;
    let resources = functions.resources().await;
    let escaped = |text: &str| {
        text.bytes().fold(String::new(), |mut all, byte| {
            write!(all, "%{byte:02x}").unwrap();
            all
        })
    };
    let mut corpus: Vec<_> = CORPUS.iter().map(|(name, text)| (*name, escaped(text))).collect();
    // Not valid UTF-8, and not a valid escape.
    corpus.extend(
        [("a lone surrogate", "%ed%a0%80"), ("a truncated character", "%c3"), ("%", "%zz")]
            .map(|(name, text)| (name, text.to_owned())),
    );
    let mut asked = 0;
    for operation in operations().into_iter().filter(|operation| operation.method == "GET") {
        let parameters = operation.spec["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters.iter().filter(|one| one["in"] == "query") {
            let parameter = parameter["name"].as_str().unwrap();
            for (name, text) in &corpus {
                asked += 1;
                let path = functions.path(&operation, &resources);
                let path = format!("{path}?{parameter}={text}");
                let api = &functions.apis[operation.function];

                let response = api.get(&path).by(&admin).await;

                assert!(
                    matches!(response.status, 200 | 400 | 404 | 422),
                    "{operation} {parameter}, {name}: {response:?}"
                );
            }
        }
    }
    assert!(asked > 300, "{asked} requests");
}

#[tokio::test]
async fn an_address_has_one_account_however_it_is_written() {
    let functions = AllFunctions::open().await;
    let register = async |email: &str| {
        let body = json!({"email": email, "password": "plain words are fine"});
        functions.apis["accounts"].post("/v1/auth/register", &body).await.status
    };
    for email in ["Iris@Example.com", "iris@example.com", "IRIS@EXAMPLE.COM"] {
        assert!(register(email).await < 300, "{email}");
    }
    let rows = "select string_agg(email, ' ') from users";
    assert_eq!(functions.shop.one::<String>(rows).await, "Iris@Example.com");
    // In some locales the lower case of these is `iris`, or looks like it.
    for email in ["\u{130}ris@example.com", "\u{131}ris@example.com", "i\u{307}ris@example.com"] {
        assert_eq!(register(email).await, 422, "{email}");
    }
}
