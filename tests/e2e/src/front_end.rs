//! A front end that is served from another port, in a real browser: what its scripts may send and read (CORS).

use crate::browser::Browser;
use crate::{customer, open, product};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Logs in and buys one piece, and passes on what the page could read of each response.
const BUY: &str = r#"
    const [api, product, done] = arguments;
    const call = async (method, path, body, headers) => {
        const type = body && {"content-type": "application/json"};
        const response = await fetch(api + path, {
            method, headers: {...type, ...headers}, body: body && JSON.stringify(body),
        });
        const read = ["etag", "location", "ratelimit", "x-request-id"];
        const seen = Object.fromEntries(read.map(name => [name, response.headers.get(name)]));
        return {status: response.status, headers: seen, body: await response.json()};
    };
    const buy = async () => {
        const shown = await call("GET", `/v1/products/${product}`);
        const who = {email: "grace@example.com", password: "a nice long passphrase"};
        const session = await call("POST", "/v1/auth/login", who);
        const order = await call("POST", "/v1/orders", {lines: [{product, quantity: 1}]}, {
            "authorization": `Bearer ${session.body.access_token}`,
            "idempotency-key": "the first order of grace",
            "x-request-id": "chosen-by-the-page",
        });
        const unknown = await call("PUT", "/v1/orders");
        return {shown, session, order, unknown};
    };
    buy().then(done, error => done({error: String(error)}));
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_front_end_on_another_port_buys_and_reads_the_headers() {
    let shop = open().await;
    let mug = product(&shop, "MUG-BLUE").await;
    customer(&shop).await;
    let browser = Browser::open(&shop, &serve_page().await).await;

    let arguments = vec![json!(shop.url()), json!(mug)];
    let seen = browser.page.execute_async(BUY, arguments).await.unwrap();
    let seen: &Value = seen.json();

    for (step, status) in [("shown", 200), ("session", 200), ("order", 201), ("unknown", 405)] {
        assert_eq!(seen[step]["status"], status, "{step}: {seen}");
        assert!(seen[step]["headers"]["x-request-id"].is_string(), "{step}: {seen}");
    }
    assert!(seen["shown"]["headers"]["etag"].is_string(), "{seen}");
    assert!(seen["session"]["headers"]["ratelimit"].is_string(), "{seen}");
    let (order, headers) = (&seen["order"]["body"], &seen["order"]["headers"]);
    assert_eq!(order["lines"][0]["product"], mug);
    assert_eq!(headers["x-request-id"], "chosen-by-the-page");
    assert_eq!(headers["location"], format!("/v1/orders/{}", order["id"].as_str().unwrap()));
    assert_eq!(seen["unknown"]["body"]["code"], "no_such_method");
    browser.close().await;
}

/// Serves an empty page on a port of its own, and returns its URL.
async fn serve_page() -> String {
    const RESPONSE: &[u8] =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\r\n<!doctype html>";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = client.read(&mut [0; 4096]).await;
                let _ = client.write_all(RESPONSE).await;
            });
        }
    });
    url
}
