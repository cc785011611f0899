//! Rows past their retention are deleted, and no others.

use super::Fixture;
use testkit::Shop;

/// Table, statement that inserts a row of age `$age`, and the retention.
const ROWS: [(&str, &str, &str); 7] = [
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
        "outbox",
        "insert into outbox (topic, dedupe_key, payload, sent_at) values ('mail', 'one', '{}', now() - $age)",
        "30 days",
    ),
    (
        "inbox",
        "insert into inbox (consumer, message_key, received_at) values ('c', 'm', now() - $age)",
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

#[tokio::test]
async fn a_message_that_waits_is_never_too_old() {
    let fixture = Fixture::open().await;
    let wait = "insert into outbox (topic, dedupe_key, payload, created_at, available_at)
                values ('mail', 'one', '{}', now() - interval '1 year', now() + interval '1 hour')";
    fixture.shop.run(wait).await;

    fixture.round().await;

    assert_eq!(fixture.shop.one::<i64>("select count(*) from outbox").await, 1);
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
        "select bool_and(proconfig = array['search_path=pg_catalog, public, pg_temp']) from pg_proc
                 where pronamespace = 'public'::regnamespace and prosecdef";
    let rights = "select bool_and(has_function_privilege('app_rw', oid, 'execute')
                                  and not exists (select from aclexplode(proacl) where grantee = 0))
                  from pg_proc where pronamespace = 'public'::regnamespace and prosecdef";

    let expected = "forget_idempotency_keys forget_inbox forget_links forget_outbox forget_rate_buckets \
                    forget_sign_in_places";
    assert_eq!(shop.one::<String>(named).await, expected);
    assert!(shop.one::<bool>(fixed).await);
    assert!(shop.one::<bool>(rights).await);
}
