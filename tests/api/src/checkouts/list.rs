//! `GET /v1/checkouts`, for staff.

use super::{Fixture, lines};
use serde_json::Value;
use testkit::{Response, User};

fn ids(list: &Response) -> Vec<String> {
    assert_eq!(list.status, 200, "{}", list.body);
    let data = list.body["data"].as_array().unwrap().iter();
    data.map(|one| format!("/v1/checkouts/{}", one["id"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn staff_find_checkouts_by_status_address_and_time() {
    let fixture = Fixture::open().await;
    let (ann, bob) = (fixture.shop.customer().await, fixture.shop.customer().await);
    let staff = fixture.shop.staff().await;
    let mug = fixture.product(1250).await;
    let make = async |user: &User| fixture.checkout(user, &lines([(mug, 1)])).await;
    let (old, new, other) = (make(&ann).await, make(&ann).await, make(&bob).await);
    fixture.cancel(&bob, &other).await;
    let id = old.trim_start_matches("/v1/checkouts/chk_");
    let expired = format!("update checkouts set expires_at = now() where id = '{id}'");
    fixture.shop.run(&expired).await;
    let list = async |query: &str| {
        ids(&fixture.api.get(&format!("/v1/checkouts{query}")).by(&staff).await)
    };

    assert_eq!(list("").await, [other.clone(), new.clone(), old.clone()]);
    assert_eq!(list("?status=open").await, std::slice::from_ref(&new));
    assert_eq!(list("?status=expired").await, std::slice::from_ref(&old));
    assert_eq!(list("?status=cancelled").await, std::slice::from_ref(&other));
    let email = ann.email.to_uppercase();
    assert_eq!(list(&format!("?email={email}")).await, [new.clone(), old.clone()]);
    assert_eq!(list(&format!("?email={email}&status=open")).await, [new]);
    assert_eq!(list("?email=nobody@example.com").await, [""; 0]);
    assert_eq!(list("?created_at[gte]=2999-01-01T00:00:00Z").await, [""; 0]);
    assert_eq!(list("?created_at[gte]=2020-01-01T00:00:00Z").await.len(), 3);
}

#[tokio::test]
async fn a_walk_meets_each_checkout_once() {
    let fixture = Fixture::open().await;
    let (buyer, staff) = (fixture.shop.customer().await, fixture.shop.staff().await);
    for _ in 0..5 {
        fixture.checkout(&buyer, &lines([])).await;
    }

    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = fixture.api.get(&format!("/v1/checkouts{query}")).by(&staff).await;
        seen.extend(ids(&page));
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        query = format!("?limit=2&cursor={next}");
    }

    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    sorted.reverse();
    assert_eq!((seen.len(), seen), (5, sorted));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_and_customers_ask_in_vain() {
    let fixture = Fixture::open().await;
    let (buyer, staff) = (fixture.shop.customer().await, fixture.shop.staff().await);
    let by_staff =
        async |query: &str| fixture.api.get(&format!("/v1/checkouts{query}")).by(&staff).await;

    assert_eq!(by_staff("?status=draft").await.refusal(), (400, "bad_query"));
    assert_eq!(by_staff("?cursor=x").await.refusal(), (400, "bad_cursor"));
    assert_eq!(by_staff("?limit=0").await.refusal(), (400, "bad_limit"));
    assert_eq!(by_staff("?email=a%00b").await.refusal(), (422, "invalid_value"));
    let list = fixture.api.get("/v1/checkouts").by(&buyer).await;
    assert_eq!((list.refusal(), &list.body["data"]), ((403, "wrong_role"), &Value::Null));
}
