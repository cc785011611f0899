//! Emails from queue messages, against a stand-in of SES.

mod backoff;
mod events;
mod resending;
pub(crate) mod ses;
mod unproven;

use domain::id::OrderId;
use domain::mail::{self, Claim};
use domain::outbox::{Event, Message};
use lambda::queue::{MessageError, process_batch};
use send_email::{Mailer, Sender, handle};
use serde_json::{Value, json};
use ses::Ses;
use testkit::{Order, Product, Shop, User};
use tokio::net::TcpListener;

const SHOP: &str = "Tradepost <orders@tradepost.example>";
const STAFF: &str = "staff@tradepost.example";

/// A shop with an order of two mugs, and the function that sends emails.
struct Fixture {
    shop: Shop,
    ses: Ses,
    mailer: Mailer,
    buyer: User,
    order: OrderId,
}

impl Fixture {
    async fn open() -> Self {
        Self::with_product("Mug").await
    }

    async fn with_product(name: &str) -> Self {
        let (shop, ses) = (Shop::open().await, Ses::open().await);
        let mug = shop.product(Product { name: name.to_owned(), ..Product::any() }).await;
        let buyer = shop.customer().await;
        let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;
        let mailer = Mailer {
            db: shop.db.clone(),
            sender: Sender::through(&ses.config(), SHOP.to_owned()),
            staff: STAFF.to_owned(),
            shop_url: "https://shop.example".to_owned(),
            links: testkit::link_key(),
        };
        Self { shop, ses, mailer, buyer, order }
    }

    fn order_placed(&self) -> Message {
        Message { v: 1, event: Event::OrderPlaced { order: self.order } }
    }

    async fn handle_order_placed(&self) -> Result<(), MessageError> {
        handle(&self.mailer, self.order_placed(), 1).await
    }

    async fn handle(&self, event: Event) -> Result<(), MessageError> {
        handle(&self.mailer, Message { v: 1, event }, 1).await
    }

    /// Fails unless our records agree with the emails that SES accepted.
    async fn audit(&self) {
        self.shop.audit().with_mails(self.ses.sent_mails()).assert_holds().await;
    }

    /// The status of the email in our records, and its SES message id or the reason of its failure.
    async fn recorded(&self) -> (String, Option<String>) {
        let sql = "select status, coalesce(ses_message_id, failure) from emails";
        let row = self.shop.admin.query_one(sql, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }
}

fn text<'a>(mail: &'a Value, pointer: &str) -> &'a str {
    mail.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

const SUBJECT: &str = "/Content/Simple/Subject/Data";
const TEXT: &str = "/Content/Simple/Body/Text/Data";
const HTML: &str = "/Content/Simple/Body/Html/Data";

#[tokio::test]
async fn the_buyer_gets_a_mail_with_what_was_ordered() {
    let fixture = Fixture::open().await;

    fixture.handle_order_placed().await.unwrap();

    let [mail] = &fixture.ses.mails()[..] else { panic!("{:?}", fixture.ses.mails()) };
    assert_eq!(mail["FromEmailAddress"], SHOP);
    assert_eq!(mail["Destination"], json!({"ToAddresses": [fixture.buyer.email]}));
    let number = fixture.shop.order_number(fixture.order).await;
    assert_eq!(text(mail, SUBJECT), format!("We have your order {number}"));
    assert!(text(mail, TEXT).contains("2 × Mug, 12.50 EUR each: 25.00 EUR"), "{mail:#}");
    assert!(text(mail, HTML).contains("2 × Mug"), "{mail:#}");
    assert_eq!(fixture.recorded().await, ("sent".to_owned(), Some("receipt-1".to_owned())));
}

#[tokio::test]
async fn a_message_that_comes_twice_is_one_mail() {
    let fixture = Fixture::open().await;

    fixture.handle_order_placed().await.unwrap();
    fixture.handle_order_placed().await.unwrap();

    assert_eq!(fixture.ses.mails().len(), 1);
    fixture.audit().await;
}

#[tokio::test]
async fn twins_at_once_are_one_mail() {
    let fixture = Fixture::open().await;

    let twins = tokio::join!(fixture.handle_order_placed(), fixture.handle_order_placed());

    // The second finds the email sent, or is retried because the first has claimed it.
    assert!(twins.0.is_ok() || twins.1.is_ok());
    assert_eq!(fixture.ses.mails().len(), 1);
    fixture.handle_order_placed().await.unwrap();
    assert_eq!(fixture.ses.mails().len(), 1);
    fixture.audit().await;
}

#[tokio::test]
async fn a_mail_whose_sender_died_is_sent_by_the_next() {
    let fixture = Fixture::open().await;
    let key = fixture.order_placed().event.dedupe_key();
    let claim = mail::claim(&fixture.mailer.db, &key, "order_received", 180).await.unwrap();
    let Claim::Acquired(dead) = claim else { panic!("{claim:?}") };
    assert!(matches!(fixture.handle_order_placed().await, Err(MessageError::Retry(_))));

    fixture.shop.run("update emails set claimed_until = now()").await;
    fixture.handle_order_placed().await.unwrap();
    mail::mark_failed(&fixture.mailer.db, &key, dead, "too late to say so").await.unwrap();

    assert_eq!(fixture.ses.mails().len(), 1);
    assert_eq!(fixture.recorded().await.0, "sent");
    fixture.audit().await;
}

#[tokio::test]
async fn what_ses_has_no_time_for_comes_again() {
    for (status, kind) in [
        (429, "TooManyRequestsException"),
        (400, "LimitExceededException"),
        (400, "SendingPausedException"),
        (400, "MailFromDomainNotVerifiedException"),
        (400, "AccountSuspendedException"),
        (500, "InternalFailure"),
        (503, "ServiceUnavailable"),
    ] {
        let fixture = Fixture::open().await;
        fixture.ses.refuse(status, kind, "not now");

        assert!(
            matches!(fixture.handle_order_placed().await, Err(MessageError::RetryAfter(..))),
            "{kind}"
        );
        assert_eq!(fixture.ses.mails().len(), 0, "{kind} is not retried within the call");
        fixture.handle_order_placed().await.unwrap();

        assert_eq!(fixture.ses.mails().len(), 1);
        fixture.audit().await;
    }
}

#[tokio::test]
async fn a_sender_that_ses_does_not_know_is_our_fault_and_not_the_mails() {
    let fixture = Fixture::open().await;
    let why = "Email address is not verified. These identities failed: orders@tradepost.example";
    fixture.ses.refuse(400, "MessageRejected", why);

    assert!(matches!(fixture.handle_order_placed().await, Err(MessageError::RetryAfter(..))));
    fixture.handle_order_placed().await.unwrap();

    assert_eq!(fixture.ses.mails().len(), 1);
    fixture.audit().await;
}

#[tokio::test]
async fn what_ses_rejects_is_never_tried_again() {
    for kind in ["MessageRejected", "BadRequestException"] {
        let fixture = Fixture::open().await;
        let address = &fixture.buyer.email;
        let twice = format!("{address} is no good: {}", address.to_uppercase());
        fixture.ses.refuse(400, kind, &twice);

        fixture.handle_order_placed().await.unwrap();
        fixture.handle_order_placed().await.unwrap();

        assert_eq!(fixture.ses.mails().len(), 0);
        // Without the address: the record outlives the account.
        let why = Some(format!("{kind}: <address> is no good: <address>"));
        assert_eq!(fixture.recorded().await, ("failed".to_owned(), why));
        fixture.audit().await;
    }
}

#[tokio::test]
async fn an_ses_out_of_reach_delays_the_mail() {
    let mut fixture = Fixture::open().await;
    fixture.mailer.sender = Sender::through(&ses::at("http://127.0.0.1:1"), SHOP.to_owned());
    assert!(matches!(fixture.handle_order_placed().await, Err(MessageError::RetryAfter(..))));

    fixture.mailer.sender = Sender::through(&fixture.ses.config(), SHOP.to_owned());
    fixture.handle_order_placed().await.unwrap();

    assert_eq!(fixture.ses.mails().len(), 1);
    fixture.audit().await;
}

#[tokio::test]
async fn an_ses_that_never_answers_delays_the_mail() {
    let mut fixture = Fixture::open().await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    fixture.mailer.sender = Sender::through(&ses::at(&address), SHOP.to_owned());
    assert!(matches!(fixture.handle_order_placed().await, Err(MessageError::RetryAfter(..))));

    fixture.mailer.sender = Sender::through(&fixture.ses.config(), SHOP.to_owned());
    fixture.handle_order_placed().await.unwrap();

    assert_eq!(fixture.ses.mails().len(), 1);
    fixture.audit().await;
}

#[tokio::test]
async fn a_garbled_neighbour_stops_nobody() {
    let fixture = Fixture::open().await;
    let bodies = [
        "{".to_owned(),
        json!({"v": 1, "type": "order_placed", "order": fixture.order}).to_string(),
        json!({"v": 2, "type": "order_placed", "order": fixture.order}).to_string(),
        json!({"v": 1, "type": "moon_risen", "order": fixture.order}).to_string(),
        json!({"v": 1, "type": "order_placed", "order": "ord_1"}).to_string(),
        json!({"v": 1, "type": "order_confirmed", "order": fixture.order}).to_string(),
    ];
    let records = bodies.iter().enumerate();
    let records: Vec<_> =
        records.map(|(id, body)| json!({"messageId": id.to_string(), "body": body})).collect();

    let batch = serde_json::from_value(json!({"Records": records})).unwrap();
    let again =
        process_batch(batch, async |message| handle(&fixture.mailer, message, 1).await).await;

    let again: Vec<_> = again.batch_item_failures.iter().map(|f| &*f.item_identifier).collect();
    assert_eq!(again, ["0", "2", "3", "4"]);
    assert_eq!(fixture.ses.mails().len(), 2);
    fixture.audit().await;
}

#[tokio::test]
async fn a_name_is_never_markup_and_never_a_header() {
    let fixture = Fixture::with_product("Mug<script>\r\nBcc: thief@example.com").await;

    fixture.handle_order_placed().await.unwrap();

    let [mail] = &fixture.ses.mails()[..] else { panic!("one mail") };
    assert!(!text(mail, HTML).contains("<script>"), "{mail:#}");
    assert!(!text(mail, SUBJECT).contains(['\r', '\n']), "{mail:#}");
    assert_eq!(mail["Destination"], json!({"ToAddresses": [fixture.buyer.email]}));
    assert!(mail["Content"].get("Raw").is_none(), "SES writes the headers");
}
