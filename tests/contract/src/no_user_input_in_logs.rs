//! What users, Stripe and queues send is not logged: a marker is put into every input and looked for in the logs.

use crate::all_functions::AllFunctions;
use crate::document::operations;
use crate::example_bodies::ExampleBody;
use domain::accounts::Role;
use domain::inventory::CountMessage;
use domain::outbox::Message;
use lambda::queue::process_batch;
use serde_json::{Value, json};
use std::sync::LazyLock;
use testkit::Log;

/// Members that may be logged: they name products and suppliers, not people.
const LOGGED: [&str; 3] = ["sku", "source", "sequence"];
const MARKER: &str = "marker7f3a";

/// The log lines of all tests of this process.
static LOG: LazyLock<Log> = LazyLock::new(Log::of_all_tests);

/// The marker in the forms that validation may accept where `example` is valid: alone, as a suffix, in an email address, in a URL.
fn markers(example: &Value) -> Vec<String> {
    let example = example.as_str().unwrap_or_default();
    vec![
        MARKER.to_owned(),
        format!("{example}{MARKER}"),
        format!("{MARKER}@example.com"),
        format!("https://{MARKER}.example.com/"),
    ]
}

#[tokio::test]
async fn what_people_write_is_in_no_log() {
    LazyLock::force(&LOG);
    let mut fields = 0;
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
            if LOGGED.iter().any(|known| place.ends_with(known)) {
                continue;
            }
            fields += 1;
            for marker in markers(body.pointer(&place).unwrap()) {
                let mut body = body.clone();
                *body.pointer_mut(&place).unwrap() = marker.into();
                let etag = functions.etag(&operation, &resources, &admin).await;
                let call = functions.call_on(&operation, &resources).by(&admin);
                let call = call.header("if-match", &etag).key(&format!("{MARKER}{fields:010}"));

                let response = call.json(&body).await;

                assert!(
                    response.status < 500 || response.status == 502,
                    "{operation} {place}: {response:?}"
                );
                assert_eq!(LOG.containing(MARKER), Vec::<String>::new(), "{operation} {place}");
            }
        }
    }
    assert!(fields > 30, "{fields} fields");
    assert!(LOG.containing("/v1/orders").len() > 3, "nothing was logged at all");
}

#[tokio::test]
async fn what_is_asked_for_and_shown_to_get_in_is_in_no_log() {
    LazyLock::force(&LOG);
    let functions = AllFunctions::open().await;
    for operation in operations() {
        let parameters = operation.spec["parameters"].as_array().into_iter().flatten();
        let query = parameters.filter(|parameter| parameter["in"] == "query");
        let query: Vec<_> =
            query.map(|one| format!("{}={MARKER}", one["name"].as_str().unwrap())).collect();
        let path = format!("{}?{}", operation.example_path(&functions.schemas), query.join("&"));
        let call =
            functions.apis[operation.function].call(operation.method.parse().unwrap(), &path);
        let call = ["authorization", "cookie", "stripe-signature", "if-match", "user-agent"]
            .into_iter()
            .fold(call, |call, name| call.header(name, &format!("Bearer {MARKER}")));

        call.await;

        assert_eq!(LOG.containing(MARKER), Vec::<String>::new(), "{operation}");
    }
}

#[tokio::test]
async fn what_stripe_tells_of_people_is_in_no_log() {
    LazyLock::force(&LOG);
    let functions = AllFunctions::open().await;
    let resources = functions.resources().await;
    let intent = resources.intent.clone();
    let mut event = intent.event("payment_failed", 1);
    let object = event.pointer_mut("/data/object").and_then(Value::as_object_mut).unwrap();
    for name in ["client_secret", "description", "receipt_email"] {
        object.insert(name.to_owned(), MARKER.into());
    }
    object.insert("last_payment_error".to_owned(), json!({"message": MARKER}));
    let whole = event.clone();
    let mut unreadable = event;
    unreadable["data"] = MARKER.into();
    for event in [whole, unreadable] {
        let response = functions.apis["stripe-webhook"].stripe_event(&event).await;

        assert_eq!(response.status, 200, "{response:?}");
        assert_eq!(LOG.containing(MARKER), Vec::<String>::new(), "{event}");
    }
}

#[tokio::test]
async fn what_a_queue_brings_is_in_no_log() {
    LazyLock::force(&LOG);
    let functions = AllFunctions::open().await;
    let batch = |bodies: &[String]| {
        let record = |body: &String| json!({"messageId": "m-1", "body": body});
        let records: Vec<_> = bodies.iter().map(record).collect();
        serde_json::from_value(json!({"Records": records})).unwrap()
    };
    let count = json!({"v": 1, "source": "acme", "sequence": 1, "sku": "MUG-1", "on_hand": 4});
    let mail =
        json!({"v": 1, "type": "order_placed", "order": "ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87"});
    let mut garbled = vec![MARKER.to_owned(), json!(MARKER).to_string()];
    for whole in [&count, &mail] {
        for name in whole.as_object().unwrap().keys() {
            let mut one = whole.clone();
            one[name] = MARKER.into();
            garbled.push(one.to_string());
        }
        let mut more = whole.clone();
        more[MARKER] = MARKER.into();
        garbled.push(more.to_string());
    }
    let is_logged =
        |body: &&String| LOGGED.iter().any(|name| body.contains(&format!("\"{name}\":\"{MARKER}")));
    let garbled: Vec<_> = garbled.iter().filter(|body| !is_logged(body)).cloned().collect();

    let db = &functions.shop.db;
    process_batch(batch(&garbled), async |count: CountMessage| {
        sync_inventory::handle(db, count).await
    })
    .await;
    process_batch(batch(&garbled), async |_: Message| Ok(())).await;

    assert_eq!(LOG.containing(MARKER), Vec::<String>::new());
    assert!(LOG.containing("message cannot be read").len() > 8, "nothing was logged at all");
}
