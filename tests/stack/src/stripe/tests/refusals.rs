use super::{super::Card, *};

const CREATE: &str = "v1/payment_intents";
const SESSION: &str = "v1/checkout/sessions";
const MUG: &str = "line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]=600\
    &line_items[0][price_data][product_data][name]=Mug";

impl Fixture {
    /// The status, the code and the parameter of a refusal.
    async fn refused(&self, path: &str, form: &str) -> (u16, Value, Value) {
        let (status, body) = self.post(path, form).await;
        let error = &body["error"];
        (status, error["code"].clone(), error["param"].clone())
    }
}

fn refusal(code: &str, param: &str) -> (u16, Value, Value) {
    (400, code.into(), param.into())
}

#[tokio::test]
async fn parameters_that_stripe_does_not_know_or_has_removed_are_refused_by_name() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(500).await;

    for (path, name) in [
        (CREATE.to_owned(), "colour"),
        (CREATE.to_owned(), "payment_method_types[0]"),
        (CREATE.to_owned(), "automatic_payment_methods[colour]"),
        (format!("{CREATE}/{intent}/cancel"), "colour"),
        ("v1/refunds".to_owned(), "line_items[0][amount]"),
        (SESSION.to_owned(), "line_items[0][price_data][product_data][title]"),
    ] {
        let form = format!("amount=500&currency=eur&{name}=1");
        let form = if path == CREATE { form.as_str() } else { &form[24..] };
        assert_eq!(fixture.refused(&path, form).await, refusal("parameter_unknown", name));
    }
    let (status, error) = fixture.get("v1/payment_intents?colour=red").await;
    assert_eq!((status, &error["error"]["param"]), (400, &"colour".into()));
}

#[tokio::test]
async fn only_currencies_that_stripe_charges_in_are_accepted() {
    let fixture = Fixture::new().await;

    for currency in ["bgn", "xxx", "euro", "e"] {
        let form = format!("amount=500&currency={currency}");
        assert_eq!(fixture.refused(CREATE, &form).await, (400, Value::Null, "currency".into()));
    }
    for (currency, amount) in [("xof", 500), ("isk", 500), ("ugx", 500), ("twd", 500)] {
        let form = format!("amount={amount}&currency={currency}");
        assert_eq!(fixture.post(CREATE, &form).await.0, 200, "{currency}");
    }
}

#[tokio::test]
async fn an_amount_below_the_least_charge_of_its_currency_is_refused() {
    let fixture = Fixture::new().await;

    for (currency, least) in
        [("eur", 50), ("gbp", 30), ("huf", 17_500), ("jpy", 50), ("czk", 1_500), ("mxn", 1_000)]
    {
        let form = |amount| format!("amount={amount}&currency={currency}");
        let below = fixture.refused(CREATE, &form(least - 1)).await;
        assert_eq!(below, refusal("amount_too_small", "amount"), "{currency}");
        assert_eq!(fixture.post(CREATE, &form(least)).await.0, 200, "{currency}");
    }
    let cheap = format!("mode=payment&success_url=http://shop.test/&{MUG}").replace("600", "49");
    let cheap = fixture.refused(SESSION, &cheap).await;
    assert_eq!(cheap, refusal("amount_too_small", "line_items"));
}

#[tokio::test]
async fn an_amount_has_the_last_digits_of_its_currency() {
    let fixture = Fixture::new().await;
    let (_, paid) = fixture
        .post(CREATE, "amount=5000&currency=kwd&confirm=true&payment_method=pm_card_visa")
        .await;

    for (currency, amount) in [("kwd", 5_001), ("bhd", 5_009), ("isk", 550), ("ugx", 501)] {
        let form = format!("amount={amount}&currency={currency}");
        let odd = fixture.refused(CREATE, &form).await;
        assert_eq!(odd, refusal("parameter_invalid_integer", "amount"), "{currency}");
    }
    let refund = |amount| format!("payment_intent={}&amount={amount}", id(&paid));
    let odd = fixture.refused("v1/refunds", &refund(1_999)).await;
    assert_eq!(odd, refusal("parameter_invalid_integer", "amount"));
    assert_eq!(fixture.post("v1/refunds", &refund(1_990)).await.0, 200);
}

#[tokio::test]
async fn an_amount_has_up_to_twelve_digits() {
    let fixture = Fixture::new().await;

    let (most, _) = fixture.post(CREATE, "amount=999999999999&currency=eur").await;
    let more = fixture.refused(CREATE, "amount=1000000000000&currency=eur").await;

    assert_eq!((most, more), (200, refusal("amount_too_large", "amount")));
}

#[tokio::test]
async fn a_session_asks_for_its_mode_its_return_address_and_the_names_of_its_lines() {
    let fixture = Fixture::new().await;
    let whole = format!("mode=payment&success_url=http://shop.test/&{MUG}");
    assert_eq!(fixture.post(SESSION, &whole).await.0, 200);

    for (part, name) in [
        ("mode=payment&", "mode"),
        ("success_url=http://shop.test/&", "success_url"),
        (
            "&line_items[0][price_data][product_data][name]=Mug",
            "line_items[0][price_data][product_data][name]",
        ),
    ] {
        let lacking = fixture.refused(SESSION, &whole.replace(part, "")).await;
        assert_eq!(lacking, refusal("parameter_missing", name));
    }
}

#[tokio::test]
async fn only_members_with_objects_behind_them_expand() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(500).await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();
    let expanded =
        async |path: &str, expand: &str| fixture.get(&format!("v1/{path}?expand[]={expand}")).await;
    let one = format!("payment_intents/{intent}");

    for (path, expand) in [
        (one.as_str(), "amount"),
        (one.as_str(), "nonsense"),
        (one.as_str(), "latest_charge.nonsense"),
        (one.as_str(), "data.latest_charge"),
        ("payment_intents", "latest_charge"),
    ] {
        let (status, error) = expanded(path, expand).await;
        let message = format!("This property cannot be expanded ({expand}).");
        assert_eq!((status, &error["error"]["message"]), (400, &message.into()));
    }
    let (_, shown) = expanded(&one, "latest_charge.payment_intent").await;
    let (_, list) = expanded("payment_intents", "data.latest_charge").await;
    assert_eq!(shown["latest_charge"]["payment_intent"]["id"], intent);
    assert_eq!(list["data"][0]["latest_charge"]["object"], "charge");
}

#[tokio::test]
async fn a_page_after_an_unknown_object_is_a_bad_request_and_not_404() {
    let fixture = Fixture::new().await;

    for (list, cursor) in [
        ("payment_intents", "starting_after"),
        ("payment_intents", "ending_before"),
        ("refunds", "starting_after"),
        ("disputes", "starting_after"),
        ("events", "starting_after"),
    ] {
        let (status, error) = fixture.get(&format!("v1/{list}?{cursor}=pi_nobody")).await;
        let error = &error["error"];
        assert_eq!((status, &error["code"]), (400, &"resource_missing".into()));
        assert_eq!(error["param"], cursor);
    }
}

#[tokio::test]
async fn another_version_of_the_api_is_refused() {
    let fixture = Fixture::new().await;
    let ask = async |version: Option<&str>| {
        let mut request = fixture.client.get(fixture.url("v1/events")).bearer_auth("sk_test_1");
        if let Some(version) = version {
            request = request.header("stripe-version", version);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), text_of(&response, "stripe-version"))
    };
    let version = super::super::API_VERSION;

    assert_eq!(ask(None).await, (200, version.to_owned()));
    assert_eq!(ask(Some(version)).await, (200, version.to_owned()));
    assert_eq!(ask(Some("2020-13-45")).await.0, 400);
}

#[tokio::test]
async fn an_error_says_its_type_its_code_and_where_to_read_about_it() {
    let fixture = Fixture::new().await;

    let response = fixture.send(CREATE, "amount=500&currency=eur&colour=red", "k").await.unwrap();
    let headers = ["request-id", "stripe-version", "idempotency-key"];
    let headers = headers.map(|name| text_of(&response, name));
    let (_, body) = read(response).await;

    let error = &body["error"];
    assert_eq!(error["type"], "invalid_request_error");
    assert_eq!(error["message"], "Received unknown parameter: colour");
    assert_eq!(error["doc_url"], "https://stripe.com/docs/error-codes/parameter-unknown");
    assert!(headers[0].starts_with("req_"));
    assert_eq!(headers[2], "k");
}

fn text_of(response: &Response, header: &str) -> String {
    response.headers()[header].to_str().unwrap().to_owned()
}
