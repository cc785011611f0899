//! The documentation in a real browser, as a newcomer uses it: log in, authorize, order, see what came of it.

use crate::{customer, open, product};
use local::Shop;
use serde_json::{Value, json};
use stack::Progress;
use stack::leash::{Child, Leash};
use stack::tools::{self, Browser};
use std::time::Duration;
use thirtyfour::prelude::*;

/// How long the page may take to show a thing on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const GLANCE: Duration = Duration::from_millis(100);
/// For a machine without a screen and without the internet.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1600",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_places_an_order_on_the_documentation_page() {
    let shop = open().await;
    let mug = product(&shop, "MUG-BLUE").await;
    let grace = customer(&shop).await;
    let page = Page::open(&shop).await;

    let log_in = page.operation("accounts-log_in").await;
    let wish = json!({"email": "grace@example.com", "password": "a nice long passphrase"});
    page.write(&log_in, "textarea.body-param__text", &wish.to_string()).await;
    let session = page.execute(&log_in, "200").await;
    page.authorize(session["access_token"].as_str().unwrap()).await;
    let place = page.operation("orders-place_order").await;
    let wish = json!({"lines": [{"product": mug, "quantity": 1}]});
    page.write(&place, "[data-param-name='Idempotency-Key'] input", "the first order of grace")
        .await;
    page.write(&place, "textarea.body-param__text", &wish.to_string()).await;
    let order = page.execute(&place, "201").await;

    assert_eq!(order["lines"][0]["product"], mug);
    let orders = grace.get("/v1/orders").await.unwrap().body;
    assert_eq!(orders["data"][0]["id"], order["id"]);
    page.keep("order-placed.png").await;
    page.close().await;
}

/// The page at `/docs`, in a browser of its own.
struct Page {
    browser: WebDriver,
    _driver: Leash,
}

impl Page {
    async fn open(shop: &Shop) -> Self {
        let found = tokio::task::spawn_blocking(|| tools::browser(&Progress::silent()));
        let Browser { chromium, chromedriver } =
            found.await.unwrap().unwrap_or_else(|error| panic!("{error}"));
        let run = shop.surroundings.run();
        let log = run.join("chromedriver.log");
        let driver = Leash::start(&Child::new(chromedriver, &log).args(["--port=0"])).unwrap();
        let port = crate::until("chromedriver", async || {
            let said = std::fs::read_to_string(&log).ok()?;
            let (_, port) = said.split_once("started successfully on port ")?;
            port.split_once('.')?.0.parse::<u16>().ok()
        })
        .await;
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(&chromium.display().to_string()).unwrap();
        for flag in FLAGS {
            wanted.add_arg(flag).unwrap();
        }
        let profile = run.join("chromium");
        wanted.add_arg(&format!("--user-data-dir={}", profile.display())).unwrap();

        let browser = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.unwrap();
        browser.goto(format!("{}/docs", shop.url())).await.unwrap();
        Self { browser, _driver: driver }
    }

    /// Unfolds an operation; it can be tried out at once.
    async fn operation(&self, name: &str) -> WebElement {
        let block = format!("#operations-{name}");
        self.click(&format!("{block} .opblock-summary-control")).await;
        self.see(&format!("{block} .btn.execute")).await;
        self.see(&block).await
    }

    /// What is there already is replaced, as by a person: the page listens to keys.
    async fn write(&self, within: &WebElement, field: &str, text: &str) {
        let field = within.query(By::Css(field)).wait(PATIENCE, GLANCE).first().await.unwrap();
        field.scroll_into_view().await.unwrap();
        field.click().await.unwrap();
        field.send_keys(Key::Control + "a").await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Sends the request, and reads the answer off the page.
    async fn execute(&self, operation: &WebElement, status: &str) -> Value {
        let button = operation.find(By::Css(".btn.execute")).await.unwrap();
        button.scroll_into_view().await.unwrap();
        button.click().await.unwrap();
        let answer = ".live-responses-table .response";
        let seen = operation.query(By::Css(answer)).wait(PATIENCE, GLANCE).first().await;
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
        let query = self.browser.query(By::Css(what)).wait(PATIENCE, GLANCE).and_displayed();
        query.first().await.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    async fn click(&self, what: &str) {
        let thing = self.see(what).await;
        thing.scroll_into_view().await.unwrap();
        thing.click().await.unwrap();
    }

    /// Keeps a picture of the page for people to look at.
    async fn keep(&self, name: &str) {
        let folder = tools::target().join("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let answer = self.see("#operations-orders-place_order .live-responses-table").await;
        answer.scroll_into_view().await.unwrap();
        self.browser.screenshot(&folder.join(name)).await.unwrap();
    }

    async fn close(self) {
        self.browser.quit().await.unwrap();
    }
}
