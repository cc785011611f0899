use super::{PASSWORD, Reception, told};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::accounts::Hasher;
use domain::id::UserId;
use domain::outbox::Event;
use futures_util::future::join_all;
use serde_json::json;

#[tokio::test]
async fn whoever_registers_can_log_in_and_is_a_customer() {
    let here = Reception::open().await;

    let answer = here.register(" Ann@Example.com ").await;

    assert_eq!(answer.status, 202, "{}", answer.body);
    let session = here.log_in("ann@example.COM", PASSWORD).await;
    assert_eq!((session.text("/token_type"), &session.body["expires_in"]), ("Bearer", &json!(900)));
    let me = here.me(session.text("/access_token")).await;
    assert_eq!(
        (me.status, me.text("/email"), me.text("/role")),
        (200, "Ann@Example.com", "customer")
    );
    assert_eq!(me.body["email_verified"], false);
    assert!(
        me.text("/id").starts_with("usr_") && me.text("/created_at").ends_with('Z'),
        "{}",
        me.body
    );
}

#[tokio::test]
async fn a_new_address_and_a_known_one_get_the_same_answer_at_the_same_cost() {
    let here = Reception::open().await;

    let new = here.register("ann@example.com").await;
    let hashes_for_new = here.hasher.hashes();
    let known = here.register("ANN@example.com").await;

    assert_eq!(told(&new), told(&known));
    assert_eq!((hashes_for_new, here.hasher.hashes()), (1, 2));
}

#[tokio::test]
async fn a_mail_tells_the_owner_whether_the_address_is_new_or_registered_again() {
    let here = Reception::open().await;

    for email in ["ann@example.com", "ANN@example.com", "ann@example.com"] {
        here.register(email).await;
    }

    let events = here.events().await;
    let ann = here.shop.one::<UserId>("select id from users").await;
    assert!(matches!(events[0], Event::VerificationAsked { .. }), "{events:?}");
    assert!(matches!(events[1], Event::RegisteredAgain { user, .. } if user == ann), "{events:?}");
    assert!(events.len() <= 3, "once an hour: {events:?}");
}

#[tokio::test]
async fn an_account_keeps_its_password_when_somebody_else_registers_its_address() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;

    let other = json!({"email": "ann@example.com", "password": "words of somebody else"});
    here.door.post("/v1/auth/register", &other).await;

    assert_eq!(here.log_in("ann@example.com", PASSWORD).await.status, 200);
    assert_eq!(here.log_in("ann@example.com", "words of somebody else").await.status, 401);
}

#[tokio::test]
async fn an_address_registered_ten_times_at_once_has_one_account() {
    let here = Reception::open().await;

    let answers = join_all((0..10).map(|_| here.register("ann@example.com"))).await;

    assert!(answers.iter().all(|answer| answer.status == 202));
    assert_eq!(here.shop.one::<i64>("select count(*) from users").await, 1);
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused_where_it_stands() {
    let here = Reception::open().await;
    let long = "x".repeat(129);
    let wishes = [
        ("İ@example.com", PASSWORD, "/email", "not_ascii"),
        ("ann@localhost", PASSWORD, "/email", "bad_email"),
        ("ann\0@example.com", PASSWORD, "/email", "bad_email"),
        ("ann@example.com", "short words", "/password", "too_short"),
        ("ann@example.com", &long, "/password", "too_long"),
        ("ann@example.com", "Password1234", "/password", "too_common"),
        ("ann@example.com", "ANN@example.com", "/password", "is_email"),
    ];

    for (email, password, pointer, code) in wishes {
        let wish = json!({"email": email, "password": password});
        let answer = here.door.post("/v1/auth/register", &wish).await;

        assert_eq!(answer.refusal(), (422, "invalid_value"), "{email} {password}");
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{email} {password}");
        assert_eq!(answer.text("/errors/0/code"), code, "{email} {password}");
        assert!(!answer.body.to_string().contains(password), "{}", answer.body);
    }
    assert_eq!(here.shop.one::<i64>("select count(*) from users").await, 0);
    assert_eq!(here.hasher.hashes(), 0);
}

#[tokio::test]
async fn nobody_registers_as_an_admin() {
    let here = Reception::open().await;

    for (field, value) in [("role", json!("admin")), ("id", json!(1)), ("token_epoch", json!(0))] {
        let mut wish = json!({"email": "ann@example.com", "password": PASSWORD});
        wish[field] = value;
        assert_eq!(here.door.post("/v1/auth/register", &wish).await.status, 400, "{field}");
    }
    assert_eq!(here.shop.one::<i64>("select count(*) from users").await, 0);
}

#[tokio::test]
async fn a_password_is_stored_as_argon2id_of_19_mib_and_two_passes() {
    let here = Reception::hashing(Hasher::new()).await;

    here.register("ann@example.com").await;

    let stored: String = here.shop.one("select password_hash from users").await;
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
}

#[tokio::test]
async fn neither_password_nor_token_is_in_the_database() {
    let here = Reception::open().await;
    let first = here.welcome("ann@example.com").await;
    let second = here.refresh(&first.refresh).await;
    here.log_in("ann@example.com", "a wrong but telling guess").await;
    let link = here.mailed().await.remove(0);
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
    let tables = here.shop.admin.query(tables, &[]).await.unwrap();

    assert!(tables.len() > 10);
    for table in tables {
        let table: String = table.get(0);
        let rows = format!("select coalesce(string_agg(t::text, ' '), '') from \"{table}\" as t");
        let rows: String = here.shop.one(&rows).await;
        for secret in &secrets {
            assert!(!rows.contains(secret), "{secret} stands in {table}");
        }
        let holds_address = table != "users" && rows.contains("ann@example.com");
        assert!(!holds_address, "the address stands in {table}");
    }
}

/// As PostgreSQL shows bytes.
fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| {
        [byte >> 4, byte & 15].map(|half| char::from(b"0123456789abcdef"[usize::from(half)]))
    };
    bytes.iter().flat_map(digits).collect()
}
