use super::{Fixture, PASSWORD, Tokens, comparable};
use domain::accounts::Purpose;
use futures_util::future::join_all;

#[tokio::test]
async fn whoever_shows_the_link_of_the_mail_has_a_verified_address_and_can_log_in() {
    let fixture = Fixture::new().await;
    fixture.register("ann@example.com").await;
    let link = fixture.mailed_links().await.remove(0);
    let early = fixture.log_in("ann@example.com", PASSWORD).await;
    assert_eq!(early.refusal(), (401, "wrong_credentials"));

    let answer = fixture.verify(&link).await;

    assert_eq!((answer.status, &answer.body["email_verified"]), (200, &true.into()));
    let ann = Tokens::of(&fixture.log_in("ann@example.com", PASSWORD).await);
    assert_eq!(fixture.me(&ann.access).await.body["email_verified"], true);
}

#[tokio::test]
async fn a_link_verifies_once_even_if_it_is_shown_ten_times_at_once() {
    let fixture = Fixture::new().await;
    fixture.register("ann@example.com").await;
    let link = fixture.mailed_links().await.remove(0);

    let answers = join_all((0..10).map(|_| fixture.verify(&link))).await;

    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    let late = answers.iter().find(|answer| answer.status != 200).unwrap();
    assert_eq!(late.refusal(), (400, "bad_link"));
}

#[tokio::test]
async fn used_expired_replaced_foreign_and_unknown_links_get_the_same_answer() {
    let fixture = Fixture::new().await;
    let (ann, bob) =
        (fixture.shop.unproven_customer().await, fixture.shop.unproven_customer().await);
    let used = fixture.shop.link(&ann, Purpose::Verify).await;
    fixture.verify(&used).await;
    let expired = fixture.shop.link(&bob, Purpose::Verify).await;
    fixture.shop.run("update links set expires_at = now() where used_at is null").await;
    let cat = fixture.shop.unproven_customer().await;
    let replaced = fixture.shop.link(&cat, Purpose::Verify).await;
    fixture.resend(&cat.email).await;
    let for_another_purpose = fixture.shop.link(&cat, Purpose::Reset).await;
    let closed = fixture.shop.unproven_customer().await;
    let of_closed = fixture.shop.link(&closed, Purpose::Verify).await;
    fixture
        .shop
        .run(&format!("update users set disabled_at = now() where email = '{}'", closed.email))
        .await;
    let unknown = "A".repeat(43);
    let malformed = "nonsense".to_owned();

    let mut answers = Vec::new();
    for link in [used, expired, replaced, for_another_purpose, of_closed, unknown] {
        answers.push(fixture.verify(&link).await);
    }

    for answer in &answers {
        assert_eq!(answer.refusal(), (400, "bad_link"));
        assert_eq!(comparable(answer), comparable(&answers[0]));
    }
    assert_eq!(fixture.verify(&malformed).await.refusal(), (400, "bad_link"));
    let verified = "select count(*) from users where email_verified_at is not null";
    assert_eq!(fixture.shop.one::<i64>(verified).await, 1);
}

#[tokio::test]
async fn a_link_is_good_for_24_hours() {
    let fixture = Fixture::new().await;
    fixture.register("ann@example.com").await;

    let lasts = "select expires_at = created_at + interval '24 hours' from links";

    assert!(fixture.shop.one::<bool>(lasts).await);
}

#[tokio::test]
async fn asking_for_another_link_tells_nobody_whether_there_is_an_account() {
    let fixture = Fixture::new().await;
    fixture.register("new@example.com").await;
    fixture.register("verified@example.com").await;
    fixture.verify(&fixture.mailed_links().await[1]).await;
    fixture.register("closed@example.com").await;
    fixture
        .shop
        .run("update users set disabled_at = now() where email = 'closed@example.com'")
        .await;
    let before = fixture.mailed_links().await.len();

    let mut answers = Vec::new();
    for who in ["new", "verified", "closed", "nobody"] {
        answers.push(fixture.resend(&format!("{who}@example.com")).await);
    }

    assert_eq!(answers[0].status, 202);
    for answer in &answers {
        assert_eq!(comparable(answer), comparable(&answers[0]));
    }
    let mailed_links = fixture.mailed_links().await;
    assert_eq!(mailed_links.len(), before + 1, "only the unverified account gets a mail");
    assert_eq!(fixture.verify(mailed_links.last().unwrap()).await.status, 200);
}

#[tokio::test]
async fn of_links_asked_for_at_once_one_is_good() {
    let fixture = Fixture::new().await;
    fixture.register("ann@example.com").await;

    let answers = join_all((0..5).map(|_| fixture.resend("ann@example.com"))).await;

    assert!(answers.iter().all(|answer| answer.status == 202));
    let mut good = 0;
    for link in fixture.mailed_links().await {
        good += u32::from(fixture.verify(&link).await.status == 200);
    }
    assert_eq!(good, 1);
}

#[tokio::test]
async fn an_account_from_before_log_ins_needed_the_link_goes_on_without_it() {
    let fixture = Fixture::new().await;
    fixture.register("ann@example.com").await;
    // As the release before creates it: without the column.
    fixture.shop.run("update users set proof_required = default").await;

    assert_eq!(fixture.log_in("ann@example.com", PASSWORD).await.status, 200);
}
