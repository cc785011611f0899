//! What admins do with accounts.

use super::{PASSWORD, Reception, Tokens};
use axum::http::Method;
use domain::accounts::Role;
use domain::id::UserId;
use serde_json::{Value, json};
use testkit::{Answer, Person};

impl Reception {
    async fn boss(&self) -> Person {
        self.shop.person(Role::Admin).await
    }

    async fn set_role(&self, by: &Person, user: UserId, role: &str) -> Answer {
        let call = self.door.call(Method::PUT, &format!("/v1/users/{user}/role"));
        call.json(&json!({"role": role})).by(by).await
    }

    async fn act(&self, by: &Person, user: UserId, action: &str) -> Answer {
        self.door.call(Method::POST, &format!("/v1/users/{user}/{action}")).by(by).await
    }

    async fn list(&self, by: &Person, query: &str) -> Answer {
        self.door.get(&format!("/v1/users{query}")).by(by).await
    }
}

fn addresses(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let users = answer.body["data"].as_array().unwrap();
    users.iter().map(|user| user["email"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_change_of_role_counts_on_the_next_request() {
    let here = Reception::open().await;
    let (boss, ann) = (here.boss().await, here.shop.customer().await);
    assert_eq!(here.list(&ann, "").await.refusal(), (403, "wrong_role"));

    let made = here.set_role(&boss, ann.id, "admin").await;

    assert_eq!((made.status, made.text("/role")), (200, "admin"));
    assert_eq!(here.list(&ann, "").await.status, 200);
    assert_eq!(here.set_role(&boss, ann.id, "admin").await.status, 200, "again changes nothing");
    here.set_role(&boss, ann.id, "customer").await;
    assert_eq!(here.list(&ann, "").await.refusal(), (403, "wrong_role"));
    assert_eq!(here.me(&ann.token).await.text("/role"), "customer");
}

#[tokio::test]
async fn the_last_admin_is_neither_demoted_nor_disabled() {
    let here = Reception::open().await;
    let boss = here.boss().await;

    let demoted = here.set_role(&boss, boss.id, "staff").await;
    let disabled = here.act(&boss, boss.id, "disable").await;

    assert_eq!(demoted.refusal(), (409, "last_admin"));
    assert_eq!(disabled.refusal(), (409, "last_admin"));
    assert_eq!(here.list(&boss, "").await.status, 200);
    let vice = here.boss().await;
    assert_eq!(here.set_role(&vice, boss.id, "staff").await.status, 200);
}

#[tokio::test]
async fn two_admins_who_demote_or_disable_each_other_at_once_leave_one() {
    for _ in 0..5 {
        let here = Reception::open().await;
        let (one, two) = (here.boss().await, here.boss().await);

        let (first, second) = tokio::join!(
            here.set_role(&one, two.id, "customer"),
            here.act(&two, one.id, "disable"),
        );

        let won = [&first, &second].iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1, "{first:?} {second:?}");
        let left = "select count(*) from users where role = 'admin' and disabled_at is null";
        assert_eq!(here.shop.one::<i64>(left).await, 1);
    }
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_and_an_enabled_one_signs_in_anew() {
    let here = Reception::open().await;
    let boss = here.boss().await;
    let ann = here.welcome("ann@example.com").await;
    let id: UserId = here.me(&ann.access).await.text("/id").parse().unwrap();

    let disabled = here.act(&boss, id, "disable").await;

    assert!(disabled.status == 200 && disabled.body["disabled_at"].is_string(), "{disabled:?}");
    let again = here.act(&boss, id, "disable").await;
    assert_eq!((again.status, &again.body), (200, &disabled.body), "again changes nothing");
    assert_eq!(here.me(&ann.access).await.refusal(), (401, "sign_in"));
    assert_eq!(here.refresh(&ann.refresh).await.refusal(), (401, "session_ended"));
    let refused = here.log_in("ann@example.com", PASSWORD).await;
    assert_eq!(refused.refusal(), (401, "wrong_credentials"));

    for _ in 0..2 {
        let enabled = here.act(&boss, id, "enable").await;
        assert_eq!((enabled.status, &enabled.body["disabled_at"]), (200, &Value::Null));
    }
    assert_eq!(here.refresh(&ann.refresh).await.refusal(), (401, "session_ended"));
    Tokens::of(&here.log_in("ann@example.com", PASSWORD).await);
}

#[tokio::test]
async fn users_are_found_by_the_beginning_of_their_address_and_by_role() {
    let here = Reception::open().await;
    let boss = here.boss().await;
    for email in ["Ann@example.com", "anna@example.com", "bob@example.com", "a_n@example.com"] {
        here.register(email).await;
    }

    assert_eq!(
        addresses(&here.list(&boss, "?q=ANN").await),
        ["anna@example.com", "Ann@example.com"]
    );
    assert_eq!(addresses(&here.list(&boss, "?q=ann@").await), ["Ann@example.com"]);
    assert_eq!(addresses(&here.list(&boss, "?q=a_").await), ["a_n@example.com"]);
    assert_eq!(addresses(&here.list(&boss, "?q=a%25").await), [""; 0]);
    assert_eq!(addresses(&here.list(&boss, "?role=admin").await), [boss.email.as_str()]);
    assert_eq!(addresses(&here.list(&boss, "?q=ann&role=staff").await), [""; 0]);
    assert_eq!(here.list(&boss, "?q=%C3%A4").await.refusal(), (422, "invalid_value"));
    assert_eq!(here.list(&boss, "?role=boss").await.refusal(), (400, "bad_query"));
    assert_eq!(here.list(&boss, "?name=ann").await.refusal(), (400, "bad_query"));
}

#[tokio::test]
async fn a_walk_through_the_list_meets_every_user_once() {
    let here = Reception::open().await;
    let boss = here.boss().await;
    for _ in 0..6 {
        here.shop.customer().await;
    }

    let (mut seen, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let page = here.list(&boss, &query).await;
        seen.extend(addresses(&page).into_iter().map(str::to_owned));
        here.shop.customer().await;
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        query = format!("?limit=3&cursor={next}");
    }

    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!((seen.len(), once.len()), (7, 7));
}

#[tokio::test]
async fn a_user_is_shown_to_admins_without_a_secret() {
    let here = Reception::open().await;
    let (boss, ann) = (here.boss().await, here.shop.customer().await);

    let shown = here.door.get(&format!("/v1/users/{}", ann.id)).by(&boss).await;

    let fields: Vec<_> = shown.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["id", "email", "email_verified", "role", "created_at", "disabled_at"]);
    assert_eq!(shown.text("/email"), ann.email);
}

#[tokio::test]
async fn who_is_not_there_is_not_found() {
    let here = Reception::open().await;
    let (boss, nobody) = (here.boss().await, UserId::generate());

    let answers = [
        here.door.get(&format!("/v1/users/{nobody}")).by(&boss).await,
        here.set_role(&boss, nobody, "staff").await,
        here.act(&boss, nobody, "disable").await,
        here.act(&boss, nobody, "enable").await,
    ];

    for answer in answers {
        assert_eq!(answer.refusal(), (404, "user_not_found"));
    }
    assert_eq!(here.door.get("/v1/users/42").by(&boss).await.refusal(), (404, "not_found"));
}

#[tokio::test]
async fn only_admins_see_and_change_users() {
    let here = Reception::open().await;
    here.boss().await;
    let (ann, staff) = (here.shop.customer().await, here.shop.staff().await);
    let routes = [
        (Method::GET, "/v1/users".to_owned()),
        (Method::GET, format!("/v1/users/{}", ann.id)),
        (Method::PUT, format!("/v1/users/{}/role", ann.id)),
        (Method::POST, format!("/v1/users/{}/disable", ann.id)),
        (Method::POST, format!("/v1/users/{}/enable", ann.id)),
    ];

    for (method, path) in routes {
        let call = || here.door.call(method.clone(), &path).json(&json!({"role": "admin"}));
        assert_eq!(call().await.refusal(), (401, "sign_in"), "{method} {path}");
        for person in [&ann, &staff] {
            assert_eq!(call().by(person).await.refusal(), (403, "wrong_role"), "{method} {path}");
        }
    }
    assert_eq!(here.me(&ann.token).await.text("/role"), "customer");
}
