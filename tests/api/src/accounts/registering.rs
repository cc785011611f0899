use super::{Fixture, PASSWORD, comparable};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::accounts::Hasher;
use domain::id::UserId;
use domain::outbox::Event;
use futures_util::future::join_all;
use serde_json::json;

#[tokio::test]
async fn whoever_registers_and_uses_the_link_can_log_in_and_is_a_customer() {
    let fixture = Fixture::new().await;

    fixture.open_account(" Ann@Example.com ").await;

    let session = fixture.log_in("ann@example.COM", PASSWORD).await;
    assert_eq!((session.text("/token_type"), &session.body["expires_in"]), ("Bearer", &json!(900)));
    let me = fixture.me(session.text("/access_token")).await;
    assert_eq!(
        (me.status, me.text("/email"), me.text("/role")),
        (200, "Ann@Example.com", "customer")
    );
    assert_eq!(me.body["email_verified"], true);
    assert!(
        me.text("/id").starts_with("usr_") && me.text("/created_at").ends_with('Z'),
        "{}",
        me.body
    );
}

#[tokio::test]
async fn a_new_address_and_a_known_one_get_the_same_answer_at_the_same_cost() {
    let fixture = Fixture::new().await;

    let new = fixture.register("ann@example.com").await;
    let hashes_for_new = fixture.hasher.hash_count();
    let known = fixture.register("ANN@example.com").await;

    assert_eq!(comparable(&new), comparable(&known));
    assert_eq!((hashes_for_new, fixture.hasher.hash_count()), (1, 2));
}

#[tokio::test]
async fn whoever_registers_and_logs_in_cannot_tell_a_known_address_from_a_new_one() {
    let fixture = Fixture::new().await;
    fixture.open_account("ann@example.com").await;

    let mut answers = Vec::new();
    for email in ["ann@example.com", "new@example.com"] {
        let body = json!({"email": email, "password": "password of another"});
        let registered = fixture.api.post("/v1/auth/register", &body).await;
        let before = fixture.hasher.hash_count();
        let log_in = fixture.log_in(email, "password of another").await;
        assert_eq!(fixture.hasher.hash_count() - before, 1, "{email}");
        answers.push((comparable(&registered), comparable(&log_in)));
    }

    assert_eq!((answers[0].0.0, answers[0].1.0), (202, 401));
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn a_mail_tells_the_owner_whether_the_address_is_new_or_registered_again() {
    let fixture = Fixture::new().await;

    for email in ["ann@example.com", "ANN@example.com", "ann@example.com"] {
        fixture.register(email).await;
    }

    let events = fixture.events().await;
    let ann = fixture.shop.one::<UserId>("select id from users").await;
    assert!(matches!(events[0], Event::VerificationAsked { .. }), "{events:?}");
    assert!(matches!(events[1], Event::RegisteredAgain { user, .. } if user == ann), "{events:?}");
    assert!(events.len() <= 3, "at most one mail an hour: {events:?}");
}

#[tokio::test]
async fn an_account_keeps_its_password_when_somebody_else_registers_its_address() {
    let fixture = Fixture::new().await;
    fixture.open_account("ann@example.com").await;

    let other = json!({"email": "ann@example.com", "password": "password of another"});
    fixture.api.post("/v1/auth/register", &other).await;

    assert_eq!(fixture.log_in("ann@example.com", PASSWORD).await.status, 200);
    assert_eq!(fixture.log_in("ann@example.com", "password of another").await.status, 401);
}

#[tokio::test]
async fn an_address_registered_ten_times_at_once_has_one_account() {
    let fixture = Fixture::new().await;

    let answers = join_all((0..10).map(|_| fixture.register("ann@example.com"))).await;

    assert!(answers.iter().all(|answer| answer.status == 202));
    assert_eq!(fixture.shop.one::<i64>("select count(*) from users").await, 1);
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused_where_it_stands() {
    let fixture = Fixture::new().await;
    let long = "x".repeat(129);
    let cases = [
        ("İ@example.com", PASSWORD, "/email", "not_ascii"),
        ("ann@localhost", PASSWORD, "/email", "bad_email"),
        ("ann\0@example.com", PASSWORD, "/email", "bad_email"),
        ("ann@example.com", "short words", "/password", "too_short"),
        ("ann@example.com", &long, "/password", "too_long"),
        ("ann@example.com", "Password1234", "/password", "too_common"),
        ("ann@example.com", "ANN@example.com", "/password", "is_email"),
    ];

    for (email, password, pointer, code) in cases {
        let body = json!({"email": email, "password": password});
        let answer = fixture.api.post("/v1/auth/register", &body).await;

        assert_eq!(answer.refusal(), (422, "invalid_value"), "{email} {password}");
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{email} {password}");
        assert_eq!(answer.text("/errors/0/code"), code, "{email} {password}");
        assert!(!answer.body.to_string().contains(password), "{}", answer.body);
    }
    assert_eq!(fixture.shop.one::<i64>("select count(*) from users").await, 0);
    assert_eq!(fixture.hasher.hash_count(), 0);
}

#[tokio::test]
async fn nobody_registers_as_an_admin() {
    let fixture = Fixture::new().await;

    for (field, value) in [("role", json!("admin")), ("id", json!(1)), ("token_epoch", json!(0))] {
        let mut body = json!({"email": "ann@example.com", "password": PASSWORD});
        body[field] = value;
        assert_eq!(fixture.api.post("/v1/auth/register", &body).await.status, 400, "{field}");
    }
    assert_eq!(fixture.shop.one::<i64>("select count(*) from users").await, 0);
}

#[tokio::test]
async fn a_password_is_stored_as_argon2id_of_19_mib_and_two_passes() {
    let fixture = Fixture::with_hasher(Hasher::new()).await;

    fixture.register("ann@example.com").await;

    let stored: String = fixture.shop.one("select password_hash from users").await;
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
}

#[tokio::test]
async fn neither_password_nor_token_is_in_the_database() {
    let fixture = Fixture::new().await;
    let first = fixture.register_and_log_in("ann@example.com").await;
    let second = fixture.refresh(&first.refresh).await;
    fixture.log_in("ann@example.com", "a wrong but telling guess").await;
    let link = fixture.mailed_links().await.remove(0);
    let bytes = |token: &str| hex(&BASE64_URL_SAFE_NO_PAD.decode(token).unwrap());
    let second = second.text("/refresh_token");
    let secrets = [
        PASSWORD.to_owned(),
        hex(PASSWORD.as_bytes()),
        "a wrong but telling guess".to_owned(),
        first.refresh.clone(),
        bytes(&first.refresh),
        second.to_owned(),
        bytes(second),
        first.access.clone(),
        link.clone(),
        bytes(&link),
    ];

    let tables =
        "select table_name::text from information_schema.tables where table_schema = 'public'";
    let tables = fixture.shop.admin.query(tables, &[]).await.unwrap();

    assert!(tables.len() > 10);
    for table in tables {
        let table: String = table.get(0);
        let rows = format!("select coalesce(string_agg(t::text, ' '), '') from \"{table}\" as t");
        let rows: String = fixture.shop.one(&rows).await;
        for secret in &secrets {
            assert!(!rows.contains(secret), "{secret} is in {table}");
        }
        let has_address = table != "users" && rows.contains("ann@example.com");
        assert!(!has_address, "the address is in {table}");
    }
}

/// As PostgreSQL prints `bytea`, without the leading `\x`.
fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| {
        [byte >> 4, byte & 15].map(|half| char::from(b"0123456789abcdef"[usize::from(half)]))
    };
    bytes.iter().flat_map(digits).collect()
}
