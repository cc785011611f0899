//! Strange text in every place where somebody may write: it is refused, or kept as it came.

use crate::document::{Operation, operations};
use crate::shapes::Shape;
use crate::street::{Street, Things};
use domain::accounts::Role;
use serde_json::{Value, json};
use std::fmt::Write as _;
use testkit::{Answer, Person};

/// Stands for what JSON can write and no string of ours can hold.
const LONE: &str = "lone-surrogate-here";

/// What people paste, and what others send on purpose.
const CORPUS: [(&str, &str); 14] = [
    ("NUL", "a\u{0}b"),
    ("a lone surrogate", LONE),
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
    ("beyond Unicode's letters", "\u{fffe}\u{10ffff}"),
];

/// The corpus, alone and after what fits, so that a pattern's start is met as well.
fn words(example: &Value) -> Vec<(&'static str, String)> {
    let example = example.as_str().unwrap_or_default();
    let both = |(name, word): &(&'static str, &str)| {
        [(*name, (*word).to_owned()), (*name, format!("{example}{word}"))]
    };
    CORPUS.iter().flat_map(both).collect()
}

/// The ids in a body's example become those of things that are there, and what may be taken once is new.
fn at_home(body: &mut Value, things: &Things, fresh: &str) {
    match body {
        Value::Object(members) => {
            members.remove("expected_total");
            if let Some(sku) = members.get_mut("sku") {
                *sku = fresh.into();
            }
            members.values_mut().for_each(|member| at_home(member, things, fresh));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| at_home(item, things, fresh)),
        Value::String(text) => {
            let id = things.addresses.values().find(|id| {
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
    street: &Street,
    (operation, things, admin): (&Operation, &Things, &Person),
    body: &Value,
    key: &str,
) -> Answer {
    let tag = street.tag_of(operation, things, admin).await;
    let call = street.knock_at(operation, things).by(admin).header("if-match", &tag).key(key);
    call.raw("application/json", body.to_string().replace(LONE, "\\ud800")).await
}

#[tokio::test]
async fn strange_text_in_any_field_of_any_body_is_refused_or_kept_as_it_came() {
    let (mut fields, mut kept, mut refused) = (0, 0, 0);
    for operation in operations() {
        // A shop of its own: nobody is kept waiting for having tried too often.
        let street = Street::open().await;
        let Some(Shape { body, texts, .. }) = Shape::of(&operation, &street.schemas) else {
            continue;
        };
        let admin = street.shop.person(Role::Admin).await;
        let things = street.things().await;
        for place in texts {
            fields += 1;
            for (n, (name, word)) in words(body.pointer(&place).unwrap()).into_iter().enumerate() {
                let mut body = body.clone();
                if !place.contains("expected_total") {
                    at_home(&mut body, &things, &format!("SKU-{fields}-{n}"));
                }
                *body.pointer_mut(&place).unwrap() = word.clone().into();
                let key = format!("strange text {fields:05} {n:05}");
                let at = (&operation, &things, &admin);

                let answer = send(&street, at, &body, &key).await;

                let told = format!("{operation} {place}, {name}: {answer:?}");
                // Stripe is away here: what gets that far was taken.
                assert!(answer.status < 500 || answer.status == 502, "{told}");
                // A password is hashed byte by byte, and shown to nobody.
                let held = !place.ends_with("password") && !place.ends_with("new");
                if word.contains(LONE) || held && word.contains('\0') {
                    assert!((400..500).contains(&answer.status), "{told}");
                }
                if let Some(shown) = answer.body.pointer(&place).and_then(Value::as_str)
                    && answer.status < 300
                {
                    kept += 1;
                    assert_eq!(shown, word, "{told}");
                }
                refused += i32::from(matches!(answer.status, 400 | 422));
            }
        }
    }
    assert!(fields > 30, "{fields} fields");
    assert!(kept > 20, "{kept} kept");
    assert!(refused > 400, "{kept} kept, {refused} refused");
}

#[tokio::test]
async fn strange_text_in_any_parameter_of_any_query_breaks_nothing() {
    let street = Street::open().await;
    let admin = street.shop.person(Role::Admin).await;
    let things = street.things().await;
    // As bytes: a surrogate on its own, half a letter and a bad escape are no text at all.
    let escaped = |word: &str| {
        word.bytes().fold(String::new(), |mut all, byte| {
            write!(all, "%{byte:02x}").unwrap();
            all
        })
    };
    let mut corpus: Vec<_> = CORPUS.iter().map(|(name, word)| (*name, escaped(word))).collect();
    corpus.extend(
        [("a lone surrogate", "%ed%a0%80"), ("half a letter", "%c3"), ("%", "%zz")]
            .map(|(name, word)| (name, word.to_owned())),
    );
    let mut asked = 0;
    for operation in operations().into_iter().filter(|operation| operation.method == "GET") {
        let parameters = operation.said["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters.iter().filter(|one| one["in"] == "query") {
            let parameter = parameter["name"].as_str().unwrap();
            for (name, word) in &corpus {
                asked += 1;
                let path = street.address(&operation, &things);
                let address = format!("{path}?{parameter}={word}");
                let door = &street.doors[operation.function];

                let answer = door.get(&address).by(&admin).await;

                assert!(
                    matches!(answer.status, 200 | 400 | 404 | 422),
                    "{operation} {parameter}, {name}: {answer:?}"
                );
            }
        }
    }
    assert!(asked > 300, "{asked} questions");
}

#[tokio::test]
async fn an_address_has_one_account_however_it_is_written() {
    let street = Street::open().await;
    let register = async |email: &str| {
        let wish = json!({"email": email, "password": "plain words are fine"});
        street.doors["accounts"].post("/v1/auth/register", &wish).await.status
    };
    for email in ["Iris@Example.com", "iris@example.com", "IRIS@EXAMPLE.COM"] {
        assert!(register(email).await < 300, "{email}");
    }
    let rows = "select string_agg(email, ' ') from users";
    assert_eq!(street.shop.one::<String>(rows).await, "Iris@Example.com");
    // Lower-cased by some locales these would be iris too, or look like it.
    for email in ["\u{130}ris@example.com", "\u{131}ris@example.com", "i\u{307}ris@example.com"] {
        assert_eq!(register(email).await, 422, "{email}");
    }
}
