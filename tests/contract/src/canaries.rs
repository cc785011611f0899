//! Words that nobody else uses, put wherever people write, and looked for in the logs.

use crate::document::operations;
use crate::shapes::Shape;
use crate::street::Street;
use domain::accounts::Role;
use domain::inventory::CountMessage;
use domain::outbox::Message;
use lambda::queue::settle;
use serde_json::{Value, json};
use std::sync::LazyLock;
use testkit::Log;

/// What may stand in a log, because the shop gave it, or because it names a thing and no person.
const LOGGED: [&str; 3] = ["sku", "source", "sequence"];
const CANARY: &str = "canary7f3a";

/// All that was logged by whatever test of this run.
static LOG: LazyLock<Log> = LazyLock::new(Log::of_everybody);

/// A canary as it may pass for a text like `example`: as it is, within it, as an address, as a link.
fn disguises(example: &Value) -> Vec<String> {
    let example = example.as_str().unwrap_or_default();
    vec![
        CANARY.to_owned(),
        format!("{example}{CANARY}"),
        format!("{CANARY}@example.com"),
        format!("https://{CANARY}.example.com/"),
    ]
}

#[tokio::test]
async fn what_people_write_is_in_no_log() {
    LazyLock::force(&LOG);
    let mut fields = 0;
    for operation in operations() {
        // A shop of its own: nobody is kept waiting for having tried too often.
        let street = Street::open().await;
        let Some(Shape { body, texts, .. }) = Shape::of(&operation, &street.schemas) else {
            continue;
        };
        let admin = street.shop.person(Role::Admin).await;
        let things = street.things().await;
        for place in texts {
            if LOGGED.iter().any(|known| place.ends_with(known)) {
                continue;
            }
            fields += 1;
            let said = body.pointer(&place).unwrap();
            for disguise in disguises(said) {
                let mut body = body.clone();
                *body.pointer_mut(&place).unwrap() = disguise.into();
                let shown = street.tag_of(&operation, &things, &admin).await;
                let call = street.knock_at(&operation, &things).by(&admin);
                let call = call.header("if-match", &shown).key(&format!("{CANARY}{fields:010}"));

                let answer = call.json(&body).await;

                assert!(
                    answer.status < 500 || answer.status == 502,
                    "{operation} {place}: {answer:?}"
                );
                assert_eq!(LOG.telling(CANARY), Vec::<String>::new(), "{operation} {place}");
            }
        }
    }
    assert!(fields > 30, "{fields} fields");
    assert!(LOG.telling("/v1/orders").len() > 3, "nothing was logged at all");
}

#[tokio::test]
async fn what_is_asked_for_and_shown_to_get_in_is_in_no_log() {
    LazyLock::force(&LOG);
    let street = Street::open().await;
    for operation in operations() {
        let asked = operation.said["parameters"].as_array().into_iter().flatten();
        let asked = asked.filter(|parameter| parameter["in"] == "query");
        let asked: Vec<_> =
            asked.map(|one| format!("{}={CANARY}", one["name"].as_str().unwrap())).collect();
        let address = format!("{}?{}", operation.address(&street.schemas), asked.join("&"));
        let call =
            street.doors[operation.function].call(operation.method.parse().unwrap(), &address);
        let call = ["authorization", "cookie", "stripe-signature", "if-match", "user-agent"]
            .into_iter()
            .fold(call, |call, name| call.header(name, &format!("Bearer {CANARY}")));

        call.await;

        assert_eq!(LOG.telling(CANARY), Vec::<String>::new(), "{operation}");
    }
}

#[tokio::test]
async fn what_stripe_tells_of_people_is_in_no_log() {
    LazyLock::force(&LOG);
    let street = Street::open().await;
    let things = street.things().await;
    let intent = things.intent.clone();
    let mut event = intent.event("payment_failed", 1);
    let object = event.pointer_mut("/data/object").and_then(Value::as_object_mut).unwrap();
    for name in ["client_secret", "description", "receipt_email"] {
        object.insert(name.to_owned(), CANARY.into());
    }
    object.insert("last_payment_error".to_owned(), json!({"message": CANARY}));
    let whole = event.clone();
    let mut unreadable = event;
    unreadable["data"] = CANARY.into();
    for event in [whole, unreadable] {
        let answer = street.doors["stripe-webhook"].stripe_event(&event).await;

        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(LOG.telling(CANARY), Vec::<String>::new(), "{event}");
    }
}

#[tokio::test]
async fn what_a_queue_brings_is_in_no_log() {
    LazyLock::force(&LOG);
    let street = Street::open().await;
    let batch = |bodies: &[String]| {
        let record = |body: &String| json!({"messageId": "m-1", "body": body});
        let records: Vec<_> = bodies.iter().map(record).collect();
        serde_json::from_value(json!({"Records": records})).unwrap()
    };
    let count = json!({"v": 1, "source": "acme", "sequence": 1, "sku": "MUG-1", "on_hand": 4});
    let mail =
        json!({"v": 1, "type": "order_placed", "order": "ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87"});
    let mut garbled = vec![CANARY.to_owned(), json!(CANARY).to_string()];
    for whole in [&count, &mail] {
        for name in whole.as_object().unwrap().keys() {
            let mut one = whole.clone();
            one[name] = CANARY.into();
            garbled.push(one.to_string());
        }
        let mut more = whole.clone();
        more[CANARY] = CANARY.into();
        garbled.push(more.to_string());
    }
    let is_logged =
        |body: &&String| LOGGED.iter().any(|name| body.contains(&format!("\"{name}\":\"{CANARY}")));
    let garbled: Vec<_> = garbled.iter().filter(|body| !is_logged(body)).cloned().collect();

    let db = &street.shop.db;
    settle(batch(&garbled), async |count: CountMessage| sync_inventory::handle(db, count).await)
        .await;
    settle(batch(&garbled), async |_: Message| Ok(())).await;

    assert_eq!(LOG.telling(CANARY), Vec::<String>::new());
    assert!(LOG.telling("message cannot be read").len() > 8, "nothing was logged at all");
}
