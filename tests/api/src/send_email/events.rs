//! Which event leads to which email, and to whom.

use super::{Fixture, HTML, STAFF, SUBJECT, TEXT, text};
use domain::accounts::Purpose;
use domain::id::{
    DisputeId, FamilyId, FraudWarningId, OrderId, PaymentId, ProductId, RefundId, ReturnId,
};
use domain::outbox::{Event, Message};
use lambda::queue::MessageError;
use send_email::handle;
use serde_json::{Value, json};

/// An unpaid payment of the order.
async fn payment(fixture: &Fixture) -> PaymentId {
    let id = PaymentId::generate();
    let sql = "insert into payments (id, order_id, currency, amount_minor, status, provider_pi)
               values ($1, $2, 'EUR', 2500, 'requires_payment_method', 'pi_1')";
    fixture.shop.admin.execute(sql, &[&id, &fixture.order]).await.unwrap();
    id
}

/// A refund of one mug.
async fn refund(fixture: &Fixture, origin: &str) -> RefundId {
    let (id, payment) = (RefundId::generate(), payment(fixture).await);
    let sql = "insert into refunds (id, payment_id, amount_minor, status, origin, provider_refund)
               values ($1, $2, 1250, 'succeeded', $3, 're_at_stripe')";
    fixture.shop.admin.execute(sql, &[&id, &payment, &origin]).await.unwrap();
    id
}

/// A return of a mug.
async fn goods(fixture: &Fixture) -> ReturnId {
    let id = ReturnId::generate();
    let sql = "with made as (
                   insert into returns (id, order_id, status) values ($1, $2, 'requested') returning id
               )
               insert into return_lines (return_id, product_id, quantity) select made.id, p.id, 1 from made, products p";
    fixture.shop.admin.execute(sql, &[&id, &fixture.order]).await.unwrap();
    id
}

/// A dispute over the payment.
async fn dispute(fixture: &Fixture) -> DisputeId {
    let id = DisputeId::generate();
    let sql = "insert into disputes (id, payment_id, provider_dispute, amount_minor, currency, reason, status, told_at)
               select $1, id, 'dp_at_stripe', amount_minor, currency, 'fraudulent', 'needs_response', now() from payments";
    fixture.shop.admin.execute(sql, &[&id]).await.unwrap();
    id
}

/// A fraud warning about the payment.
async fn fraud_warning(fixture: &Fixture) -> FraudWarningId {
    let id = FraudWarningId::generate();
    let sql = "insert into fraud_warnings (id, payment_id, provider, kind, reason)
               select $1, id, 'issfr_at_stripe', 'early_fraud_warning', 'made_with_stolen_card' from payments";
    fixture.shop.admin.execute(sql, &[&id]).await.unwrap();
    id
}

async fn mug(fixture: &Fixture) -> ProductId {
    fixture.shop.one("select id from products").await
}

/// The events, other than those with a link, that lead to an email to the buyer; with its subject.
async fn events_for_the_buyer(fixture: &Fixture) -> Vec<(Event, String)> {
    let (order, user) = (fixture.order, fixture.buyer.id);
    let number = fixture.shop.order_number(order).await;
    let refund = refund(fixture, "api").await;
    let payment = fixture.shop.one("select id from payments").await;
    let session = FamilyId::generate();
    let id = goods(fixture).await;
    [
        (Event::RegisteredAgain { user, hour: 1 }, "You have an account already".to_owned()),
        (Event::PasswordChanged { user, epoch: 1 }, "Your password was changed".to_owned()),
        (Event::SessionStolen { user, session }, "We have signed you out, to be safe".to_owned()),
        (Event::OrderPlaced { order }, format!("We have your order {number}")),
        (Event::OrderConfirmed { order }, format!("Your order {number} is confirmed")),
        (Event::OrderShipped { order }, format!("Your order {number} is on its way")),
        (Event::OrderCancelled { order }, format!("Your order {number} is cancelled")),
        (
            Event::PaymentFailed { payment },
            format!("The payment for your order {number} did not go through"),
        ),
        (Event::RefundIssued { refund }, format!("Your refund of 12.50 EUR for order {number}")),
        (
            Event::GoodsReturned { refund },
            format!("What you sent back from order {number} has arrived"),
        ),
        (Event::ReturnRequested { id }, format!("Your request to return goods of order {number}")),
        (Event::ReturnApproved { id }, format!("You can return goods of order {number}")),
        (Event::ReturnRejected { id }, format!("We cannot take back goods of order {number}")),
        (Event::ReturnReceived { id }, format!("Your goods of order {number} have arrived")),
    ]
    .into()
}

#[tokio::test]
async fn whom_it_concerns_hears_of_it_once() {
    let fixture = Fixture::open().await;
    let events = events_for_the_buyer(&fixture).await;

    for (event, _) in events.iter().chain(&events) {
        fixture.handle(*event).await.unwrap();
    }

    let mails = fixture.ses.mails();
    let subjects: Vec<_> = mails.iter().map(|mail| text(mail, SUBJECT)).collect();
    let expected: Vec<_> = events.iter().map(|(_, subject)| subject).collect();
    assert_eq!(subjects, expected);
    for mail in &mails {
        assert_eq!(mail["Destination"], json!({"ToAddresses": [fixture.buyer.email]}));
        assert!(text(mail, HTML).contains("<h1"), "{mail:#}");
    }
}

#[tokio::test]
async fn who_has_left_gets_no_mail() {
    for column in ["disabled_at", "erased_at"] {
        let fixture = Fixture::open().await;
        let events = events_for_the_buyer(&fixture).await;
        fixture.shop.run(&format!("update users set {column} = now()")).await;

        for (event, _) in events {
            let result = fixture.handle(event).await;

            let Err(MessageError::Permanent { code, why }) = result else {
                panic!("{event:?} {result:?}")
            };
            assert_eq!(code, "nothing_to_write");
            assert!(!why.contains('@'), "{why}");
        }
        assert_eq!(fixture.ses.mails().len(), 0);
    }
}

#[tokio::test]
async fn the_staff_hear_of_what_needs_them_once_even_if_the_buyer_has_left() {
    for column in ["disabled_at", "erased_at"] {
        staff_hear_of_what_needs_them_once(column).await;
    }
}

/// After the account of the buyer got a time in this column.
async fn staff_hear_of_what_needs_them_once(column: &str) {
    let fixture = Fixture::open().await;
    let (order, product) = (fixture.order, mug(&fixture).await);
    let refund = refund(&fixture, "api").await;
    let dispute = dispute(&fixture).await;
    let warning = fraud_warning(&fixture).await;
    let sku: String = fixture.shop.one("select sku from products").await;
    fixture.shop.run(&format!("update users set {column} = now()")).await;
    let events = [
        Event::RefundFailed { refund },
        Event::OrderRefundedUnshipped { order },
        Event::OrderUnderpaid { order },
        Event::DisputeOpened { dispute },
        Event::DisputedMoneyReturned { dispute },
        Event::FraudWarningOpened { warning },
        Event::StockLow { product, crossing: 1 },
        Event::AttentionNeeded { day: 20_783 },
        Event::DeadLettersFound { hour: 498_805 },
    ];

    for event in events.into_iter().chain(events) {
        fixture.handle(event).await.unwrap();
    }

    let mails = fixture.ses.mails();
    let subjects: Vec<_> = mails.iter().map(|mail| text(mail, SUBJECT)).collect();
    let number = fixture.shop.order_number(order).await;
    let expected = [
        format!("A refund of 12.50 EUR failed, for order {number}"),
        format!("Order {number} is refunded in full, and not shipped"),
        format!("Order {number} is cancelled: less was paid than its total"),
        format!("A payment of order {} is disputed", fixture.order),
        format!("Disputed money of order {} is back, and its buyer may be owed it", fixture.order),
        format!("A payment of order {} may be fraud", fixture.order),
        format!("{sku} runs low: 8 left"),
        "2 things wait for a person".to_owned(),
        "Messages wait for a person, since 26 November 2026, 13:00 UTC".to_owned(),
    ];
    assert_eq!(subjects, expected);
    assert!(mails.iter().all(|mail| mail["Destination"] == json!({"ToAddresses": [STAFF]})));
    assert!(text(&mails[0], TEXT).contains("At Stripe: re_at_stripe"), "{:#}", mails[0]);
    assert!(text(&mails[3], TEXT).contains("At Stripe: dp_at_stripe"), "{:#}", mails[3]);
}

#[tokio::test]
async fn each_crossing_of_the_threshold_has_its_own_mail() {
    let fixture = Fixture::open().await;
    let product = mug(&fixture).await;

    for crossing in [1, 2, 1, 2] {
        fixture.handle(Event::StockLow { product, crossing }).await.unwrap();
    }

    assert_eq!(fixture.ses.mails().len(), 2);
}

#[tokio::test]
async fn a_failed_payment_is_not_told_once_the_order_waits_for_none() {
    for end in [
        "cancel_requested_at = now(), cancel_reason = 'requested'",
        "status = 'cancelled', cancelled_at = now(), cancel_reason = 'expired', expires_at = null",
        "status = 'confirmed', captured_minor = total_minor, expires_at = null",
    ] {
        let fixture = Fixture::open().await;
        let payment = payment(&fixture).await;
        fixture.shop.run(&format!("update orders set {end}")).await;

        let result = fixture.handle(Event::PaymentFailed { payment }).await;

        assert!(matches!(result, Err(MessageError::Permanent { .. })), "{end}: {result:?}");
    }
}

#[tokio::test]
async fn money_that_came_too_late_goes_back_with_an_explanation() {
    let fixture = Fixture::open().await;
    let refund = refund(&fixture, "late_payment").await;

    fixture.handle(Event::RefundIssued { refund }).await.unwrap();

    let [mail] = &fixture.ses.mails()[..] else { panic!("one mail") };
    let why = "reached us when the order could no longer be fulfilled";
    assert!(text(mail, TEXT).contains(why) && text(mail, HTML).contains(why), "{mail:#}");
}

#[tokio::test]
async fn money_for_an_order_that_was_paid_already_goes_back_with_an_explanation() {
    let fixture = Fixture::open().await;
    let refund = refund(&fixture, "late_payment").await;
    fixture.shop.run("update payments set status = 'succeeded', surplus_at = now()").await;

    fixture.handle(Event::RefundIssued { refund }).await.unwrap();

    let [mail] = &fixture.ses.mails()[..] else { panic!("one mail") };
    let why = "When this payment reached us, the order was paid already";
    assert!(text(mail, TEXT).contains(why) && text(mail, HTML).contains(why), "{mail:#}");
}

#[tokio::test]
async fn what_is_not_there_needs_no_mail() {
    let fixture = Fixture::open().await;
    for event in [
        Event::OrderPlaced { order: OrderId::generate() },
        Event::PaymentFailed { payment: PaymentId::generate() },
        Event::RefundIssued { refund: RefundId::generate() },
        Event::RefundFailed { refund: RefundId::generate() },
        Event::DisputeOpened { dispute: DisputeId::generate() },
        Event::StockLow { product: ProductId::generate(), crossing: 1 },
    ] {
        let result = fixture.handle(event).await;
        assert!(matches!(result, Err(MessageError::Permanent { .. })), "{event:?}: {result:?}");
    }
    assert_eq!(fixture.ses.mails(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_link_goes_to_its_owner_as_long_as_it_is_good() {
    let fixture = Fixture::open().await;
    let secret = fixture.shop.link(&fixture.buyer, Purpose::Verify).await;
    let link = fixture.shop.one("select id from links").await;
    let asked = Message { v: 1, event: Event::VerificationAsked { link } };

    handle(&fixture.mailer, asked, 1).await.unwrap();

    let sent = fixture.ses.mails();
    assert_eq!(sent.len(), 1);
    let address = format!("https://shop.example/verify?token={secret}");
    assert!(text(&sent[0], TEXT).contains(&address), "{}", text(&sent[0], TEXT));
    fixture.shop.run("update links set used_at = now()").await;
    let reset = Message { v: 1, event: Event::ResetAsked { link } };
    let no_more = handle(&fixture.mailer, reset, 1).await;
    assert!(matches!(no_more, Err(MessageError::Permanent { .. })), "{no_more:?}");
}
