use super::{Fixture, PASSWORD, api, comparable};
use domain::accounts::Hasher;
use serde_json::json;

#[tokio::test]
async fn unknown_address_wrong_password_and_closed_account_get_the_same_answer_at_the_same_cost() {
    let fixture = Fixture::new().await;
    for address in ["ann@example.com", "closed@example.com", "erased@example.com"] {
        fixture.open_account(address).await;
    }
    fixture.register("unverified@example.com").await;
    fixture
        .shop
        .run("update users set disabled_at = now() where email = 'closed@example.com'")
        .await;
    fixture.shop.run("update users set erased_at = now() where email = 'erased@example.com'").await;
    let tries = [
        ("nobody@example.com", PASSWORD),
        ("ann@example.com", "plain words are wrong"),
        ("ann@example.com", ""),
        ("closed@example.com", PASSWORD),
        ("erased@example.com", PASSWORD),
        ("unverified@example.com", PASSWORD),
    ];

    let mut answers = Vec::new();
    for (email, password) in tries {
        let before = fixture.hasher.hash_count();
        answers.push(fixture.log_in(email, password).await);
        assert_eq!(fixture.hasher.hash_count() - before, 1, "{email}");
    }

    assert_eq!(answers[0].refusal(), (401, "wrong_credentials"));
    assert_eq!(answers[0].header("www-authenticate"), Some("Bearer"));
    for answer in &answers {
        assert_eq!(comparable(answer), comparable(&answers[0]));
    }
}

#[tokio::test]
async fn a_password_counts_to_its_last_character() {
    let fixture = Fixture::new().await;
    let long = "🦀".repeat(128);
    fixture
        .api
        .post("/v1/auth/register", &json!({"email": "ann@example.com", "password": long}))
        .await;
    fixture.verify(&fixture.mailed_links().await[0]).await;

    let one_less = "🦀".repeat(127);
    let other_last = format!("{one_less}x");

    assert_eq!(fixture.log_in("ann@example.com", &long).await.status, 200);
    for wrong in [one_less, other_last] {
        assert_eq!(fixture.log_in("ann@example.com", &wrong).await.status, 401);
    }
}

#[tokio::test]
async fn a_password_is_the_same_typed_composed_or_decomposed() {
    let fixture = Fixture::new().await;
    let forms = ["cr\u{e8}me br\u{fb}l\u{e9}e", "cre\u{300}me bru\u{302}le\u{301}e"];

    for (email, password) in [("ann@example.com", forms[0]), ("bob@example.com", forms[1])] {
        let account = json!({"email": email, "password": password});
        assert_eq!(fixture.api.post("/v1/auth/register", &account).await.status, 202);
        let link = fixture.mailed_links().await.pop().unwrap();
        assert_eq!(fixture.verify(&link).await.status, 200);
        for typed in forms {
            assert_eq!(fixture.log_in(email, typed).await.status, 200, "{password} {typed}");
        }
        assert_eq!(fixture.log_in(email, "creme brulee").await.status, 401);
    }
}

#[tokio::test]
async fn a_hash_that_became_too_cheap_is_renewed_at_the_next_log_in() {
    let fixture = Fixture::with_hasher(Hasher::with_cost(64, 1)).await;
    fixture.open_account("ann@example.com").await;
    let costlier = api(&fixture.shop, &Hasher::with_cost(128, 2));
    let right = json!({"email": "ann@example.com", "password": PASSWORD});
    let stored = "select password_hash from users";

    let wrong = json!({"email": "ann@example.com", "password": "plain words are wrong"});
    assert_eq!(costlier.post("/v1/auth/login", &wrong).await.status, 401);
    assert!(fixture.shop.one::<String>(stored).await.contains("m=64,t=1"));

    assert_eq!(costlier.post("/v1/auth/login", &right).await.status, 200);
    let renewed: String = fixture.shop.one(stored).await;
    assert!(renewed.contains("m=128,t=2"), "{renewed}");

    assert_eq!(fixture.log_in("ann@example.com", PASSWORD).await.status, 200);
    assert_eq!(fixture.shop.one::<String>(stored).await, renewed);
}

#[tokio::test]
async fn memory_does_not_grow_from_log_in_to_log_in() {
    let fixture = Fixture::with_hasher(Hasher::new()).await;
    for person in 0..10 {
        fixture.open_account(&format!("{person}@example.com")).await;
    }
    // Other tests of this process allocate memory too, but not in every round; a leak grows in each.
    let mut grown = Vec::new();
    for _ in 0..5 {
        let before = resident_kib();
        for person in 0..10 {
            let answer = fixture.log_in(&format!("{person}@example.com"), PASSWORD).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        grown.push(resident_kib().saturating_sub(before));
    }

    // One hash takes 19 MiB.
    assert!(grown.iter().any(|kib| *kib < 19 * 1024), "ten log-ins take {grown:?} KiB each time");
}

/// The resident set size of this process, in KiB (`VmRSS` of proc(5)).
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
