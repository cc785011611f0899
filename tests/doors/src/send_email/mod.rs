mod occasions;
mod patience;
pub(crate) mod ses;

use domain::id::OrderId;
use domain::mail::{self, Claim};
use domain::outbox::{Event, Message};
use lambda::queue::{Setback, settle};
use send_email::{Desk, Post, handle};
use serde_json::{Value, json};
use ses::Ses;
use testkit::{Order, Person, Product, Shop};
use tokio::net::TcpListener;

const SHOP: &str = "Tradepost <orders@tradepost.example>";
const STAFF: &str = "staff@tradepost.example";

/// A shop with an order of two mugs, whose buyer is to be written to.
struct Scene {
    shop: Shop,
    ses: Ses,
    desk: Desk,
    buyer: Person,
    order: OrderId,
}

impl Scene {
    async fn set() -> Self {
        Self::with("Mug").await
    }

    async fn with(name: &str) -> Self {
        let (shop, ses) = (Shop::open().await, Ses::open().await);
        let mug = shop.product(Product { name: name.to_owned(), ..Product::any() }).await;
        let buyer = shop.customer().await;
        let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;
        let desk = Desk {
            db: shop.db.clone(),
            post: Post::through(&ses.config(), SHOP.to_owned()),
            staff: STAFF.to_owned(),
            shop_url: "https://shop.example".to_owned(),
            links: testkit::link_key(),
        };
        Self { shop, ses, desk, buyer, order }
    }

    fn placed(&self) -> Message {
        Message { v: 1, event: Event::OrderPlaced { order: self.order } }
    }

    async fn tell(&self) -> Result<(), Setback> {
        handle(&self.desk, self.placed(), 1).await
    }

    async fn tell_of(&self, event: Event) -> Result<(), Setback> {
        handle(&self.desk, Message { v: 1, event }, 1).await
    }

    /// The shop's books agree with the mails that SES took.
    async fn hold(&self) {
        self.shop.books().with_mails(self.ses.posted()).hold().await;
    }

    /// What the shop has noted about the mail.
    async fn noted(&self) -> (String, Option<String>) {
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
    let scene = Scene::set().await;

    scene.tell().await.unwrap();

    let [mail] = &scene.ses.mails()[..] else { panic!("{:?}", scene.ses.mails()) };
    assert_eq!(mail["FromEmailAddress"], SHOP);
    assert_eq!(mail["Destination"], json!({"ToAddresses": [scene.buyer.email]}));
    assert_eq!(text(mail, SUBJECT), format!("We have your order {}", scene.order));
    assert!(text(mail, TEXT).contains("2 × Mug, 12.50 EUR each: 25.00 EUR"), "{mail:#}");
    assert!(text(mail, HTML).contains("2 × Mug"), "{mail:#}");
    assert_eq!(scene.noted().await, ("sent".to_owned(), Some("receipt-1".to_owned())));
}

#[tokio::test]
async fn a_message_that_comes_twice_is_one_mail() {
    let scene = Scene::set().await;

    scene.tell().await.unwrap();
    scene.tell().await.unwrap();

    assert_eq!(scene.ses.mails().len(), 1);
    scene.hold().await;
}

#[tokio::test]
async fn twins_at_once_are_one_mail() {
    let scene = Scene::set().await;

    let twins = tokio::join!(scene.tell(), scene.tell());

    // The other one finds the mail sent, or comes again while the first is at it.
    assert!(twins.0.is_ok() || twins.1.is_ok());
    assert_eq!(scene.ses.mails().len(), 1);
    scene.tell().await.unwrap();
    assert_eq!(scene.ses.mails().len(), 1);
    scene.hold().await;
}

#[tokio::test]
async fn a_mail_whose_sender_died_is_sent_by_the_next() {
    let scene = Scene::set().await;
    let key = scene.placed().event.dedupe_key();
    let claim = mail::claim(&scene.desk.db, &key, "order_received", 180).await.unwrap();
    let Claim::Yours(dead) = claim else { panic!("{claim:?}") };
    assert!(matches!(scene.tell().await, Err(Setback::Again(_))));

    scene.shop.run("update emails set claimed_until = now()").await;
    scene.tell().await.unwrap();
    mail::failed(&scene.desk.db, &key, dead, "too late to say so").await.unwrap();

    assert_eq!(scene.ses.mails().len(), 1);
    assert_eq!(scene.noted().await.0, "sent");
    scene.hold().await;
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
        let scene = Scene::set().await;
        scene.ses.refuse(status, kind, "not now");

        assert!(matches!(scene.tell().await, Err(Setback::After(..))), "{kind}");
        assert_eq!(scene.ses.mails().len(), 0, "{kind} is not tried twice on the spot");
        scene.tell().await.unwrap();

        assert_eq!(scene.ses.mails().len(), 1);
        scene.hold().await;
    }
}

#[tokio::test]
async fn a_sender_that_ses_does_not_know_is_our_fault_and_not_the_mails() {
    let scene = Scene::set().await;
    let why = "Email address is not verified. These identities failed: orders@tradepost.example";
    scene.ses.refuse(400, "MessageRejected", why);

    assert!(matches!(scene.tell().await, Err(Setback::After(..))));
    scene.tell().await.unwrap();

    assert_eq!(scene.ses.mails().len(), 1);
    scene.hold().await;
}

#[tokio::test]
async fn what_ses_rejects_is_never_tried_again() {
    for kind in ["MessageRejected", "BadRequestException"] {
        let scene = Scene::set().await;
        scene.ses.refuse(400, kind, &format!("{} is no good", scene.buyer.email));

        scene.tell().await.unwrap();
        scene.tell().await.unwrap();

        assert_eq!(scene.ses.mails().len(), 0);
        // Without the address: the note outlives the account.
        let why = Some(format!("{kind}: <address> is no good"));
        assert_eq!(scene.noted().await, ("failed".to_owned(), why));
        scene.hold().await;
    }
}

#[tokio::test]
async fn an_ses_out_of_reach_delays_the_mail() {
    let mut scene = Scene::set().await;
    scene.desk.post = Post::through(&ses::at("http://127.0.0.1:1"), SHOP.to_owned());
    assert!(matches!(scene.tell().await, Err(Setback::After(..))));

    scene.desk.post = Post::through(&scene.ses.config(), SHOP.to_owned());
    scene.tell().await.unwrap();

    assert_eq!(scene.ses.mails().len(), 1);
    scene.hold().await;
}

#[tokio::test]
async fn an_ses_that_never_answers_delays_the_mail() {
    let mut scene = Scene::set().await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    scene.desk.post = Post::through(&ses::at(&address), SHOP.to_owned());
    assert!(matches!(scene.tell().await, Err(Setback::After(..))));

    scene.desk.post = Post::through(&scene.ses.config(), SHOP.to_owned());
    scene.tell().await.unwrap();

    assert_eq!(scene.ses.mails().len(), 1);
    scene.hold().await;
}

#[tokio::test]
async fn a_garbled_neighbour_stops_nobody() {
    let scene = Scene::set().await;
    let bodies = [
        "{".to_owned(),
        json!({"v": 1, "type": "order_placed", "order": scene.order}).to_string(),
        json!({"v": 2, "type": "order_placed", "order": scene.order}).to_string(),
        json!({"v": 1, "type": "moon_risen", "order": scene.order}).to_string(),
        json!({"v": 1, "type": "order_placed", "order": "ord_1"}).to_string(),
        json!({"v": 1, "type": "order_confirmed", "order": scene.order}).to_string(),
    ];
    let records = bodies.iter().enumerate();
    let records: Vec<_> =
        records.map(|(id, body)| json!({"messageId": id.to_string(), "body": body})).collect();

    let batch = serde_json::from_value(json!({"Records": records})).unwrap();
    let again = settle(batch, async |message| handle(&scene.desk, message, 1).await).await;

    let again: Vec<_> = again.batch_item_failures.iter().map(|f| &*f.item_identifier).collect();
    assert_eq!(again, ["0", "2", "3", "4"]);
    assert_eq!(scene.ses.mails().len(), 2);
    scene.hold().await;
}

#[tokio::test]
async fn a_name_is_never_markup_and_never_a_header() {
    let scene = Scene::with("Mug<script>\r\nBcc: thief@example.com").await;

    scene.tell().await.unwrap();

    let [mail] = &scene.ses.mails()[..] else { panic!("one mail") };
    assert!(!text(mail, HTML).contains("<script>"), "{mail:#}");
    assert!(!text(mail, SUBJECT).contains(['\r', '\n']), "{mail:#}");
    assert_eq!(mail["Destination"], json!({"ToAddresses": [scene.buyer.email]}));
    assert!(mail["Content"].get("Raw").is_none(), "headers are written by SES alone");
}
