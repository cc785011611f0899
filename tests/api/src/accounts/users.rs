//! What admins do with accounts.

use super::{Fixture, PASSWORD, Tokens};
use axum::http::Method;
use domain::accounts::Role;
use domain::id::UserId;
use serde_json::{Value, json};
use testkit::{Response, User};

impl Fixture {
    async fn admin(&self) -> User {
        self.shop.user(Role::Admin).await
    }

    async fn set_role(&self, by: &User, user: UserId, role: &str) -> Response {
        let call = self.api.call(Method::PUT, &format!("/v1/users/{user}/role"));
        call.json(&json!({"role": role})).by(by).await
    }

    async fn act(&self, by: &User, user: UserId, action: &str) -> Response {
        self.api.call(Method::POST, &format!("/v1/users/{user}/{action}")).by(by).await
    }

    async fn list(&self, by: &User, query: &str) -> Response {
        self.api.get(&format!("/v1/users{query}")).by(by).await
    }
}

fn addresses(answer: &Response) -> Vec<&str> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let users = answer.body["data"].as_array().unwrap();
    users.iter().map(|user| user["email"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_change_of_role_counts_on_the_next_request() {
    let fixture = Fixture::new().await;
    let (admin, ann) = (fixture.admin().await, fixture.shop.customer().await);
    assert_eq!(fixture.list(&ann, "").await.refusal(), (403, "wrong_role"));

    let made = fixture.set_role(&admin, ann.id, "admin").await;

    assert_eq!((made.status, made.text("/role")), (200, "admin"));
    assert_eq!(fixture.list(&ann, "").await.status, 200);
    assert_eq!(
        fixture.set_role(&admin, ann.id, "admin").await.status,
        200,
        "again changes nothing"
    );
    fixture.set_role(&admin, ann.id, "customer").await;
    assert_eq!(fixture.list(&ann, "").await.refusal(), (403, "wrong_role"));
    assert_eq!(fixture.me(&ann.token).await.text("/role"), "customer");
}

#[tokio::test]
async fn the_last_admin_is_neither_demoted_nor_disabled() {
    let fixture = Fixture::new().await;
    let admin = fixture.admin().await;

    let demoted = fixture.set_role(&admin, admin.id, "staff").await;
    let disabled = fixture.act(&admin, admin.id, "disable").await;

    assert_eq!(demoted.refusal(), (409, "last_admin"));
    assert_eq!(disabled.refusal(), (409, "last_admin"));
    assert_eq!(fixture.list(&admin, "").await.status, 200);
    let other_admin = fixture.admin().await;
    assert_eq!(fixture.set_role(&other_admin, admin.id, "staff").await.status, 200);
}

#[tokio::test]
async fn two_admins_who_demote_or_disable_each_other_at_once_leave_one() {
    for _ in 0..5 {
        let fixture = Fixture::new().await;
        let (one, two) = (fixture.admin().await, fixture.admin().await);

        let (first, second) = tokio::join!(
            fixture.set_role(&one, two.id, "customer"),
            fixture.act(&two, one.id, "disable"),
        );

        let won = [&first, &second].iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1, "{first:?} {second:?}");
        let left = "select count(*) from users where role = 'admin' and disabled_at is null";
        assert_eq!(fixture.shop.one::<i64>(left).await, 1);
    }
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_and_an_enabled_one_signs_in_anew() {
    let fixture = Fixture::new().await;
    let admin = fixture.admin().await;
    let ann = fixture.register_and_log_in("ann@example.com").await;
    let id: UserId = fixture.me(&ann.access).await.text("/id").parse().unwrap();

    let disabled = fixture.act(&admin, id, "disable").await;

    assert!(disabled.status == 200 && disabled.body["disabled_at"].is_string(), "{disabled:?}");
    let again = fixture.act(&admin, id, "disable").await;
    assert_eq!((again.status, &again.body), (200, &disabled.body), "again changes nothing");
    assert_eq!(fixture.me(&ann.access).await.refusal(), (401, "sign_in"));
    assert_eq!(fixture.refresh(&ann.refresh).await.refusal(), (401, "session_ended"));
    let refused = fixture.log_in("ann@example.com", PASSWORD).await;
    assert_eq!(refused.refusal(), (401, "wrong_credentials"));

    for _ in 0..2 {
        let enabled = fixture.act(&admin, id, "enable").await;
        assert_eq!((enabled.status, &enabled.body["disabled_at"]), (200, &Value::Null));
    }
    assert_eq!(fixture.refresh(&ann.refresh).await.refusal(), (401, "session_ended"));
    Tokens::of(&fixture.log_in("ann@example.com", PASSWORD).await);
}

#[tokio::test]
async fn users_are_found_by_the_beginning_of_their_address_and_by_role() {
    let fixture = Fixture::new().await;
    let admin = fixture.admin().await;
    for email in ["Ann@example.com", "anna@example.com", "bob@example.com", "a_n@example.com"] {
        fixture.register(email).await;
    }

    assert_eq!(
        addresses(&fixture.list(&admin, "?q=ANN").await),
        ["anna@example.com", "Ann@example.com"]
    );
    assert_eq!(addresses(&fixture.list(&admin, "?q=ann@").await), ["Ann@example.com"]);
    assert_eq!(addresses(&fixture.list(&admin, "?q=a_").await), ["a_n@example.com"]);
    assert_eq!(addresses(&fixture.list(&admin, "?q=a%25").await), [""; 0]);
    assert_eq!(addresses(&fixture.list(&admin, "?role=admin").await), [admin.email.as_str()]);
    assert_eq!(addresses(&fixture.list(&admin, "?q=ann&role=staff").await), [""; 0]);
    assert_eq!(fixture.list(&admin, "?q=%C3%A4").await.refusal(), (422, "invalid_value"));
    assert_eq!(fixture.list(&admin, "?role=boss").await.refusal(), (400, "bad_query"));
    assert_eq!(fixture.list(&admin, "?name=ann").await.refusal(), (400, "bad_query"));
}

#[tokio::test]
async fn a_walk_through_the_list_meets_every_user_once() {
    let fixture = Fixture::new().await;
    let admin = fixture.admin().await;
    for _ in 0..6 {
        fixture.shop.customer().await;
    }

    let (mut seen, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let page = fixture.list(&admin, &query).await;
        seen.extend(addresses(&page).into_iter().map(str::to_owned));
        fixture.shop.customer().await;
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
    let fixture = Fixture::new().await;
    let (admin, ann) = (fixture.admin().await, fixture.shop.customer().await);

    let shown = fixture.api.get(&format!("/v1/users/{}", ann.id)).by(&admin).await;

    let fields: Vec<_> = shown.body.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["id", "email", "email_verified", "role", "created_at", "disabled_at", "erased_at"];
    assert_eq!(fields, expected);
    assert_eq!(shown.text("/email"), ann.email);
}

#[tokio::test]
async fn who_is_not_there_is_not_found() {
    let fixture = Fixture::new().await;
    let (admin, nobody) = (fixture.admin().await, UserId::generate());

    let answers = [
        fixture.api.get(&format!("/v1/users/{nobody}")).by(&admin).await,
        fixture.set_role(&admin, nobody, "staff").await,
        fixture.act(&admin, nobody, "disable").await,
        fixture.act(&admin, nobody, "enable").await,
    ];

    for answer in answers {
        assert_eq!(answer.refusal(), (404, "user_not_found"));
    }
    assert_eq!(fixture.api.get("/v1/users/42").by(&admin).await.refusal(), (404, "not_found"));
}

#[tokio::test]
async fn only_admins_see_and_change_users() {
    let fixture = Fixture::new().await;
    fixture.admin().await;
    let (ann, staff) = (fixture.shop.customer().await, fixture.shop.staff().await);
    let routes = [
        (Method::GET, "/v1/users".to_owned()),
        (Method::GET, format!("/v1/users/{}", ann.id)),
        (Method::PUT, format!("/v1/users/{}/role", ann.id)),
        (Method::POST, format!("/v1/users/{}/disable", ann.id)),
        (Method::POST, format!("/v1/users/{}/enable", ann.id)),
    ];

    for (method, path) in routes {
        let call = || fixture.api.call(method.clone(), &path).json(&json!({"role": "admin"}));
        assert_eq!(call().await.refusal(), (401, "sign_in"), "{method} {path}");
        for person in [&ann, &staff] {
            assert_eq!(call().by(person).await.refusal(), (403, "wrong_role"), "{method} {path}");
        }
    }
    assert_eq!(fixture.me(&ann.token).await.text("/role"), "customer");
}
