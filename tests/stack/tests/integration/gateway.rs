use crate::{Folder, is_alive};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use stack::{
    Gateway, InvokeError, Template,
    gateway::{Error, Listener, Options},
};
use std::{collections::BTreeSet, fs, path::Path};

const TEMPLATE: &str = "
Globals:
  Function:
    Timeout: 30
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      RouteSettings: {'GET /quick': {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2}}
      CorsConfiguration:
        AllowOrigins: !Ref AllowedOrigins
        AllowMethods: [GET, POST]
        AllowHeaders: [content-type]
        ExposeHeaders: [etag, link]
        MaxAge: 600
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/echo-function
      Environment: {Variables: {GREETING: ''}}
      Events:
        Order: {Type: HttpApi, Properties: {Method: POST, Path: '/v1/orders/{order_id}'}}
        Crash: {Type: HttpApi, Properties: {Method: GET, Path: /crash}}
        Fail: {Type: HttpApi, Properties: {Method: GET, Path: /fail}}
        Nonsense: {Type: HttpApi, Properties: {Method: GET, Path: /nonsense}}
        Tick: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 minute)}}
  Slow:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/echo-function
      Timeout: 1
      Events:
        Forever: {Type: HttpApi, Properties: {Method: GET, Path: /forever}}
        Quick: {Type: HttpApi, Properties: {Method: GET, Path: /quick}}
";

struct Shop {
    gateway: Gateway,
    client: Client,
    _folder: Folder,
}

impl Shop {
    fn open() -> Self {
        Self::open_with(false)
    }

    /// As [`Self::open`]; it may refuse what AWS does.
    fn open_with(refuse_when_busy: bool) -> Self {
        let folder = Folder::new();
        let mut options = Options { refuse_when_busy, ..options(&folder.0) };
        options.values.insert("GREETING".to_owned(), "hello".to_owned());
        let template = Template::parse(TEMPLATE).unwrap();
        let gateway =
            Gateway::start(Listener::bind(None).unwrap(), &template, None, &options).unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { gateway, client, _folder: folder }
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let answer = self.client.get(format!("{}{path}", self.gateway.url())).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn post(&self, path: &str, body: Vec<u8>) -> (StatusCode, Value) {
        let request = self.client.post(format!("{}{path}", self.gateway.url()));
        let answer =
            request.header("content-type", "application/json").body(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}

fn options(log_folder: &Path) -> Options {
    let binary = Path::new(env!("CARGO_BIN_EXE_echo-function"));
    Options::new(binary.parent().unwrap(), log_folder)
}

#[tokio::test]
async fn a_route_lets_through_what_its_throttle_does() {
    let shop = Shop::open_with(true);

    let quick = || shop.get("/quick");
    let (one, two, three, (another, _)) =
        tokio::join!(quick(), quick(), quick(), shop.get("/nonsense"));

    let refused = (StatusCode::TOO_MANY_REQUESTS, json!({"message": "Too Many Requests"}));
    let answers = [one, two, three];
    assert_eq!(answers.iter().filter(|answer| **answer == refused).count(), 1, "{answers:?}");
    assert_ne!(another, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_request_reaches_the_function_as_an_event() {
    let shop = Shop::open();

    let (status, event) = shop.post("/v1/orders/a%20b?limit=1", b"{\"quantity\":2}".to_vec()).await;

    assert_eq!(status, StatusCode::OK);
    assert_eq!(event["routeKey"], "POST /v1/orders/{order_id}");
    assert_eq!(event["pathParameters"], json!({"order_id": "a b"}));
    assert_eq!(event["queryStringParameters"], json!({"limit": "1"}));
    assert_eq!(event["body"], "{\"quantity\":2}");
}

#[tokio::test]
async fn an_unknown_route_is_not_found() {
    let shop = Shop::open();

    assert_eq!(
        shop.get("/v1/orders/1").await,
        (StatusCode::NOT_FOUND, json!({"message": "Not Found"}))
    );
}

#[tokio::test]
async fn pages_of_this_machine_may_ask_what_the_template_lets_others_ask() {
    let shop = Shop::open();
    let url = format!("{}/v1/orders/1", shop.gateway.url());
    let ask = async |method: Method, origin: &str| {
        let request = shop.client.request(method, &url).header("origin", origin);
        let answer = request.header("access-control-request-method", "POST").send().await.unwrap();
        let header =
            |name: &str| answer.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
        let names = ["allow-origin", "allow-methods", "allow-headers", "max-age", "expose-headers"];
        (answer.status().as_u16(), names.map(|name| header(&format!("access-control-{name}"))))
    };
    let some = |text: &str| Some(text.to_owned());
    let page = "http://localhost:5173";

    let preflight = ask(Method::OPTIONS, page).await;
    let request = ask(Method::POST, page).await;
    let foreign = ask(Method::OPTIONS, "https://shop.example").await;

    let (allowed, exposed) = (some(page), some("etag,link"));
    let rules = [some("GET,POST"), some("content-type"), some("600")];
    let [methods, headers, age] = rules;
    assert_eq!(preflight, (204, [allowed.clone(), methods, headers, age, exposed.clone()]));
    assert_eq!(request, (200, [allowed, None, None, None, exposed]));
    assert_eq!(foreign, (204, [None, None, None, None, None]));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let shop = Shop::open();

    let (status, answer) = shop.post("/v1/orders/1", vec![b'x'; 12 * 1024 * 1024]).await;

    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer, json!({"message": "Request Entity Too Large"}));
}

#[tokio::test]
async fn a_crash_is_a_500_and_the_next_request_works() {
    let shop = Shop::open();

    let crash = shop.get("/crash").await;
    let (after, _) = shop.post("/v1/orders/1", Vec::new()).await;

    assert_eq!(
        crash,
        (StatusCode::INTERNAL_SERVER_ERROR, json!({"message": "Internal Server Error"}))
    );
    assert_eq!(after, StatusCode::OK);
    let log = fs::read_to_string(shop.gateway.log("Echo").unwrap()).unwrap();
    assert!(log.contains("gateway: function Echo ended (exit status: 3)"), "{log}");
}

#[tokio::test]
async fn a_failure_or_nonsense_is_a_500_from_an_instance_that_lives_on() {
    let shop = Shop::open();

    let (fail, _) = shop.get("/fail").await;
    let (nonsense, _) = shop.get("/nonsense").await;

    assert_eq!(
        (fail, nonsense),
        (StatusCode::INTERNAL_SERVER_ERROR, StatusCode::INTERNAL_SERVER_ERROR)
    );
    assert_eq!(shop.gateway.pids("Echo").unwrap().len(), 1);
}

#[tokio::test]
async fn a_function_beyond_its_timeout_is_killed_with_a_503() {
    let shop = Shop::open();

    let late = shop.get("/forever").await;
    let (after, _) = shop.get("/quick").await;

    assert_eq!(late, (StatusCode::SERVICE_UNAVAILABLE, json!({"message": "Service Unavailable"})));
    assert_eq!(after, StatusCode::OK);
    assert_eq!(shop.gateway.pids("Slow").unwrap().len(), 1);
}

#[tokio::test]
async fn an_instance_is_used_again_and_others_join_under_load() {
    let shop = Shop::open();
    let process = async || {
        let request = shop.client.post(format!("{}/v1/orders/1", shop.gateway.url()));
        let answer = request.send().await.unwrap();
        answer.headers()["x-process"].to_str().unwrap().to_owned()
    };

    let (first, second) = (process().await, process().await);
    tokio::join!(process(), process(), process(), process(), process(), process());

    assert_eq!(first, second);
    let processes: BTreeSet<u32> = shop.gateway.pids("Echo").unwrap().into_iter().collect();
    assert!((2..=4).contains(&processes.len()), "{processes:?}");
}

#[tokio::test]
async fn a_direct_call_brings_the_answer_or_the_reason() {
    let shop = Shop::open();

    let answer = shop.gateway.invoke("Echo", &json!({"hello": "you"})).await.unwrap();
    let tick = shop.gateway.tick("Echo").await.unwrap();
    let error = shop.gateway.invoke("Echo", &json!({"rawPath": "/fail"})).await.unwrap_err();

    assert_eq!(answer, json!({"hello": "you"}));
    assert_eq!(tick["resources"][0], "arn:aws:events:us-east-1:000000000000:rule/Tick");
    assert!(matches!(error, InvokeError::Failed { message, .. } if message == "as you wish"));
}

#[tokio::test]
async fn no_instance_outlives_the_gateway() {
    let shop = Shop::open();
    shop.post("/v1/orders/1", Vec::new()).await;
    let pids = shop.gateway.pids("Echo").unwrap();
    assert!(is_alive(pids[0]));

    shop.gateway.stop();

    assert!(!is_alive(pids[0]));
}

#[tokio::test]
async fn a_variable_without_a_value_keeps_the_gateway_closed() {
    let folder = Folder::new();
    let template = Template::parse(TEMPLATE).unwrap();

    let error = Gateway::start(Listener::bind(None).unwrap(), &template, None, &options(&folder.0))
        .unwrap_err();

    assert!(matches!(error, Error::NoValue { missing } if missing == ["Echo: GREETING"]));
}
