//! A guest mistypes the address: staff correct it, and what could not be sent is sent there.

use super::{ANN, Fixture, with_token};
use domain::accounts::Role;
use lambda::dead_letters::DeadLetters;
use operations::Operations;
use serde_json::{Value, json};
use testkit::{ApiClient, Call, Response, send_all};

const MISTYPED: &str = "ann@exmaple.com";
const RIGHT: &str = "Ann@Example.com";

impl Fixture {
    async fn resend(&self, message: &str) -> Response {
        let state = Operations { app: self.shop.app(), dead_letters: DeadLetters::none() };
        let admin = self.shop.user(Role::Admin).await;
        let path = format!("/v1/ops/emails/{message}/resend");
        ApiClient::new(operations::routes(), state).post(&path, &Value::Null).by(&admin).await
    }

    async fn correct(&self, order: &str, email: &str) -> Call {
        let path = format!("{order}/email");
        self.orders.post(&path, &json!({"email": email})).by(&self.shop.staff().await)
    }

    /// A paid order of a guest whose one email SES has rejected; its path, and the message.
    async fn unreachable(&self) -> (super::Guest, String, String) {
        let (guest, order) = self.order(MISTYPED).await;
        let id = order.rsplit('/').next().unwrap();
        self.shop.pay(id.parse().unwrap()).await;
        self.ses.refuse(400, "MessageRejected", "no such domain");
        assert!(self.mails_to(MISTYPED).await.is_empty());
        (guest, order.clone(), format!("order_placed:{id}"))
    }

    async fn status(&self) -> String {
        self.shop.one("select status || ' ' || attempts from emails").await
    }
}

#[tokio::test]
async fn what_could_not_be_sent_is_sent_to_the_corrected_address_once() {
    let fixture = Fixture::open().await;
    let (_, order, message) = fixture.unreachable().await;
    let failed = fixture.status().await;

    let corrected = fixture.correct(&order, RIGHT).await.await;
    let resent = fixture.resend(&message).await;
    let again = fixture.resend(&message).await;
    let mails = fixture.mails_to(RIGHT).await;
    fixture.mails_to(RIGHT).await;
    let late = fixture.resend(&message).await;
    let mails_in_the_end = fixture.mails_to(RIGHT).await;

    assert_eq!(failed, "failed 1");
    assert_eq!((corrected.status, corrected.text("/email")), (200, RIGHT), "{}", corrected.body);
    assert_eq!((resent.status, resent.text("/status")), (202, "claimed"), "{}", resent.body);
    assert_eq!(again.status, 202);
    assert_eq!((late.status, late.text("/status")), (200, "sent"));
    assert_eq!((mails.len(), mails_in_the_end.len()), (1, 1));
    assert_eq!(fixture.status().await, "sent 2");
    assert_eq!(fixture.use_link(Fixture::link(&mails[0])).await.status, 200);
    fixture.shop.audit().with_mails(fixture.ses.sent_mails()).assert_holds().await;
}

#[tokio::test]
async fn links_that_went_to_the_wrong_address_open_nothing_any_more() {
    let fixture = Fixture::open().await;
    let (guest, order) = fixture.order(MISTYPED).await;
    fixture.shop.pay(order.rsplit('/').next().unwrap().parse().unwrap()).await;
    let mails = fixture.mails_to(MISTYPED).await;
    let link = Fixture::link(&mails[0]).to_owned();
    let strangers = fixture.use_link(&link).await;

    let before = fixture.show(&guest, &order).await;
    let corrected = fixture.correct(&order, RIGHT).await.await;
    let repeated = fixture.correct(&order, RIGHT).await.await;

    assert_eq!(corrected.status, 200, "{}", corrected.body);
    assert_ne!(corrected.header("etag"), before.header("etag"));
    assert_eq!(repeated.header("etag"), corrected.header("etag"));
    assert_eq!(fixture.use_link(&link).await.refusal(), (400, "bad_link"));
    let by_stranger = with_token(fixture.orders.get(&order), &strangers).await;
    assert_eq!(by_stranger.refusal(), (404, "order_not_found"));
    assert_eq!(fixture.show(&guest, &order).await.text("/email"), RIGHT);
    let state = "select link_epoch || ' ' || (proven_at is null) from order_guests";
    assert_eq!(fixture.shop.one::<String>(state).await, "2 true");
}

#[tokio::test]
async fn an_order_of_an_account_keeps_the_address_of_the_account() {
    let fixture = Fixture::open().await;
    let (guest, order) = fixture.order(MISTYPED).await;
    let ann = fixture.account(ANN, true).await;

    let corrected = fixture.correct(&order, RIGHT).await.await;
    let joined = fixture.claim_orders(&ann).await;
    let late = fixture.correct(&order, MISTYPED).await.await;
    let bad = fixture.correct(&order, "ann").await.await;
    let by_guest = fixture.orders.post(&format!("{order}/email"), &json!({"email": RIGHT}));

    assert_eq!((corrected.status, joined.status), (200, 200), "{}", corrected.body);
    assert_eq!(late.refusal(), (409, "order_of_account"));
    assert_eq!(bad.text("/errors/0/code"), "bad_email");
    assert_eq!(guest.shown(by_guest).await.status, 401);
    fixture.audit().await;
}

#[tokio::test]
async fn an_email_that_fails_again_waits_for_a_person_again() {
    let fixture = Fixture::open().await;
    let (_, _, message) = fixture.unreachable().await;
    let acknowledge = "insert into acknowledgements (kind, subject, state, reason, created_by)
                       select 'failed_email', dedupe_key, attempts::text, 'Looked at', u.id
                       from emails, (select id from users limit 1) u";
    fixture.shop.user(Role::Admin).await;
    fixture.shop.run(acknowledge).await;

    fixture.resend(&message).await;
    fixture.ses.refuse(400, "MessageRejected", "no such domain");
    fixture.mails_to(MISTYPED).await;

    let waiting = domain::operations::attention(
        &fixture.shop.db,
        &domain::page::PageRequest::new(None, None).unwrap(),
        Some(0),
    )
    .await
    .unwrap();
    assert_eq!(waiting.items.len(), 1);
    assert_eq!(fixture.status().await, "failed 2");
}

#[tokio::test]
async fn only_what_failed_is_sent_again_while_the_shop_knows_what_it_was() {
    let fixture = Fixture::open().await;
    let (_, _, message) = fixture.unreachable().await;
    fixture.shop.run("delete from outbox").await;

    let too_old = fixture.resend(&message).await;
    let failed = fixture.status().await;
    fixture.shop.run("update emails set status = 'dropped', failure = null").await;
    let dropped = fixture.resend(&message).await;
    let unknown = fixture.resend("order_placed:none").await;

    assert_eq!(too_old.refusal(), (409, "email_too_old"));
    assert_eq!(failed, "failed 1");
    assert_eq!(dropped.refusal(), (409, "email_dropped"));
    assert_eq!(unknown.refusal(), (404, "email_not_found"));
}

#[tokio::test]
async fn eight_who_send_it_again_at_once_send_it_once() {
    let fixture = Fixture::open().await;
    let (_, _, message) = fixture.unreachable().await;
    let admin = fixture.shop.user(Role::Admin).await;
    let state = Operations { app: fixture.shop.app(), dead_letters: DeadLetters::none() };
    let api = ApiClient::new(operations::routes(), state);
    let path = format!("/v1/ops/emails/{message}/resend");

    let answers = send_all((0..8).map(|_| api.post(&path, &Value::Null).by(&admin))).await;
    let mails = tokio::join!(fixture.mails_to(MISTYPED), fixture.mails_to(MISTYPED));

    assert!(answers.iter().all(|answer| answer.status == 202), "{answers:?}");
    assert_eq!(mails.0.len().max(mails.1.len()), 1);
    fixture.shop.audit().with_mails(fixture.ses.sent_mails()).assert_holds().await;
}

#[tokio::test]
async fn an_account_of_the_wrong_address_does_not_get_an_order_that_is_corrected_meanwhile() {
    let fixture = Fixture::open().await;
    let (_, order) = fixture.order(MISTYPED).await;
    let stranger = fixture.account(MISTYPED, true).await;
    fixture.shop.run("begin").await;
    fixture.shop.run("update orders set updated_at = now()").await;
    let correct =
        "update order_guests set email = 'ann@example.com', email_norm = 'ann@example.com'";
    fixture.shop.run(correct).await;

    let (claimed, ()) =
        tokio::join!(fixture.claim_orders(&stranger), fixture.shop.commit_once_awaited());

    assert_eq!(claimed.status, 200, "{}", claimed.body);
    assert_eq!(
        fixture.shop.one::<i64>("select count(*) from orders where user_id is null").await,
        1
    );
    assert_eq!(fixture.orders.get(&order).by(&stranger).await.status, 404);
    fixture.shop.check_invariants().await;
}
