//! Payments that Stripe failed to create: nobody can pay them, so they are given up, and the order is paid by a new one.

use super::Fixture;
use stack::stripe::{Card, Fault, Reply};
use std::future::IntoFuture as _;
use std::time::Duration;
use stripe_gateway::Mode;

const CREATE: &str = "POST /v1/payment_intents";

#[tokio::test]
async fn a_stored_error_of_stripe_does_not_keep_an_order_from_being_paid() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    fixture.stripe.inject_on(CREATE, Fault::Answer(Reply::STORED_500_NO_RETRY));

    let failed = fixture.pay(order).await;
    let response = fixture.pay(order).await;
    fixture.stripe.pay(response.text("/stripe_payment_intent"), Card::Visa).unwrap();
    fixture.pay(order).await;

    assert_eq!(failed.refusal(), (502, "upstream_failed"));
    let payments = "select string_agg(status, ' ' order by id) from payments";
    assert_eq!(fixture.shop.one::<String>(payments).await, "failed succeeded");
    fixture.audit().await;
}

#[tokio::test]
async fn a_page_of_a_proxy_in_place_of_stripes_answer_is_tried_again() {
    for reply in [Reply::HTML_503, Reply::EMPTY_502] {
        let fixture = Fixture::open().await;
        let order = fixture.order(1999).await;
        fixture.stripe.inject_on(CREATE, Fault::Answer(reply));
        fixture.stripe.inject_on(CREATE, Fault::Answer(reply));

        let response = fixture.pay(order).await;

        assert_eq!(response.status, 200, "{reply:?} {}", response.body);
        assert_eq!(fixture.stripe.ledger().len(), 1);
        fixture.audit().await;
    }
}

#[tokio::test]
async fn an_amount_that_stripe_does_not_charge_is_refused_with_its_code() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    fixture.stripe.inject_on(CREATE, Fault::Answer(Reply::AMOUNT_TOO_SMALL));

    let refused = fixture.pay(order).await;

    assert_eq!(refused.refusal(), (422, "amount_not_chargeable"));
    assert_eq!(refused.text("/stripe_code"), "amount_too_small");
    fixture.audit().await;
}

#[tokio::test]
async fn an_order_that_was_paid_in_part_is_cancelled_when_its_buyer_comes_back() {
    let fixture = Fixture::open().await;
    let order = fixture.order(2500).await;
    let intent = fixture.pay(order).await.text("/stripe_payment_intent").to_owned();
    fixture.stripe.succeed_with(&intent, 1000).unwrap();

    let back = fixture.pay(order).await;
    let again = fixture.pay(order).await;

    assert_eq!((back.status, back.text("/status")), (200, "succeeded"));
    assert_eq!(again.refusal(), (409, "not_payable"));
    let state =
        "select concat_ws(' ', o.status, cancel_reason, captured_minor, r.status, r.amount_minor)
        from orders o join payments p on p.order_id = o.id join refunds r on r.payment_id = p.id";
    let ended = "cancelled underpaid 1000 requested 1000";
    assert_eq!(fixture.shop.one::<String>(state).await, ended);
    fixture.audit().await;
}

#[tokio::test]
async fn a_stored_error_of_stripe_does_not_keep_an_order_from_ending() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    for _ in 0..3 {
        fixture.stripe.inject_on(CREATE, Fault::DisconnectAfter);
    }
    let lost = fixture.pay(order).await;
    for _ in 0..3 {
        fixture.stripe.inject_on(CREATE, Fault::Answer(Reply::STORED_500_NO_RETRY));
    }
    let due = "update orders set expires_at = now() - interval '1 second', close_at = now()
               where status = 'pending'";
    let sweep = fixture.sweep_in(Mode::Test);

    for _ in 0..2 {
        fixture.shop.run(due).await;
        sweep.round().await.unwrap();
    }

    assert_eq!(lost.refusal(), (502, "upstream_failed"));
    assert_eq!(fixture.order_status().await, "cancelled expired");
    assert_eq!(fixture.shop.one::<i32>("select reserved from products").await, 0);
    fixture.shop.check_invariants().await;
}

/// Stripe answers after another request has abandoned the payment: whoever got its secret could pay besides the next.
#[tokio::test]
async fn a_payment_that_is_given_up_while_stripe_answers_is_handed_out_to_nobody() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    fixture.stripe.inject_on(CREATE, Fault::Delay(Duration::from_millis(500)));
    let abandoned = async {
        while fixture.stripe.calls().is_empty() {
            tokio::task::yield_now().await;
        }
        fixture.shop.run("update payments set status = 'failed'").await;
    };

    let (given_up, ()) = tokio::join!(fixture.pay(order).into_future(), abandoned);
    let response = fixture.pay(order).await;

    assert_eq!(given_up.refusal(), (409, "payment_in_progress"));
    assert_eq!(response.status, 200, "{}", response.body);
    let payments = "select string_agg(status, ' ' order by id) from payments";
    assert_eq!(fixture.shop.one::<String>(payments).await, "failed requires_payment_method");
    fixture.audit().await;
}

#[tokio::test]
async fn vouchers_are_offered_if_the_shop_says_so_and_bank_transfers_never() {
    for (offers_vouchers, expected) in [
        (false, &["boleto", "customer_balance", "konbini", "multibanco", "oxxo", "pix"][..]),
        (true, &["customer_balance"]),
    ] {
        let fixture = Fixture::open_with_vouchers(offers_vouchers).await;

        fixture.pay(fixture.order(1999).await).await;
        fixture.check_out(fixture.order(1999).await).await;

        assert_eq!(fixture.stripe.calls().len(), 2);
        for call in fixture.stripe.calls() {
            let excluded = call.parameters.iter().filter(|(name, _)| name.starts_with("excluded_"));
            let mut excluded: Vec<_> = excluded.map(|(_, value)| value.as_str()).collect();
            excluded.sort_unstable();
            assert_eq!(excluded, expected, "{}", call.call);
            let name = "payment_method_options[us_bank_account][verification_method]";
            let verified = call.parameters.iter().find(|(sent, _)| sent == name);
            assert_eq!(verified.unwrap().1, "instant", "deposits take days: {}", call.call);
        }
    }
}
