//! Whoever floods the accounts function does not shut it for others.

use local::{Options, Shop};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use stack::{Template, tools};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, interval, sleep_until};

/// Requests a second to one of the routes whose responses take a minimum time.
const FLOOD_RATE: u64 = 10;
const LOG_IN: &str = "/v1/auth/login";
const FLOOD: Duration = Duration::from_secs(6);
const CUSTOMER: &str = "203.0.113.7";
const PASSWORD: &str = "a nice long passphrase";

/// A shop behind a trusted proxy, with the concurrency and the throttles of the template; and the log-ins a second that leave
/// the gateway a few for others.
async fn open() -> (Shop, u64) {
    let template = Template::load(&tools::workspace().join("template.yaml")).unwrap();
    let accounts = template.functions["Accounts"].reserved_concurrency;
    let options = Options {
        instances: accounts,
        refuse_when_busy: true,
        trusted_proxies: "127.0.0.1".to_owned(),
        ..Options::default()
    };
    let shop = Shop::open(options).await.unwrap();
    for _ in 0..accounts.unwrap() {
        shop.gateway.warm("Accounts").await.unwrap();
    }
    let log_ins = template.throttles[&format!("POST {LOG_IN}")].rate;
    (shop, u64::from(log_ins) * 4 / 5)
}

/// Responses by status.
type Counts = Arc<Mutex<BTreeMap<u16, usize>>>;

/// The address of the client that sends a request, by the request's number.
type Origin = fn(u64) -> String;

/// Sends requests of `origin` to routes, each so often a second, until `until`. A request is not waited for before the next one
/// is sent.
fn flood(shop: &Shop, until: Instant, origin: Origin, routes: &[(&str, u64)]) -> Counts {
    let counts = Counts::default();
    for (path, rate) in routes {
        let (url, counts) = (format!("{}{path}", shop.url()), counts.clone());
        let mut pace = interval(Duration::from_millis(1000 / rate));
        tokio::spawn(async move {
            let http = Client::new();
            for number in 0.. {
                pace.tick().await;
                if Instant::now() > until {
                    break;
                }
                let mut body = json!({"email": format!("{number}@flood.example")});
                if url.ends_with("register") {
                    body["password"] = PASSWORD.into();
                }
                if url.ends_with(LOG_IN) {
                    body = json!({"email": "ada@example.com", "password": "a guess of somebody"});
                }
                let request = http.post(&url).header("x-forwarded-for", origin(number)).json(&body);
                let counts = counts.clone();
                tokio::spawn(async move {
                    let status =
                        request.send().await.map_or(0, |response| response.status().as_u16());
                    *counts.lock().unwrap().entry(status).or_default() += 1;
                });
            }
        });
    }
    counts
}

/// A customer of the shop, elsewhere than who floods it.
struct Customer {
    http: Client,
    api: String,
    refused: Vec<String>,
    answered: usize,
}

impl Customer {
    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.api)).json(body)
    }

    async fn ask(&mut self, request: RequestBuilder) -> Value {
        let response = request.header("x-forwarded-for", CUSTOMER).send().await.unwrap();
        let (url, status) = (response.url().path().to_owned(), response.status());
        let body = response.json().await.unwrap_or_default();
        if status.is_success() {
            self.answered += 1;
        } else {
            self.refused.push(format!("{url} {status} {body}"));
        }
        body
    }
}

fn one_client(_: u64) -> String {
    "198.51.100.66".to_owned()
}

fn many_clients(number: u64) -> String {
    format!("198.51.{}.{}", number / 250, number % 250)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_as_fast_as_the_gateway_allows_shuts_the_log_in_for_nobody() {
    let (shop, log_ins) = open().await;
    let http = Client::new();
    let mut customer =
        Customer { http, api: shop.url().to_owned(), refused: Vec::new(), answered: 0 };
    let credentials = json!({"email": "grace@example.com", "password": PASSWORD});
    customer.ask(customer.post("/v1/auth/register", &credentials)).await;
    shop.verify_address("grace@example.com").await.unwrap();
    let mut tokens = customer.ask(customer.post("/v1/auth/login", &credentials)).await;

    let slow = ["/v1/auth/register", "/v1/auth/password/forgot", "/v1/auth/email/resend"];
    let slow = slow.map(|path| (path, FLOOD_RATE));
    let floods: [(Origin, Vec<(&str, u64)>); 2] =
        [(one_client, [&slow[..], &[(LOG_IN, log_ins)]].concat()), (many_clients, slow.to_vec())];
    for (origin, routes) in floods {
        let until = Instant::now() + FLOOD;
        let counts = flood(&shop, until, origin, &routes);
        let mut next = Instant::now() + Duration::from_millis(500);
        for round in 0.. {
            sleep_until(next).await;
            next += Duration::from_millis(150);
            if Instant::now() > until {
                break;
            }
            let token = tokens["access_token"].as_str().unwrap().to_owned();
            let me = customer.http.get(format!("{}/v1/me", shop.url())).bearer_auth(token);
            customer.ask(me).await;
            if round % 3 == 1 {
                let refresh = json!({"refresh_token": tokens["refresh_token"]});
                let new = customer.ask(customer.post("/v1/auth/refresh", &refresh)).await;
                if new["refresh_token"].is_string() {
                    tokens = new;
                }
            }
            if round % 12 == 2 {
                customer.ask(customer.post("/v1/auth/login", &credentials)).await;
            }
        }
        let counts = counts.lock().unwrap().clone();
        assert!(counts.contains_key(&202) && counts.contains_key(&429), "{counts:?}");
    }

    // Beside other tests, on few cores, all instances may be at work for a moment: whoever asks again is answered.
    assert!(customer.refused.len() <= 2, "{:?}", customer.refused);
    assert!(customer.answered > 60, "{}", customer.answered);
}
