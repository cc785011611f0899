use super::Fixture;
use domain::operations::{Lag, report_dead_letters};
use domain::outbox::{Event, Message};
use serde_json::{Value, json};
use testkit::Shop;

#[tokio::test]
async fn the_outbox_tells_how_much_waits_for_how_long_and_what_fails() {
    let fixture = Fixture::new().await;
    let empty = fixture.get("outbox").await;
    assert_eq!(empty.body, json!({"waiting": 0, "oldest_seconds": null, "failing": []}));

    fixture
        .shop
        .run(
            "insert into outbox (topic, dedupe_key, payload, created_at, attempts, sent_at) values
             ('mail', 'fresh', '{}', now(), 0, null),
             ('mail', 'bad', '{}', now() - interval '90 seconds', 4, null),
             ('inventory', 'worse', '{}', now() - interval '60 seconds', 7, null),
             ('mail', 'gone', '{}', now() - interval '1 hour', 9, now())",
        )
        .await;

    let answer = fixture.get("outbox").await;
    assert_eq!(answer.body["waiting"], 3);
    assert!((90..100).contains(&answer.body["oldest_seconds"].as_i64().unwrap()));
    let failing: Vec<_> = answer.body["failing"].as_array().unwrap().iter().collect();
    assert_eq!(
        (&failing[0]["message"], &failing[0]["topic"]),
        (&json!("worse"), &json!("inventory"))
    );
    assert_eq!((failing.len(), &failing[1]["attempts"]), (2, &json!(4)));
}

#[tokio::test]
async fn mails_are_listed_the_newest_first_and_without_addresses() {
    let fixture = Fixture::new().await;
    fixture
        .shop
        .run(
            "insert into emails (dedupe_key, kind, status, claim_token, claimed_until, attempts,
                                 ses_message_id, failure, created_at, sent_at)
             select 'mail:' || n, 'order_received', case n when 3 then 'failed' else 'sent' end, gen_random_uuid(),
                    now(), n, case n when 3 then null else 'receipt' end, case n when 3 then 'refused' end,
                    now() + n * interval '1 second', case n when 3 then null else now() end
             from generate_series(1, 3) n",
        )
        .await;

    let first = fixture.get("emails?limit=2").await;
    let rest = fixture.get(&format!("emails?cursor={}", first.text("/next_cursor"))).await;

    let newest = &first.body["data"][0];
    assert_eq!((&newest["message"], &newest["failure"]), (&json!("mail:3"), &json!("refused")));
    assert_eq!((&newest["status"], &newest["sent_at"]), (&json!("failed"), &Value::Null));
    assert_eq!(first.body["data"][1]["message"], "mail:2");
    assert_eq!(
        (&rest.body["data"][0]["message"], &rest.body["has_more"]),
        (&json!("mail:1"), &json!(false))
    );
    let fields: Vec<_> = newest.as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        [
            "message",
            "kind",
            "status",
            "attempts",
            "failure",
            "created_at",
            "sent_at",
            "acknowledged"
        ]
    );
}

#[tokio::test]
async fn a_cursor_from_elsewhere_is_refused() {
    let fixture = Fixture::new().await;
    for path in ["emails?cursor=forged", "stripe-events?cursor=NQ"] {
        assert_eq!(fixture.get(path).await.refusal(), (400, "bad_cursor"), "{path}");
    }
}

#[tokio::test]
async fn where_no_dead_letters_lie_none_are_listed_or_found() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.get("dead-letters").await.body, json!({"data": []}));
    assert_eq!(fixture.post("dead-letters/redrive").await.body, json!({"redriven": 0}));
    let none = fixture.post("dead-letters/5fea7756-0ea4-451a-a703-a558b933e274/redrive").await;
    assert_eq!(none.refusal(), (404, "dead_letter_not_found"));
    let discard = fixture
        .post("dead-letters/5fea7756-0ea4-451a-a703-a558b933e274/discard")
        .json(&json!({"reason": "Unreadable"}));
    assert_eq!(discard.await.refusal(), (404, "dead_letter_not_found"));
}

#[tokio::test]
async fn dead_letters_are_told_of_once_an_hour() {
    let fixture = Fixture::new().await;
    let db = &fixture.shop.db;

    report_dead_letters(db, 0).await.unwrap();
    assert_eq!(fixture.shop.one::<i64>("select count(*) from outbox").await, 0);
    for _ in 0..2 {
        report_dead_letters(db, 3).await.unwrap();
    }

    let alerts: Vec<(Value, i64)> = fixture
        .shop
        .admin
        .query(
            "select payload, floor(extract(epoch from created_at) / 3600)::bigint from outbox",
            &[],
        )
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect();
    // A new hour may begin between the two reports.
    assert!((1..=2).contains(&alerts.len()));
    for (payload, hour) in alerts {
        let message: Message = serde_json::from_value(payload).unwrap();
        assert_eq!(message.event, Event::DeadLettersFound { hour });
    }
}

#[tokio::test]
async fn what_waits_is_measured_by_its_oldest_and_what_needs_a_person_is_not() {
    let shop = Shop::open().await;
    let lag = async || domain::operations::lag(&shop.db).await.unwrap();
    assert_eq!(lag().await, Lag { outbox: 0, events: 0 });

    for (age, sent) in [("90 seconds", "null"), ("3 hours", "now()"), ("20 seconds", "null")] {
        shop.run(&format!(
            "insert into outbox (topic, dedupe_key, payload, created_at, sent_at)
             values ('mail', '{age}', '{{}}', now() - interval '{age}', {sent})"
        ))
        .await;
    }
    for (id, age, parked) in [("evt_1", "7 minutes", "null"), ("evt_2", "3 days", "'unreadable'")] {
        shop.run(&format!(
            "insert into stripe_events (event_id, type, created, livemode, raw, received_at, parked_reason)
             values ('{id}', 'x', now(), false, '{{}}', now() - interval '{age}', {parked})"
        ))
        .await;
    }

    assert_eq!(lag().await, Lag { outbox: 90, events: 420 });
}
