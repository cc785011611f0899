use super::{
    super::{Card, Settlement},
    *,
};

const TWO_MUGS: &str = "mode=payment&success_url=http://shop.test/ok?s={CHECKOUT_SESSION_ID}\
    &line_items[0][quantity]=2&line_items[0][price_data][currency]=eur\
    &line_items[0][price_data][unit_amount]=600\
    &line_items[0][price_data][product_data][name]=Mug\
    &payment_intent_data[metadata][order_id]=7";

impl Fixture {
    async fn session(&self) -> Value {
        let (status, session) = self.post("v1/checkout/sessions", TWO_MUGS).await;
        assert_eq!(status, 200, "{session}");
        session
    }

    async fn page(&self, path: &str) -> String {
        let response = self.client.get(self.url(path)).send().await.unwrap();
        response.text().await.unwrap()
    }

    async fn press(&self, path: &str, button: &str) -> String {
        let response =
            self.client.post(self.url(path)).body(button.to_owned()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        response.headers()["location"].to_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_paid_session_is_complete() {
    let fixture = Fixture::new().await;
    let session = id(&fixture.session().await);

    let declined = fixture.stripe.pay_session(&session, Card::Declined).unwrap_err();
    fixture.stripe.pay_session(&session, Card::Visa).unwrap();

    assert_eq!(declined.status, 402);
    let (_, shown) = fixture.get(&format!("v1/checkout/sessions/{session}")).await;
    assert_eq!((&shown["status"], &shown["payment_status"]), (&"complete".into(), &"paid".into()));
    let [line] = fixture.stripe.ledger().try_into().unwrap();
    assert_eq!((line.received, line.metadata["order_id"].as_str()), (1200, "7"));
    assert_eq!(fixture.kinds().last().unwrap(), "checkout.session.completed");
    assert!(fixture.stripe.pay_session(&session, Card::Visa).is_err());
}

#[tokio::test]
async fn a_slow_session_is_complete_first_and_paid_later() {
    let fixture = Fixture::new().await;
    let session = id(&fixture.session().await);

    let slow = fixture.stripe.pay_session(&session, Card::Slow).unwrap();
    fixture.stripe.settle(slow["payment_intent"].as_str().unwrap(), Settlement::Paid).unwrap();

    assert_eq!((&slow["status"], &slow["payment_status"]), (&"complete".into(), &"unpaid".into()));
    assert_eq!(fixture.kinds().last().unwrap(), "checkout.session.async_payment_succeeded");
}

#[tokio::test]
async fn an_expired_session_cannot_be_paid() {
    let fixture = Fixture::new().await;
    let session = id(&fixture.session().await);

    let path = format!("v1/checkout/sessions/{session}/expire");
    let (status, expired) = fixture.post(&path, "").await;
    let (again, _) = fixture.post(&path, "").await;

    assert_eq!((status, &expired["status"], again), (200, &"expired".into(), 400));
    assert_eq!(fixture.kinds(), ["checkout.session.expired"]);
    assert!(fixture.stripe.pay_session(&session, Card::Visa).is_err());
}

#[tokio::test]
async fn a_session_is_open_for_half_an_hour_at_least() {
    let fixture = Fixture::new().await;
    let in_minutes = |minutes: i64| format!("{TWO_MUGS}&expires_at={}", now() + minutes * 60);

    let (short, refusal) = fixture.post("v1/checkout/sessions", &in_minutes(29)).await;
    let (fits, _) = fixture.post("v1/checkout/sessions", &in_minutes(35)).await;
    let (long, _) = fixture.post("v1/checkout/sessions", &in_minutes(25 * 60)).await;

    assert_eq!((short, fits, long), (400, 200, 400));
    assert_eq!(refusal["error"]["param"], "expires_at");
}

#[tokio::test]
async fn the_intent_of_a_session_ends_with_the_session_only() {
    let fixture = Fixture::new().await;
    let session = id(&fixture.session().await);
    fixture.stripe.pay_session(&session, Card::Declined).unwrap_err();
    let intent = fixture.stripe.ledger()[0].intent.clone();

    let (status, _) = fixture.post(&format!("v1/payment_intents/{intent}/cancel"), "").await;
    fixture.stripe.expire_session(&session).unwrap();

    assert_eq!(status, 400);
    assert_eq!(fixture.stripe.ledger()[0].status, super::super::Status::Canceled);
}

#[tokio::test]
async fn a_person_pays_on_the_hosted_page() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(1250).await;
    let path = format!("pay/{intent}");

    let before = fixture.page(&path).await;
    let back = fixture.press(&path, "card=pm_card_chargeDeclined").await;
    let declined = fixture.page(&path).await;
    fixture.press(&path, "card=pm_card_visa").await;
    let after = fixture.page(&path).await;

    assert!(before.contains("12.50 EUR") && before.contains("<dt>order id</dt><dd>7</dd>"));
    assert_eq!(back, format!("/{path}"));
    assert!(declined.contains("Your card was declined."));
    assert!(after.contains("Paid.") && !after.contains("<button"));
    assert_eq!(fixture.stripe.pay_page(&intent), fixture.url(&path));
}

#[tokio::test]
async fn the_checkout_page_leads_back_to_the_shop() {
    let fixture = Fixture::new().await;
    let session = fixture.session().await;
    let path = format!("checkout/{}", id(&session));

    let page = fixture.page(&path).await;
    let stay = fixture.press(&path, "card=pm_card_authenticationRequired").await;
    let next = fixture.press(&path, "settle=paid").await;

    assert_eq!(session["url"], fixture.url(&path));
    assert!(page.contains("12.00 EUR"));
    assert_eq!(stay, format!("/{path}"));
    assert_eq!(next, format!("http://shop.test/ok?s={}", id(&session)));
}

#[tokio::test]
async fn a_page_for_nobody_says_so() {
    let fixture = Fixture::new().await;

    let page = fixture.page("pay/pi_<nobody>").await;

    assert!(page.contains("No such payment_intent") && !page.contains("<nobody>"));
}

#[tokio::test]
async fn the_front_page_leads_to_every_payment() {
    let fixture = Fixture::new().await;
    let empty = fixture.page("").await;
    let intent = fixture.intent(1250).await;

    let page = fixture.page("").await;

    assert!(empty.contains("None yet."));
    assert!(
        page.contains(&format!("<a href=\"/pay/{intent}\">12.50 EUR</a> requires payment method"))
    );
}
