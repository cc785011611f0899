//! `/v1/ops/attention` lists what waits for a person, and each has a way out by a request.

use super::Fixture;
use crate::order_lifecycle;
use domain::operations::{report_waiting, waiting};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{Order, Product, Response, send_all};

/// Puts everything that can wait into the shop, each a minute later than the one before. The orders of the refund, the dispute
/// and the warning have 5.00 EUR each.
const EVERYTHING: &str = "
    insert into stripe_events (event_id, type, object_id, created, received_at, livemode, raw, parked_reason, attempts, next_try_at)
    values ('evt_1', 'payment_intent.succeeded', 'pi_1', now(), now() - interval '9 minutes', false, '{}', 'unreadable', 10, now());
    insert into reconciliations (id, started_at, finished_at) values ('00000000-0000-7000-8000-0000000000f9', now(), now());
    insert into reconciliation_findings (reconciliation_id, kind, subject, ours, told, healed, found_at) values
        ('00000000-0000-7000-8000-0000000000f9', 'payment_unknown', 'pi_9', null, 'succeeded', false, now() - interval '8 minutes');
    insert into stock_discrepancies (product_id, source, sequence, counted, reserved, found_at)
        select id, 'north', 7, 1, 2, now() - interval '7 minutes' from products limit 1;
    insert into emails (dedupe_key, kind, status, claim_token, claimed_until, failure, created_at) values
        ('order_placed:1', 'order_received', 'failed', gen_random_uuid(), now(), 'no such mailbox', now() - interval '6 minutes');
    insert into refunds (id, payment_id, provider_refund, amount_minor, status, origin, failure_reason, updated_at)
        select '00000000-0000-7000-8000-000000000081', p.id, 're_1', 100, 'failed', 'api', 'expired_or_canceled_card',
               now() - interval '5 minutes'
        from payments p join orders o on o.id = p.order_id order by o.created_at limit 1;
    insert into disputes (id, payment_id, provider_dispute, amount_minor, currency, reason, status, told_at, evidence_due_at, created_at)
        select '00000000-0000-7000-8000-0000000000a1', p.id, 'dp_1', 500, 'EUR', 'fraudulent', 'needs_response', now(),
               now() + interval '7 days', now() - interval '4 minutes'
        from payments p join orders o on o.id = p.order_id order by o.created_at offset 1 limit 1;
    insert into fraud_warnings (id, payment_id, provider, kind, reason, opened_at)
        select '00000000-0000-7000-8000-0000000000a2', p.id, 'issfr_1', 'early_fraud_warning', 'made_with_stolen_card',
               now() - interval '3 minutes'
        from payments p join orders o on o.id = p.order_id order by o.created_at offset 2 limit 1;
    insert into returns (id, order_id, status, requested_at)
        select '00000000-0000-7000-8000-0000000000a3', id, 'requested', now() - interval '2 minutes'
        from orders order by created_at limit 1;
    update orders set on_hold = true where id = (select id from orders order by created_at offset 2 limit 1)";

const KINDS: [&str; 9] = [
    "parked_stripe_event",
    "reconciliation_finding",
    "stock_discrepancy",
    "failed_email",
    "failed_refund",
    "dispute",
    "fraud_warning",
    "requested_return",
    "refunded_order",
];

impl Fixture {
    /// A shop in which one of each kind waits.
    async fn in_need() -> Self {
        let fixture = Self::new().await;
        let product = fixture.shop.product(Product { price: 500, ..Product::any() }).await;
        let buyer = fixture.shop.customer().await;
        for _ in 0..4 {
            fixture.shop.confirmed_order(&buyer, Order { product, quantity: 1 }).await;
        }
        fixture.shop.admin.batch_execute(EVERYTHING).await.unwrap();
        let last = fixture.shop.one("select id from orders order by created_at desc limit 1").await;
        fixture.shop.refund(last, 500).await;
        fixture
    }

    async fn waiting(&self) -> Vec<Value> {
        let list = self.get("attention").await;
        assert_eq!(list.status, 200, "{}", list.body);
        list.body["data"].as_array().unwrap().clone()
    }

    async fn item(&self, kind: &str) -> Option<Value> {
        self.waiting().await.into_iter().find(|item| item["kind"] == kind)
    }

    async fn acknowledge(&self, item: &Value, reason: &str) -> Response {
        let (kind, id) = (item["kind"].as_str().unwrap(), item["subject"]["id"].as_str().unwrap());
        let path = format!("attention/{kind}/{id}/acknowledge");
        self.post(&path).json(&json!({"reason": reason})).await
    }
}

fn kinds(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_waits_for_a_person_is_listed_oldest_first_whatever_it_is() {
    let fixture = Fixture::in_need().await;

    let items = fixture.waiting().await;

    assert_eq!(kinds(&items), KINDS);
    let refund = &items[4];
    assert_eq!(refund["amount"], json!({"amount": 100, "currency": "EUR"}));
    assert_eq!(refund["detail"], "api: expired_or_canceled_card");
    assert_eq!(
        items[5]["due_at"].as_str().map(str::len),
        Some(items[5]["since"].as_str().unwrap().len())
    );
    assert_eq!(items[8]["amount"]["amount"], 500);
}

#[tokio::test]
async fn the_list_is_read_page_by_page_without_gap_or_repetition() {
    let fixture = Fixture::in_need().await;

    let mut path = "attention?limit=3".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = fixture.get(&path).await;
        seen.extend(page.body["data"].as_array().unwrap().iter().cloned());
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        path = format!("attention?limit=3&cursor={next}");
    }

    assert_eq!(kinds(&seen), KINDS);
}

#[tokio::test]
async fn every_action_is_a_route_of_the_shop() {
    let fixture = Fixture::in_need().await;
    let document: Value =
        serde_json::from_str(include_str!("../../../../functions/docs/openapi.json")).unwrap();
    let routes: BTreeMap<String, Value> =
        serde_json::from_value(document["paths"].clone()).unwrap();
    let fits = |route: &str, path: &str| {
        let (route, path): (Vec<_>, Vec<_>) =
            (route.split('/').collect(), path.split('/').collect());
        let same = |(wanted, given): (&&str, &&str)| wanted.starts_with('{') || wanted == given;
        route.len() == path.len() && route.iter().zip(&path).all(same)
    };

    let items = fixture.waiting().await;

    for action in items.iter().flat_map(|item| item["actions"].as_array().unwrap()) {
        let (method, path) = (action["method"].as_str().unwrap(), action["path"].as_str().unwrap());
        let method = method.to_lowercase();
        let is_known =
            routes.iter().any(|(route, methods)| fits(route, path) && !methods[&method].is_null());
        assert!(is_known, "{action}");
    }
    assert!(items.iter().all(|item| !item["actions"].as_array().unwrap().is_empty()));
}

#[tokio::test]
async fn what_is_acknowledged_leaves_the_list_and_keeps_its_first_reason() {
    let fixture = Fixture::in_need().await;

    for kind in &KINDS[..6] {
        let item = fixture.item(kind).await.unwrap();
        let (one, twin) = tokio::join!(
            fixture.acknowledge(&item, "Looked at"),
            fixture.acknowledge(&item, "Looked at")
        );
        let again = fixture.acknowledge(&item, "Another reason").await;
        assert_eq!((one.status, twin.status, again.status), (200, 200, 200), "{}", one.body);
        assert_eq!((&again.body, &again.body["reason"]), (&one.body, &json!("Looked at")));
    }

    assert_eq!(kinds(&fixture.waiting().await), KINDS[6..]);
    assert_eq!(fixture.shop.one::<i64>("select count(*) from acknowledgements").await, 6);
    let emails = fixture.get("emails").await;
    assert_eq!(emails.body["data"][0]["acknowledged"]["reason"], "Looked at");
}

#[tokio::test]
async fn goods_and_messages_that_wait_cannot_be_acknowledged_but_dealt_with() {
    let fixture = Fixture::in_need().await;
    let orders = order_lifecycle::api(&fixture.shop);
    let letters = json!({"kind": "dead_letters", "subject": {"id": "all"}});
    assert_eq!(
        fixture.acknowledge(&letters, "Let it wait").await.refusal().1,
        "not_acknowledgeable"
    );

    for (kind, action) in [
        ("fraud_warning", "release-hold"),
        ("requested_return", "approve"),
        ("refunded_order", "cancel"),
    ] {
        let item = fixture.item(kind).await.unwrap();
        let refused = fixture.acknowledge(&item, "Let it wait").await;
        let actions = item["actions"].as_array().unwrap().iter();
        let mut paths = actions.map(|action| action["path"].as_str().unwrap());
        let path = paths.find(|path| path.ends_with(action)).unwrap();
        let done = orders.post(path, &json!({})).by(&fixture.admin).await;
        assert_eq!(refused.refusal(), (409, "not_acknowledgeable"));
        assert_eq!(done.status, 200, "{}", done.body);
    }

    assert_eq!(kinds(&fixture.waiting().await), KINDS[..6]);
}

#[tokio::test]
async fn what_changes_after_it_was_acknowledged_waits_again() {
    let fixture = Fixture::in_need().await;
    for kind in ["dispute", "parked_stripe_event", "reconciliation_finding"] {
        let item = fixture.item(kind).await.unwrap();
        assert_eq!(fixture.acknowledge(&item, "Looked at").await.status, 200);
    }

    fixture.shop.run("update disputes set status = 'warning_needs_response'").await;
    fixture.post("stripe-events/evt_1/replay").await;
    let park = "update stripe_events set parked_reason = 'unreadable', next_try_at = now() + interval '1 hour'";
    fixture.shop.run(park).await;
    let same = "with run as (insert into reconciliations (id) values (gen_random_uuid()) returning id)
                insert into reconciliation_findings (reconciliation_id, kind, subject, ours, told, healed)
                select id, 'payment_unknown', 'pi_9', null, 'succeeded', false from run";
    fixture.shop.run(same).await;

    let waiting = fixture.waiting().await;
    assert_eq!(
        kinds(&waiting),
        [KINDS[0], KINDS[2], KINDS[3], KINDS[4], KINDS[5], KINDS[6], KINDS[7], KINDS[8]]
    );
}

#[tokio::test]
async fn a_refund_that_was_made_again_does_not_wait() {
    let fixture = Fixture::in_need().await;
    let again = "insert into refunds (id, payment_id, provider_refund, amount_minor, status, origin)
                 select gen_random_uuid(), payment_id, 're_again', 100, 'pending', 'api' from refunds where provider_refund = 're_1'";

    fixture.shop.run(again).await;

    assert_eq!(fixture.item("failed_refund").await, None);
}

#[tokio::test]
async fn nothing_else_can_be_acknowledged() {
    let fixture = Fixture::in_need().await;
    let sent = "insert into emails (dedupe_key, kind, status, claim_token, claimed_until, ses_message_id, sent_at)
                values ('order_placed:2', 'order_received', 'sent', gen_random_uuid(), now(), 'receipt', now())";
    fixture.shop.run(sent).await;
    let reason = json!({"reason": "Looked at"});
    let call = |path: &str| fixture.post(&format!("attention/{path}/acknowledge")).json(&reason);

    let answers = send_all([
        call("failed_email/order_placed:2"),
        call("failed_email/order_placed:3"),
        call("dispute/dp_1"),
        call("stock_discrepancy/99999999999999999999"),
        call("nonsense/1"),
    ])
    .await;
    let empty = fixture
        .post("attention/failed_email/order_placed:1/acknowledge")
        .json(&json!({"reason": " "}))
        .await;

    let refusals: Vec<_> = answers.iter().map(Response::refusal).collect();
    let unknown = (404, "nothing_waits");
    assert_eq!(refusals, [(409, "not_waiting"), unknown, unknown, unknown, (404, "not_found")]);
    assert_eq!((empty.status, empty.text("/errors/0/code")), (422, "empty"));
    assert_eq!(fixture.waiting().await.len(), KINDS.len());
}

#[tokio::test]
async fn staff_are_told_once_a_day_while_something_waits() {
    let fixture = Fixture::in_need().await;
    let told = "select count(*) from outbox where dedupe_key like 'attention_needed:%'";

    report_waiting(&fixture.shop.db).await.unwrap();
    report_waiting(&fixture.shop.db).await.unwrap();
    let waiting = waiting(&fixture.shop.db).await.unwrap().unwrap();

    // A new day may begin between the two.
    assert!((1..=2).contains(&fixture.shop.one::<i64>(told).await));
    let counts: Vec<_> =
        waiting.counts.iter().map(|(kind, pieces)| (kind.name(), *pieces)).collect();
    assert_eq!(counts, KINDS.map(|kind| (kind, 1)));
    assert!(waiting.since < testkit::clock().now());
}

#[tokio::test]
async fn nobody_is_told_that_nothing_waits() {
    let fixture = Fixture::new().await;

    report_waiting(&fixture.shop.db).await.unwrap();

    assert_eq!(waiting(&fixture.shop.db).await.unwrap(), None);
    assert_eq!(fixture.shop.one::<i64>("select count(*) from outbox").await, 0);
}

#[tokio::test]
async fn a_refund_that_fails_after_another_was_made_waits_as_well() {
    let fixture = Fixture::in_need().await;
    let before = "insert into refunds (id, payment_id, provider_refund, amount_minor, status, origin, created_at)
                  select gen_random_uuid(), payment_id, 're_before', 100, 'succeeded', 'api', now() - interval '1 hour'
                  from refunds where provider_refund = 're_1'";
    fixture.shop.run(before).await;

    let failed = fixture.item("failed_refund").await;
    fixture.shop.run("update refunds set status = 'canceled', updated_at = updated_at where provider_refund = 're_1'").await;
    let canceled = fixture.item("failed_refund").await;

    assert!(failed.is_some() && canceled.is_some(), "{failed:?} {canceled:?}");
}

#[tokio::test]
async fn another_difference_of_the_same_payment_waits_again() {
    let fixture = Fixture::in_need().await;
    let item = fixture.item("reconciliation_finding").await.unwrap();
    assert_eq!(fixture.acknowledge(&item, "Looked at").await.status, 200);
    let other = "with run as (
                     insert into reconciliations (id, started_at, finished_at) values (gen_random_uuid(), now(), now()) returning id)
                 insert into reconciliation_findings (reconciliation_id, kind, subject, ours, told, healed)
                 select id, 'payment_unknown', 'pi_9', null, 'canceled', false from run";

    fixture.shop.run(other).await;
    let list = fixture.get("reconciliations").await;

    assert!(fixture.item("reconciliation_finding").await.is_some());
    let open: Vec<_> =
        list.body["data"].as_array().unwrap().iter().map(|run| &run["open"]).collect();
    assert_eq!(open, [1, 0]);
}
