use super::{PASSWORD, Reception, door, told};
use domain::accounts::Hasher;
use serde_json::json;

#[tokio::test]
async fn unknown_address_wrong_password_and_closed_account_get_the_same_answer_at_the_same_cost() {
    let here = Reception::open().await;
    for address in ["ann@example.com", "closed@example.com", "erased@example.com"] {
        here.register(address).await;
    }
    here.shop.run("update users set disabled_at = now() where email = 'closed@example.com'").await;
    here.shop.run("update users set erased_at = now() where email = 'erased@example.com'").await;
    let tries = [
        ("nobody@example.com", PASSWORD),
        ("ann@example.com", "plain words are wrong"),
        ("ann@example.com", ""),
        ("closed@example.com", PASSWORD),
        ("erased@example.com", PASSWORD),
    ];

    let mut answers = Vec::new();
    for (email, password) in tries {
        let before = here.hasher.hashes();
        answers.push(here.log_in(email, password).await);
        assert_eq!(here.hasher.hashes() - before, 1, "{email}");
    }

    assert_eq!(answers[0].refusal(), (401, "wrong_credentials"));
    assert_eq!(answers[0].header("www-authenticate"), Some("Bearer"));
    for answer in &answers {
        assert_eq!(told(answer), told(&answers[0]));
    }
}

#[tokio::test]
async fn a_password_counts_to_its_last_character() {
    let here = Reception::open().await;
    let words = "🦀".repeat(128);
    here.door
        .post("/v1/auth/register", &json!({"email": "ann@example.com", "password": words}))
        .await;

    let one_less = "🦀".repeat(127);
    let other_end = format!("{one_less}x");

    assert_eq!(here.log_in("ann@example.com", &words).await.status, 200);
    for wrong in [one_less, other_end] {
        assert_eq!(here.log_in("ann@example.com", &wrong).await.status, 401);
    }
}

#[tokio::test]
async fn a_hash_that_became_too_cheap_is_renewed_at_the_next_log_in() {
    let here = Reception::hashing(Hasher::costing(64, 1)).await;
    here.register("ann@example.com").await;
    let dearer = door(&here.shop, &Hasher::costing(128, 2));
    let shown = json!({"email": "ann@example.com", "password": PASSWORD});
    let stored = "select password_hash from users";

    let wrong = json!({"email": "ann@example.com", "password": "plain words are wrong"});
    assert_eq!(dearer.post("/v1/auth/login", &wrong).await.status, 401);
    assert!(here.shop.one::<String>(stored).await.contains("m=64,t=1"));

    assert_eq!(dearer.post("/v1/auth/login", &shown).await.status, 200);
    let renewed: String = here.shop.one(stored).await;
    assert!(renewed.contains("m=128,t=2"), "{renewed}");

    assert_eq!(here.log_in("ann@example.com", PASSWORD).await.status, 200);
    assert_eq!(here.shop.one::<String>(stored).await, renewed);
}

#[tokio::test]
async fn memory_does_not_grow_from_log_in_to_log_in() {
    let here = Reception::hashing(Hasher::new()).await;
    for person in 0..10 {
        here.register(&format!("{person}@example.com")).await;
    }
    // Other tests of this process grow meanwhile, but not in every round; a leak does.
    let mut grown = Vec::new();
    for _ in 0..5 {
        let before = resident_kib();
        for turn in 0..10 {
            let answer = here.log_in(&format!("{turn}@example.com"), PASSWORD).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        grown.push(resident_kib().saturating_sub(before));
    }

    // One hash takes 19 MiB.
    assert!(grown.iter().any(|kib| *kib < 19 * 1024), "ten log-ins take {grown:?} KiB each time");
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
