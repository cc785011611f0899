//! Rows past their retention are deleted, and no others.

use super::Fixture;
use serde_json::json;
use testkit::{Intent, Shop};

/// Table, statement that inserts a row of age `$age`, and the retention.
const ROWS: [(&str, &str, &str); 11] = [
    (
        "rate_buckets",
        "insert into rate_buckets (bucket, tokens, at) values ('b', 1, now() - $age)",
        "2 days",
    ),
    (
        "idempotency_keys",
        "insert into idempotency_keys (user_id, key, method, route, fingerprint, created_at)
         select id, 'a key of sixteen..', 'POST', '/v1/orders', decode(repeat('ab', 32), 'hex'), now() - $age
         from users limit 1",
        "72 hours",
    ),
    (
        "links",
        "insert into links (id, user_id, purpose, hash, expires_at)
         select gen_random_uuid(), id, 'reset', decode(repeat('ab', 32), 'hex'), now() - $age from users limit 1",
        "7 days",
    ),
    (
        "links",
        "insert into links (id, user_id, purpose, hash, expires_at, used_at)
         select gen_random_uuid(), id, 'reset', decode(repeat('ab', 32), 'hex'), now() + interval '1 day', now() - $age
         from users limit 1",
        "7 days",
    ),
    (
        "sign_in_places",
        "insert into sign_in_places (place, seen_at) values (decode(repeat('ab', 32), 'hex'), now() - $age)",
        "56 days",
    ),
    (
        "refresh_tokens",
        "insert into refresh_tokens (hash, family, user_id, used_at, expires_at, family_expires_at)
         select decode(repeat('ab', 32), 'hex'), gen_random_uuid(), id, now() - interval '1 year',
                now() - interval '1 year', now() - $age
         from users limit 1",
        "30 days",
    ),
    (
        "emails",
        "insert into emails (dedupe_key, kind, status, claim_token, claimed_until, ses_message_id, created_at, sent_at)
         values ('k', 'k', 'sent', gen_random_uuid(), now() - $age, 'm', now() - interval '1 year', now() - $age)",
        "90 days",
    ),
    (
        "stripe_events",
        "insert into stripe_events (event_id, type, created, livemode, raw, minimized, processed_at)
         values ('evt_1', 't', now() - interval '1 year', false, '{}', true, now() - $age)",
        "90 days",
    ),
    (
        "outbox",
        "insert into outbox (topic, dedupe_key, payload, sent_at) values ('mail', 'one', '{}', now() - $age)",
        "30 days",
    ),
    (
        "inbox",
        "insert into inbox (consumer, message_key, received_at) values ('c', 'm', now() - $age)",
        "30 days",
    ),
    (
        "checkouts",
        "insert into checkouts (id, user_id, expires_at) select gen_random_uuid(), id, now() - $age from users limit 1",
        "30 days",
    ),
];

#[tokio::test]
async fn what_is_old_enough_is_forgotten_and_what_is_not_stays() {
    for (table, insert, age) in ROWS {
        let fixture = Fixture::open().await;
        let count = format!("select count(*) from {table}");
        for (since, left) in [("- interval '1 minute'", 1), ("+ interval '1 minute'", 0)] {
            fixture.shop.run(&format!("delete from {table}")).await;
            let age = format!("(interval '{age}' {since})");
            fixture.shop.run(&insert.replace("$age", &age)).await;

            let report = fixture.round().await;

            assert_eq!(fixture.shop.one::<i64>(&count).await, left, "{table} {age}");
            assert_eq!(report.forgotten, 1 - left, "{table} {age}");
        }
    }
}

/// What nobody has bought is forgotten 30 days after it has expired.
#[tokio::test]
async fn a_checkout_that_became_an_order_is_kept_for_longer() {
    let fixture = Fixture::open().await;
    fixture.open_payment().await;
    for (age, left) in [("89 days", 1), ("91 days", 0)] {
        fixture.shop.run("delete from checkouts").await;
        let bought = format!(
            "insert into checkouts (id, user_id, status, order_id, expires_at, updated_at)
             select gen_random_uuid(), user_id, 'completed', id, now() - interval '80 days', now() - interval '{age}'
             from orders"
        );
        fixture.shop.run(&bought).await;

        let forgotten = fixture.round().await.forgotten;

        let kept = fixture.shop.one::<i64>("select count(*) from checkouts").await;
        assert_eq!((kept, forgotten), (left, 1 - left), "{age}");
    }
}

#[tokio::test]
async fn a_message_that_waits_is_never_too_old() {
    let fixture = Fixture::open().await;
    let wait = "insert into outbox (topic, dedupe_key, payload, created_at, available_at)
                values ('mail', 'one', '{}', now() - interval '1 year', now() + interval '1 hour')";
    fixture.shop.run(wait).await;

    fixture.round().await;

    assert_eq!(fixture.shop.one::<i64>("select count(*) from outbox").await, 1);
}

/// The tokens that were used are what shows that one was stolen.
#[tokio::test]
async fn a_session_that_may_go_on_keeps_the_tokens_that_were_used() {
    let fixture = Fixture::open().await;
    let session = "insert into refresh_tokens (hash, family, user_id, created_at, used_at, revoked_at, expires_at, family_expires_at)
                   select sha256(n::text::bytea), gen_random_uuid(), id, now() - interval '29 days', now() - interval '29 days',
                          case when n = 1 then now() - interval '29 days' end,
                          now() - interval '22 days', now() + interval '1 day'
                   from users, generate_series(1, 2) n";
    fixture.shop.run(session).await;

    fixture.round().await;

    let left = "select count(*) from refresh_tokens";
    let users: i64 = fixture.shop.one("select count(*) from users").await;
    assert_eq!(fixture.shop.one::<i64>(left).await, 2 * users);
}

#[tokio::test]
async fn what_nobody_has_dealt_with_is_never_too_old() {
    let fixture = Fixture::open().await;
    let parked = "insert into stripe_events (event_id, type, created, livemode, raw, received_at, parked_reason)
                  values ('evt_1', 't', now(), false, '{}', now() - interval '1 year', 'unreadable')";
    let waiting = "insert into stripe_events (event_id, type, created, livemode, raw, received_at, next_try_at)
                   values ('evt_2', 't', now(), false, '{}', now() - interval '1 year', now() + interval '1 hour')";
    let mail =
        "insert into emails (dedupe_key, kind, status, claim_token, claimed_until, created_at)
                values ('k', 'k', 'claimed', gen_random_uuid(), now(), now() - interval '1 year')";
    for row in [parked, waiting, mail] {
        fixture.shop.run(row).await;
    }

    assert_eq!(fixture.round().await.forgotten, 0);

    let left = "select (select count(*) from stripe_events) + (select count(*) from emails)";
    assert_eq!(fixture.shop.one::<i64>(left).await, 3);
}

/// A release from before stored them as they came.
#[tokio::test]
async fn the_person_in_an_event_from_before_is_taken_out_and_the_event_still_takes_effect() {
    let fixture = Fixture::open().await;
    let (order, _) = fixture.open_payment().await;
    let intent = fixture.shop.one::<String>("select provider_pi from payments").await;
    let payment = fixture.shop.one("select id from payments").await;
    let intent = Intent { id: intent, payment, amount: 1999, currency: "EUR".to_owned() };
    let mut waiting = intent.event("succeeded", 5);
    waiting["data"]["object"]["receipt_email"] = json!("quill@example.com");
    fixture.store_event(&waiting).await;
    fixture.shop.run("update stripe_events set next_try_at = now() + interval '1 hour'").await;

    let first = fixture.round().await;

    assert_eq!((first.minimized, first.events), (1, 0));
    assert_eq!(fixture.shop.tables_with("quill@example.com").await, [""; 0]);
    fixture.make_retries_due().await;
    let second = fixture.round().await;
    assert_eq!((second.minimized, second.events), (0, 1));
    assert!(fixture.state(order).await.starts_with("confirmed 1999"));
}

#[tokio::test]
async fn a_round_forgets_so_many_and_the_next_one_the_rest() {
    let fixture = Fixture::open().await;
    let many = "insert into inbox (consumer, message_key, received_at)
                select 'c', n::text, now() - interval '31 days' from generate_series(1, 501) n";
    fixture.shop.run(many).await;

    let (first, second) = (fixture.round().await.forgotten, fixture.round().await.forgotten);

    assert_eq!((first, second), (500, 1));
}

/// The `security definer` functions must not be usable for anything but their purpose: a fixed search path, and the
/// right to execute for `app_rw` only.
#[tokio::test]
async fn the_owner_forgets_for_the_functions_and_for_nobody_else() {
    let shop = Shop::open().await;
    let named = "select string_agg(proname, ' ' order by proname) from pg_proc
                 where pronamespace = 'public'::regnamespace and prosecdef";
    let fixed =
        "select bool_and(proconfig @> array['search_path=pg_catalog, public, pg_temp']) from pg_proc
                 where pronamespace = 'public'::regnamespace and prosecdef";
    let rights = "select bool_and(has_function_privilege('app_rw', oid, 'execute')
                                  and not exists (select from aclexplode(proacl) where grantee = 0))
                  from pg_proc where pronamespace = 'public'::regnamespace and prosecdef";

    let expected = "chain_audit_log forget_checkouts forget_checkouts_of forget_checkouts_under forget_discounts_of forget_emails forget_idempotency_keys \
                    forget_idempotency_keys_of forget_inbox forget_links forget_outbox forget_rate_buckets \
                    forget_reasons_of forget_refresh_tokens forget_sessions_of forget_sign_in_places \
                    forget_stripe_events give_back_discounts take_back_discounts take_out_lines write_audit_log";
    assert_eq!(shop.one::<String>(named).await, expected);
    assert!(shop.one::<bool>(fixed).await);
    assert!(shop.one::<bool>(rights).await);
}
