//! What is written on which occasion, and to whom.

use super::{HTML, STAFF, SUBJECT, Scene, TEXT, text};
use domain::accounts::Purpose;
use domain::id::{DisputeId, FamilyId, OrderId, PaymentId, ProductId, RefundId};
use domain::outbox::{Event, Message};
use lambda::queue::Setback;
use send_email::handle;
use serde_json::{Value, json};

/// A payment for the scene's order that did not come to anything yet.
async fn payment(scene: &Scene) -> PaymentId {
    let id = PaymentId::generate();
    let sql = "insert into payments (id, order_id, currency, amount_minor, status, provider_pi)
               values ($1, $2, 'EUR', 2500, 'requires_payment_method', 'pi_1')";
    scene.shop.admin.execute(sql, &[&id, &scene.order]).await.unwrap();
    id
}

/// A refund of one mug.
async fn refund(scene: &Scene, origin: &str) -> RefundId {
    let (id, payment) = (RefundId::generate(), payment(scene).await);
    let sql = "insert into refunds (id, payment_id, amount_minor, status, origin, provider_refund)
               values ($1, $2, 1250, 'succeeded', $3, 're_at_stripe')";
    scene.shop.admin.execute(sql, &[&id, &payment, &origin]).await.unwrap();
    id
}

/// A dispute over the scene's payment.
async fn dispute(scene: &Scene) -> DisputeId {
    let id = DisputeId::generate();
    let sql = "insert into disputes (id, payment_id, provider_dispute, amount_minor, currency, reason, status, told_at)
               select $1, id, 'dp_at_stripe', amount_minor, currency, 'fraudulent', 'needs_response', now() from payments";
    scene.shop.admin.execute(sql, &[&id]).await.unwrap();
    id
}

async fn mug(scene: &Scene) -> ProductId {
    scene.shop.one("select id from products").await
}

/// Every event that its buyer, and not the staff, hears of.
async fn for_the_buyer(scene: &Scene) -> Vec<(Event, String)> {
    let (order, user) = (scene.order, scene.buyer.id);
    let refund = refund(scene, "api").await;
    let payment = scene.shop.one("select id from payments").await;
    let session = FamilyId::generate();
    [
        (Event::RegisteredAgain { user, hour: 1 }, "You have an account already".to_owned()),
        (Event::PasswordChanged { user, epoch: 1 }, "Your password was changed".to_owned()),
        (Event::SessionStolen { user, session }, "We have signed you out, to be safe".to_owned()),
        (Event::OrderPlaced { order }, format!("We have your order {order}")),
        (Event::OrderConfirmed { order }, format!("Your order {order} is confirmed")),
        (Event::OrderShipped { order }, format!("Your order {order} is on its way")),
        (Event::OrderCancelled { order }, format!("Your order {order} is cancelled")),
        (
            Event::PaymentFailed { payment },
            format!("The payment for your order {order} did not go through"),
        ),
        (Event::RefundIssued { refund }, format!("Your refund of 12.50 EUR for order {order}")),
        (
            Event::GoodsReturned { refund },
            format!("What you sent back from order {order} has arrived"),
        ),
    ]
    .into()
}

#[tokio::test]
async fn whom_it_concerns_hears_of_it_once() {
    let scene = Scene::set().await;
    let occasions = for_the_buyer(&scene).await;

    for (event, _) in occasions.iter().chain(&occasions) {
        scene.tell_of(*event).await.unwrap();
    }

    let mails = scene.ses.mails();
    let subjects: Vec<_> = mails.iter().map(|mail| text(mail, SUBJECT)).collect();
    let expected: Vec<_> = occasions.iter().map(|(_, subject)| subject).collect();
    assert_eq!(subjects, expected);
    for mail in &mails {
        assert_eq!(mail["Destination"], json!({"ToAddresses": [scene.buyer.email]}));
        assert!(text(mail, HTML).contains("<h1"), "{mail:#}");
    }
}

#[tokio::test]
async fn who_has_left_gets_no_mail() {
    for column in ["disabled_at", "erased_at"] {
        let scene = Scene::set().await;
        let occasions = for_the_buyer(&scene).await;
        scene.shop.run(&format!("update users set {column} = now()")).await;

        for (event, _) in occasions {
            let told = scene.tell_of(event).await;

            let Err(Setback::Pointless { code, why }) = told else { panic!("{event:?} {told:?}") };
            assert_eq!(code, "nothing_to_write");
            assert!(!why.contains('@'), "{why}");
        }
        assert_eq!(scene.ses.mails().len(), 0);
    }
}

#[tokio::test]
async fn the_staff_hear_of_what_needs_them_once_even_if_the_buyer_has_left() {
    let scene = Scene::set().await;
    let (refund, product) = (refund(&scene, "api").await, mug(&scene).await);
    let dispute = dispute(&scene).await;
    let sku: String = scene.shop.one("select sku from products").await;
    scene.shop.run("update users set disabled_at = now()").await;
    let events = [
        Event::RefundFailed { refund },
        Event::DisputeOpened { dispute },
        Event::StockLow { product, crossing: 1 },
        Event::DeadLettersFound { hour: 498_805 },
    ];

    for event in events.into_iter().chain(events) {
        scene.tell_of(event).await.unwrap();
    }

    let mails = scene.ses.mails();
    let subjects: Vec<_> = mails.iter().map(|mail| text(mail, SUBJECT)).collect();
    let expected = [
        format!("A refund of 12.50 EUR failed, for order {}", scene.order),
        format!("A payment of order {} is disputed", scene.order),
        format!("{sku} runs low: 8 left"),
        "Messages wait for a person, since 26 November 2026, 13:00 UTC".to_owned(),
    ];
    assert_eq!(subjects, expected);
    assert!(mails.iter().all(|mail| mail["Destination"] == json!({"ToAddresses": [STAFF]})));
    assert!(text(&mails[0], TEXT).contains("At Stripe: re_at_stripe"), "{:#}", mails[0]);
    assert!(text(&mails[1], TEXT).contains("At Stripe: dp_at_stripe"), "{:#}", mails[1]);
}

#[tokio::test]
async fn each_crossing_of_the_threshold_has_its_own_mail() {
    let scene = Scene::set().await;
    let product = mug(&scene).await;

    for crossing in [1, 2, 1, 2] {
        scene.tell_of(Event::StockLow { product, crossing }).await.unwrap();
    }

    assert_eq!(scene.ses.mails().len(), 2);
}

#[tokio::test]
async fn a_failed_payment_is_not_told_once_the_order_waits_for_none() {
    for end in [
        "cancel_requested_at = now(), cancel_reason = 'requested'",
        "status = 'cancelled', cancelled_at = now(), cancel_reason = 'expired', expires_at = null",
        "status = 'confirmed', captured_minor = total_minor, expires_at = null",
    ] {
        let scene = Scene::set().await;
        let payment = payment(&scene).await;
        scene.shop.run(&format!("update orders set {end}")).await;

        let told = scene.tell_of(Event::PaymentFailed { payment }).await;

        assert!(matches!(told, Err(Setback::Pointless { .. })), "{end}: {told:?}");
    }
}

#[tokio::test]
async fn money_that_came_too_late_goes_back_with_an_explanation() {
    let scene = Scene::set().await;
    let refund = refund(&scene, "late_payment").await;

    scene.tell_of(Event::RefundIssued { refund }).await.unwrap();

    let [mail] = &scene.ses.mails()[..] else { panic!("one mail") };
    let why = "reached us when the order could no longer be fulfilled";
    assert!(text(mail, TEXT).contains(why) && text(mail, HTML).contains(why), "{mail:#}");
}

#[tokio::test]
async fn what_is_not_there_needs_no_mail() {
    let scene = Scene::set().await;
    for event in [
        Event::OrderPlaced { order: OrderId::generate() },
        Event::PaymentFailed { payment: PaymentId::generate() },
        Event::RefundIssued { refund: RefundId::generate() },
        Event::RefundFailed { refund: RefundId::generate() },
        Event::DisputeOpened { dispute: DisputeId::generate() },
        Event::StockLow { product: ProductId::generate(), crossing: 1 },
    ] {
        let told = scene.tell_of(event).await;
        assert!(matches!(told, Err(Setback::Pointless { .. })), "{event:?}: {told:?}");
    }
    assert_eq!(scene.ses.mails(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_link_goes_to_its_owner_as_long_as_it_is_good() {
    let scene = Scene::set().await;
    let secret = scene.shop.link(&scene.buyer, Purpose::Verify).await;
    let link = scene.shop.one("select id from links").await;
    let asked = Message { v: 1, event: Event::VerificationAsked { link } };

    handle(&scene.desk, asked, 1).await.unwrap();

    let sent = scene.ses.mails();
    assert_eq!(sent.len(), 1);
    let address = format!("https://shop.example/verify?token={secret}");
    assert!(text(&sent[0], TEXT).contains(&address), "{}", text(&sent[0], TEXT));
    scene.shop.run("update links set used_at = now()").await;
    let reset = Message { v: 1, event: Event::ResetAsked { link } };
    let no_more = handle(&scene.desk, reset, 1).await;
    assert!(matches!(no_more, Err(Setback::Pointless { .. })), "{no_more:?}");
}
