//! The documentation page (Swagger UI) in a real browser: log in, authorize, place an order.

use crate::browser::Browser;
use crate::{customer, open, product};
use local::Shop;
use serde_json::{Value, json};
use stack::tools;
use std::time::Duration;
use thirtyfour::prelude::*;

/// The longest wait for an element, on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_places_an_order_on_the_documentation_page() {
    let shop = open().await;
    let mug = product(&shop, "MUG-BLUE").await;
    let grace = customer(&shop).await;
    let page = Page::open(&shop).await;

    let log_in = page.operation("accounts-log_in").await;
    let body = json!({"email": "grace@example.com", "password": "a nice long passphrase"});
    page.write(&log_in, "textarea.body-param__text", &body.to_string()).await;
    let session = page.execute(&log_in, "200").await;
    page.authorize(session["access_token"].as_str().unwrap()).await;
    let place = page.operation("orders-place_order").await;
    let body = json!({"lines": [{"product": mug, "quantity": 1}]});
    page.write(&place, "[data-param-name='Idempotency-Key'] input", "the first order of grace")
        .await;
    page.write(&place, "textarea.body-param__text", &body.to_string()).await;
    let order = page.execute(&place, "201").await;

    assert_eq!(order["lines"][0]["product"], mug);
    let orders = grace.get("/v1/orders").await.unwrap().body;
    assert_eq!(orders["data"][0]["id"], order["id"]);
    page.save_screenshot("order-placed.png").await;
    page.close().await;
}

/// The page at `/docs`, in a browser of its own.
struct Page {
    browser: Browser,
}

impl Page {
    async fn open(shop: &Shop) -> Self {
        let browser = Browser::open(shop, &format!("{}/docs", shop.url())).await;
        Self { browser }
    }

    /// Opens an operation's block, where it can be tried out.
    async fn operation(&self, name: &str) -> WebElement {
        let block = format!("#operations-{name}");
        self.click(&format!("{block} .opblock-summary-control")).await;
        self.see(&format!("{block} .btn.execute")).await;
        self.see(&block).await
    }

    /// Replaces the content of a field by typing: the page reacts to key events only.
    async fn write(&self, within: &WebElement, field: &str, text: &str) {
        let field =
            within.query(By::Css(field)).wait(TIMEOUT, POLL_INTERVAL).first().await.unwrap();
        field.scroll_into_view().await.unwrap();
        field.click().await.unwrap();
        field.send_keys(Key::Control + "a").await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Sends the request, and returns the response body that the page shows.
    async fn execute(&self, operation: &WebElement, status: &str) -> Value {
        let button = operation.find(By::Css(".btn.execute")).await.unwrap();
        button.scroll_into_view().await.unwrap();
        button.click().await.unwrap();
        let response = ".live-responses-table .response";
        let seen = operation.query(By::Css(response)).wait(TIMEOUT, POLL_INTERVAL).first().await;
        let text = seen.unwrap().text().await.unwrap();
        assert!(text.starts_with(status), "{text}");
        let body = operation.find(By::Css(".live-responses-table .highlight-code code")).await;
        serde_json::from_str(&body.unwrap().text().await.unwrap()).unwrap()
    }

    async fn authorize(&self, token: &str) {
        self.click(".scheme-container .btn.authorize").await;
        let dialog = self.see(".dialog-ux").await;
        self.write(&dialog, "#auth-bearer-value", token).await;
        self.click(".dialog-ux .modal-btn.auth.authorize").await;
        self.click(".dialog-ux .btn-done").await;
    }

    async fn see(&self, what: &str) -> WebElement {
        let query =
            self.browser.page.query(By::Css(what)).wait(TIMEOUT, POLL_INTERVAL).and_displayed();
        query.first().await.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    async fn click(&self, what: &str) {
        let thing = self.see(what).await;
        thing.scroll_into_view().await.unwrap();
        thing.click().await.unwrap();
    }

    /// Saves a screenshot of the page below `target/screenshots`.
    async fn save_screenshot(&self, name: &str) {
        let folder = tools::target().join("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let response = self.see("#operations-orders-place_order .live-responses-table").await;
        response.scroll_into_view().await.unwrap();
        self.browser.page.screenshot(&folder.join(name)).await.unwrap();
    }

    async fn close(self) {
        self.browser.close().await;
    }
}
