//! How owners see and end their sessions.

use super::{Fixture, PASSWORD, Tokens};
use axum::http::Method;
use serde_json::{Value, json};
use testkit::Response;

const UNKNOWN: &str = "fam_0193f2a7c1d87b3e9a5f4c2d1e0b9a87";

impl Fixture {
    async fn log_in_with(&self, email: &str, device: &str, source: &str) -> Tokens {
        let body = json!({"email": email, "password": PASSWORD});
        let call = self.api.post("/v1/auth/login", &body).header("user-agent", device);
        Tokens::of(&call.sent_from(source).await)
    }

    async fn sessions(&self, by: &Tokens) -> Vec<Value> {
        let call = self.api.get("/v1/me/sessions");
        let answer = call.header("authorization", &format!("Bearer {}", by.access)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["data"].as_array().unwrap().clone()
    }

    async fn end(&self, by: &Tokens, session: &str) -> Response {
        let call = self.api.call(Method::DELETE, &format!("/v1/me/sessions/{session}"));
        call.header("authorization", &format!("Bearer {}", by.access)).await
    }
}

#[tokio::test]
async fn an_owner_sees_each_session_with_its_device_and_network() {
    let fixture = Fixture::new().await;
    fixture.register_and_log_in("bob@example.com").await;
    let plain = fixture.register_and_log_in("ann@example.com").await;
    let phone = fixture.log_in_with("ann@example.com", "Phone/1", "192.0.2.7").await;
    let laptop = fixture.log_in_with("ann@example.com", "Laptop/1", "2001:db8:1:2::1").await;
    let over = fixture.log_in_with("ann@example.com", "Tablet/1", "192.0.2.7").await;
    fixture.log_out(&over.access).await;
    let refresh = fixture.api.post("/v1/auth/refresh", &json!({"refresh_token": phone.refresh}));
    let refresh = refresh.header("user-agent", "Phone/2").sent_from("198.51.100.7");
    assert_eq!(refresh.await.status, 200);

    let sessions = fixture.sessions(&laptop).await;

    let shown = |field: &str| sessions.iter().map(|one| one[field].clone()).collect::<Vec<_>>();
    assert_eq!(shown("device"), [json!("Phone/2"), json!("Laptop/1"), Value::Null]);
    assert_eq!(shown("network"), [json!("198.51.100.0/24"), json!("2001:db8:1::/56"), Value::Null]);
    assert_eq!(shown("current"), [false, true, false]);
    assert_ne!(sessions[0]["created_at"], sessions[0]["last_used_at"], "it was refreshed");
    assert_eq!(sessions[1]["created_at"], sessions[1]["last_used_at"]);
    assert_eq!(fixture.sessions(&plain).await[2]["current"], true);
    let readable =
        "select count(*) from refresh_tokens where position('198.51.100'::bytea in network) > 0";
    assert_eq!(
        fixture.shop.one::<i64>(readable).await,
        0,
        "the database alone tells who was where"
    );

    fixture.shop.run("update refresh_tokens set expires_at = now() where device = 'Phone/2'").await;
    assert_eq!(fixture.sessions(&laptop).await.len(), 2, "one has expired");
}

#[tokio::test]
async fn whoever_ends_a_session_ends_its_tokens_and_no_others() {
    let fixture = Fixture::new().await;
    let phone = fixture.register_and_log_in("ann@example.com").await;
    let laptop = Tokens::of(&fixture.log_in("ann@example.com", PASSWORD).await);
    let sessions = fixture.sessions(&laptop).await;
    let [here, there] = [0, 1].map(|place: usize| sessions[place]["id"].as_str().unwrap());

    let answer = fixture.end(&laptop, there).await;

    assert_eq!((answer.status, &answer.body), (204, &Value::Null));
    assert_eq!(fixture.me(&phone.access).await.refusal(), (401, "sign_in"));
    assert_eq!(fixture.refresh(&phone.refresh).await.refusal(), (401, "session_ended"));
    assert_eq!(fixture.end(&laptop, there).await.status, 204, "again changes nothing");
    assert_eq!(fixture.sessions(&laptop).await.len(), 1);
    assert_eq!(fixture.refresh(&laptop.refresh).await.status, 200);
    assert_eq!(fixture.end(&laptop, here).await.status, 204, "the current one");
    assert_eq!(fixture.me(&laptop.access).await.refusal(), (401, "sign_in"));
}

#[tokio::test]
async fn a_session_of_somebody_else_looks_like_none() {
    let fixture = Fixture::new().await;
    let ann = fixture.register_and_log_in("ann@example.com").await;
    let bob = fixture.register_and_log_in("bob@example.com").await;
    let of_ann = fixture.sessions(&ann).await[0]["id"].as_str().unwrap().to_owned();

    assert_eq!(fixture.end(&bob, UNKNOWN).await.refusal(), (404, "session_not_found"));
    assert_eq!(fixture.end(&bob, &of_ann).await.refusal(), (404, "session_not_found"));
    assert_eq!(fixture.end(&bob, "nonsense").await.refusal(), (404, "not_found"));
    assert_eq!(fixture.me(&ann.access).await.status, 200);
    assert_eq!(fixture.refresh(&ann.refresh).await.status, 200);
}
