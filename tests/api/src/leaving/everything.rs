//! A person does all that can be done, takes their data, and leaves: afterwards nothing of them is in any table.

use super::{Fixture, PASSWORD, Person, order};
use domain::id::PaymentId;
use serde_json::{Value, json};
use testkit::{Intent, Product, Response};

const EMAIL: &str = "Quillon.Zephyrdale@quux-mail.example";
const DEVICE: &str = "Zorbrowser/9.9";
/// What tells who it is. Of text that is kept in two spellings, both.
const TRACES: [&str; 18] = [
    "Zephyrdale",
    "zephyrdale",
    "quux-mail",
    "Wobblestreet",
    "Nimbusville",
    "Quiddity Ltd",
    "+49 30 7777 1234",
    "thrice on the door",
    "Zorbrowser",
    "ZTRACK77",
    "visit from Quillon",
    "Quillon had enough",
    "Quillon rang",
    "quillon-chose-this-key",
    "Hedge Row of Quillon",
    "too small for Quillon",
    "Quillon sends it to dock 4",
    "Quillon has worn it",
];

fn address() -> Value {
    json!({
        "shipping_address": {
            "name": "Quillon Zephyrdale", "company": "Quiddity Ltd", "line1": "Wobblestreet 77", "postal_code": "10115",
            "city": "Nimbusville", "country": "DE", "phone": "+49 30 7777 1234",
        },
        "note": "Knock thrice on the door",
    })
}

/// The events of a payment as Stripe sends them: with all that it knows of the person.
fn with_person(mut event: Value) -> Value {
    let person = json!({"name": "Quillon Zephyrdale", "email": EMAIL, "address": {"line1": "Wobblestreet 77"}});
    let object = event["data"]["object"].as_object_mut().unwrap();
    object.insert("receipt_email".to_owned(), json!(EMAIL));
    object.insert("shipping".to_owned(), person.clone());
    object.insert("charges".to_owned(), json!({"data": [{"billing_details": person}]}));
    event
}

/// What staff did for an order of the person, with a key: it can be repeated.
async fn ship(fixture: &Fixture, order: &str, key: &str) -> Response {
    let body = json!({"carrier": "DHL", "tracking_number": "ZTRACK77", "tracking_url": "https://dhl.example/ZTRACK77"});
    let path = format!("/v1/orders/{order}/ship");
    let shipped = fixture.orders.post(&path, &body).by(&fixture.staff).key(key).await;
    assert_eq!(shipped.status, 200, "{}", shipped.body);
    shipped
}

/// A checkout that never becomes an order.
async fn keep_checkout(fixture: &Fixture, person: &Person) {
    let product = fixture.shop.product(Product::any()).await;
    let body = json!({
        "lines": [{"product": product, "quantity": 2}], "note": "for Zephyrdale", "discount_codes": ["WELCOME"],
        "destination": {"country": "DE", "name": "Quillon Zephyrdale", "line1": "Hedge Row of Quillon"},
    });
    let key = "quillon-chose-this-key, too";
    let kept = fixture.checkouts.post("/v1/checkouts", &body).by(&person.user).key(key).await;
    assert_eq!(kept.status, 201, "{}", kept.body);
}

/// A return that staff reject, and one that they approve and receive.
async fn send_back(fixture: &Fixture, person: &Person, order: &str) {
    let note = json!({"note": "too small for Quillon"});
    for (action, body) in [
        ("reject", json!({"reason": "Quillon has worn it"})),
        ("approve", json!({"instructions": "Quillon sends it to dock 4"})),
    ] {
        let key = format!("quillon-chose-this-key to {action}");
        let path = format!("/v1/orders/{order}/returns");
        let made = fixture.orders.post(&path, &note).by(&person.user).key(&key).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let path = format!("/v1/returns/{}/{action}", made.text("/id"));
        let key = format!("a key of the staff to {action}");
        let done = fixture.orders.post(&path, &body).by(&fixture.staff).key(&key).await;
        assert_eq!(done.status, 200, "{}", done.body);
        if action == "approve" {
            let product = done.text("/lines/0/product");
            let lines = json!([{"product": product, "received": 1, "condition": "opened"}]);
            let path = format!("/v1/returns/{}/receive", made.text("/id"));
            let receive = fixture.orders.post(&path, &json!({"lines": lines})).by(&fixture.staff);
            let received = receive.key("a key of the staff to receive").await;
            assert_eq!(received.status, 200, "{}", received.body);
        }
    }
}

/// Registers, logs in twice, keeps a checkout, orders, pays on Stripe's page and in cash, sends something back, and cancels.
async fn live(fixture: &Fixture) -> (Person, Intent) {
    fixture.join(EMAIL, DEVICE).await;
    let person = fixture.log_in(EMAIL, DEVICE).await;
    assert_eq!(fixture.refresh(&person.refresh, DEVICE).await.status, 200);
    let user = &person.user;

    keep_checkout(fixture, &person).await;
    let paid = order(&fixture.place(user, "quillon-chose-this-key", address()).await);
    let urls = json!({"success_url": "https://shop.test/?who=Zephyrdale", "cancel_url": "https://shop.test/zephyrdale"});
    let page = format!("/v1/orders/{paid}/checkout-session");
    let page = fixture.payments.post(&page, &urls).by(user).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let payment: PaymentId = page.text("/payment").parse().unwrap();
    let intent =
        Intent { id: "pi_quill".to_owned(), payment, amount: 1999, currency: "EUR".to_owned() };
    for step in ["processing", "succeeded"] {
        let event = with_person(intent.event(step, 1));
        assert_eq!(fixture.webhook.stripe_event(&event).await.status, 200);
    }
    ship(fixture, &paid.to_string(), "a key of the staff for shipping").await;

    send_back(fixture, &person, &paid.to_string()).await;
    let refund =
        json!({"amount": {"amount": 500, "currency": "EUR"}, "reason": "Quillon had enough"});
    let path = format!("/v1/payments/{payment}/refunds");
    let key = "a key of the staff for refunds";
    let refund = fixture.payments.post(&path, &refund).by(&fixture.staff).key(key).await;
    assert_eq!(refund.status, 201, "{}", refund.body);
    let id = refund.text("/id").parse().unwrap();
    let event = intent.refund_event("re_quill", "succeeded", 500, Some(id), 9);
    assert_eq!(fixture.webhook.stripe_event(&with_person(event)).await.status, 200);

    let cash = order(&fixture.place(user, "a key for an order in cash", address()).await);
    let path = format!("/v1/orders/{cash}/confirm");
    let reason = json!({"reason": "Cash, on a visit from Quillon"});
    let key = "a key of the staff for cash";
    let confirmed = fixture.orders.post(&path, &reason).by(&fixture.staff).key(key).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    ship(fixture, &cash.to_string(), "another key of the staff").await;

    let path = format!("/v1/orders/{cash}/comments");
    let comment = json!({"text": "Quillon rang"});
    let key = "a key of the staff for a comment";
    let commented = fixture.orders.post(&path, &comment).by(&fixture.staff).key(key).await;
    assert_eq!(commented.status, 201, "{}", commented.body);

    let gone = order(&fixture.place(user, "a key for an order to cancel", address()).await);
    let cancel =
        fixture.orders.call(axum::http::Method::POST, &format!("/v1/orders/{gone}/cancel"));
    assert_eq!(cancel.by(user).key("a key to cancel with").await.status, 200);
    fixture.send_emails().await;
    (person, intent)
}

#[tokio::test]
async fn whoever_leaves_is_in_no_table_any_more_and_the_books_stay_as_they_are() {
    let fixture = Fixture::open().await;
    let (person, intent) = live(&fixture).await;
    for trace in TRACES {
        assert_ne!(fixture.shop.tables_with(trace).await, [""; 0], "{trace} was never there");
    }
    let before = fixture.books().await;

    let left = fixture.leave(&person.user, PASSWORD).await;

    assert_eq!((left.status, &left.body), (204, &Value::Null), "{}", left.body);
    for trace in TRACES {
        assert_eq!(fixture.shop.tables_with(trace).await, [""; 0], "{trace}");
    }
    assert_eq!(fixture.books().await, before);
    let traces = "select count(*) from sign_in_places";
    assert_eq!(fixture.shop.one::<i64>(traces).await, 0, "where they were");
    fixture.shop.check_invariants().await;

    // What Stripe and the queues still bring has no trace of them either.
    let late = intent.refund_event("re_later", "succeeded", 100, None, 20);
    assert_eq!(fixture.webhook.stripe_event(&with_person(late)).await.status, 200);
    let unread = with_person(intent.event("amount_capturable_updated", 30));
    assert_eq!(fixture.webhook.stripe_event(&unread).await.status, 200);
    fixture.send_emails().await;
    for trace in TRACES {
        assert_eq!(fixture.shop.tables_with(trace).await, [""; 0], "{trace}, later");
    }
    assert_eq!(fixture.shop.one::<i64>("select sum(refunded_minor)::int8 from orders").await, 600);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn what_the_shop_knows_of_a_person_is_all_in_the_export() {
    let fixture = Fixture::open().await;
    let (person, _) = live(&fixture).await;
    let other = fixture.join("somebody@else.example", "Lynx/2.9").await;
    order(
        &fixture.place(&other.user, "a key of somebody else", json!({"note": "not theirs"})).await,
    );
    let before = fixture.shop.snapshot().await;

    let export = fixture.export(&person.user, "").await;

    assert_eq!(export.status, 200, "{}", export.body);
    let text = export.body.to_string();
    let unknown = ["zephyrdale", "quillon-chose-this-key"];
    for trace in TRACES.into_iter().filter(|trace| !unknown.contains(trace)) {
        assert!(text.contains(trace), "{trace}: {text}");
    }
    assert!(!text.contains("not theirs") && !text.contains("Lynx"), "{text}");
    assert!(!text.contains(&fixture.staff.id.to_string()), "staff are not theirs: {text}");
    assert_eq!(export.text("/account/id"), person.user.id.to_string());
    assert_eq!(export.text("/sessions/0/network"), "203.0.113.0/24");
    let kinds = |emails: &Value| {
        let emails = emails.as_array().unwrap().iter();
        emails.map(|one| one["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let orders = export.body["orders"].as_array().unwrap();
    let statuses: Vec<_> = orders.iter().map(|order| &order["status"]).collect();
    assert_eq!(statuses, ["cancelled", "shipped", "shipped"], "the newest first");
    assert_eq!(kinds(&orders[0]["emails"]), ["order_received", "order_cancelled"]);
    assert_eq!(
        kinds(&orders[2]["emails"]),
        [
            "order_received",
            "order_confirmed",
            "order_shipped",
            "return_requested",
            "return_rejected",
            "return_requested",
            "return_approved",
            "return_received",
            "refund_issued",
        ]
    );
    assert_eq!(orders[2]["refunds"][0]["reason"], "Quillon had enough");
    assert_eq!(orders[2]["payments"][0]["stripe_payment_intent"], "pi_quill");
    assert_eq!(export.body["next_cursor"], Value::Null);
    assert_eq!(fixture.shop.snapshot().await, before, "an export changes nothing");
}

#[tokio::test]
async fn what_staff_did_for_somebody_who_left_can_be_repeated_without_them() {
    let fixture = Fixture::open().await;
    let (person, _) = live(&fixture).await;
    let paid = "select 'ord_' || replace(order_id::text, '-', '') from payments where provider_pi = 'pi_quill'";
    let paid: String = fixture.shop.one(paid).await;
    let key = "a key of the staff for shipping";
    let first = ship(&fixture, &paid, key).await;
    assert_eq!(first.text("/shipment/tracking_number"), "ZTRACK77");
    fixture.leave(&person.user, PASSWORD).await;

    let again = ship(&fixture, &paid, key).await;

    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let mut expected = first.body;
    for pointer in
        ["/shipping_address", "/note", "/shipment/tracking_number", "/shipment/tracking_url"]
    {
        *expected.pointer_mut(pointer).unwrap() = Value::Null;
    }
    assert_eq!(again.body, expected);
    let shown = fixture.orders.get(&format!("/v1/orders/{paid}")).by(&fixture.staff).await;
    assert_eq!((shown.status, shown.text("/status")), (200, "shipped"));
    assert_eq!(shown.body["shipping_address"], Value::Null);
}
