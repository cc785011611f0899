//! Which routes a caller may use, by the role of the account behind the token.

use super::keys::another_signer;
use axum::Router;
use axum::routing::get;
use domain::id::FamilyId;
use lambda::http::App;
use lambda::http::caller::{Admin, Caller, Staff};
use lambda::http::token::Verifier;
use serde_json::json;
use testkit::{ApiClient, Shop, User};

/// Routes for everybody, for signed-in callers, for staff, and for admins.
fn api(app: App) -> ApiClient {
    let routes: Router<App> = Router::new()
        .route("/anybody", get(async |_: Option<Caller>| ()))
        .route("/caller", get(async |_: Caller| ()))
        .route("/staff", get(async |_: Staff| ()))
        .route("/admin", get(async |_: Admin| ()));
    ApiClient::new(routes, app)
}

#[tokio::test]
async fn each_role_reaches_its_routes_and_a_change_of_role_counts_on_the_next_request() {
    let shop = Shop::open().await;
    let api = api(shop.app());
    let ann = shop.customer().await;

    for (role, staff, admin) in [("customer", 403, 403), ("staff", 200, 403), ("admin", 200, 200)] {
        shop.run(&format!("update users set role = '{role}'")).await;

        assert_eq!(api.get("/caller").by(&ann).await.status, 200, "{role}");
        assert_eq!(api.get("/staff").by(&ann).await.status, staff, "{role}");
        assert_eq!(api.get("/admin").by(&ann).await.status, admin, "{role}");
    }
    for closed in ["/caller", "/staff", "/admin"] {
        assert_eq!(api.get(closed).await.status, 401);
    }
}

#[tokio::test]
async fn a_stranger_is_welcome_where_strangers_are_but_a_bad_token_is_not() {
    let shop = Shop::open().await;
    let api = api(shop.app());

    assert_eq!(api.get("/anybody").await.status, 200);
    assert_eq!(api.get("/anybody").by(&shop.customer().await).await.status, 200);
    let bad = api.get("/anybody").header("authorization", "Bearer nonsense");
    assert_eq!(bad.await.refusal(), (401, "sign_in"));
}

#[tokio::test]
async fn while_a_key_is_replaced_tokens_of_both_are_good() {
    let shop = Shop::open().await;
    let ann = shop.customer().await;
    let next = another_signer();
    let both = json!({"keys": [testkit::signer().jwk(), next.jwk()]}).to_string();
    let new = next.issue(ann.id, FamilyId::generate(), 0, testkit::clock().now()).unwrap();
    let ann_with_new = User { token: new, ..ann.clone() };

    let with_both = App { verifier: Verifier::from_jwks(&both).unwrap(), ..shop.app() };
    for person in [&ann, &ann_with_new] {
        assert_eq!(api(with_both.clone()).get("/caller").by(person).await.status, 200);
    }

    let after = json!({"keys": [next.jwk()]}).to_string();
    let after = App { verifier: Verifier::from_jwks(&after).unwrap(), ..shop.app() };
    assert_eq!(api(after.clone()).get("/caller").by(&ann).await.status, 401);
    assert_eq!(api(after).get("/caller").by(&ann_with_new).await.status, 200);
}
