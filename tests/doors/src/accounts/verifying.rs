use super::{PASSWORD, Reception, told};
use domain::accounts::Purpose;
use futures_util::future::join_all;

#[tokio::test]
async fn whoever_shows_the_link_of_the_mail_has_a_verified_address() {
    let here = Reception::open().await;
    let ann = here.welcome("ann@example.com").await;
    let link = here.mailed().await.remove(0);

    let answer = here.verify(&link).await;

    assert_eq!((answer.status, &answer.body["email_verified"]), (200, &true.into()));
    assert_eq!(here.me(&ann.access).await.body["email_verified"], true);
}

#[tokio::test]
async fn a_link_verifies_once_even_if_it_is_shown_ten_times_at_once() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;
    let link = here.mailed().await.remove(0);

    let answers = join_all((0..10).map(|_| here.verify(&link))).await;

    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    let late = answers.iter().find(|answer| answer.status != 200).unwrap();
    assert_eq!(late.refusal(), (400, "bad_link"));
}

#[tokio::test]
async fn used_expired_replaced_foreign_and_unknown_links_get_the_same_answer() {
    let here = Reception::open().await;
    let (ann, bob) = (here.shop.customer().await, here.shop.customer().await);
    let used = here.shop.link(&ann, Purpose::Verify).await;
    here.verify(&used).await;
    let expired = here.shop.link(&bob, Purpose::Verify).await;
    here.shop.run("update links set expires_at = now() where used_at is null").await;
    let cat = here.shop.customer().await;
    let replaced = here.shop.link(&cat, Purpose::Verify).await;
    here.resend(&cat.email).await;
    let for_another_purpose = here.shop.link(&cat, Purpose::Reset).await;
    let closed = here.shop.customer().await;
    let of_closed = here.shop.link(&closed, Purpose::Verify).await;
    here.shop
        .run(&format!("update users set disabled_at = now() where email = '{}'", closed.email))
        .await;
    let unknown = "A".repeat(43);
    let never = "nonsense".to_owned();

    let mut answers = Vec::new();
    for link in [used, expired, replaced, for_another_purpose, of_closed, unknown] {
        answers.push(here.verify(&link).await);
    }

    for answer in &answers {
        assert_eq!(answer.refusal(), (400, "bad_link"));
        assert_eq!(told(answer), told(&answers[0]));
    }
    assert_eq!(here.verify(&never).await.refusal(), (400, "bad_link"));
    let verified = "select count(*) from users where email_verified_at is not null";
    assert_eq!(here.shop.one::<i64>(verified).await, 1);
}

#[tokio::test]
async fn a_link_is_good_for_24_hours() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;

    let lasts = "select expires_at = created_at + interval '24 hours' from links";

    assert!(here.shop.one::<bool>(lasts).await);
}

#[tokio::test]
async fn asking_for_another_link_tells_nobody_whether_there_is_an_account() {
    let here = Reception::open().await;
    here.register("new@example.com").await;
    here.register("verified@example.com").await;
    here.verify(&here.mailed().await[1]).await;
    here.register("closed@example.com").await;
    here.shop.run("update users set disabled_at = now() where email = 'closed@example.com'").await;
    let before = here.mailed().await.len();

    let mut answers = Vec::new();
    for who in ["new", "verified", "closed", "nobody"] {
        answers.push(here.resend(&format!("{who}@example.com")).await);
    }

    assert_eq!(answers[0].status, 202);
    for answer in &answers {
        assert_eq!(told(answer), told(&answers[0]));
    }
    let mailed = here.mailed().await;
    assert_eq!(mailed.len(), before + 1, "only the one that waits gets a mail");
    assert_eq!(here.verify(mailed.last().unwrap()).await.status, 200);
}

#[tokio::test]
async fn of_links_asked_for_at_once_one_is_good() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;

    let answers = join_all((0..5).map(|_| here.resend("ann@example.com"))).await;

    assert!(answers.iter().all(|answer| answer.status == 202));
    let mut good = 0;
    for link in here.mailed().await {
        good += u32::from(here.verify(&link).await.status == 200);
    }
    assert_eq!(good, 1);
}

#[tokio::test]
async fn an_account_can_sign_in_before_its_address_is_verified() {
    let here = Reception::open().await;
    here.register("ann@example.com").await;

    assert_eq!(here.log_in("ann@example.com", PASSWORD).await.status, 200);
}
