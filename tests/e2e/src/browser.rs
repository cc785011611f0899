//! Chromium, steered by its driver.

use crate::tool;
use local::Shop;
use stack::process_guard::{GuardedCommand, ProcessGuard};
use stack::tools;
use std::path::Path;
use thirtyfour::prelude::*;

/// Flags of Chromium for a machine without display and internet.
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

/// A browser that shows one page.
pub(crate) struct Browser {
    pub(crate) page: WebDriver,
    _driver: ProcessGuard,
}

impl Browser {
    /// Opens a page in a new profile, in the shop's log folder.
    pub(crate) async fn open(shop: &Shop, url: &str) -> Self {
        let tools::Browser { chromium, chromedriver } = tool(tools::browser).await;
        let run = shop.services.log_folder();
        let log = run.join("chromedriver.log");
        let driver = GuardedCommand::new(chromedriver, &log).args(["--port=0"]);
        let (driver, port) = start(&driver).await;
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(&chromium.display().to_string()).unwrap();
        for flag in FLAGS {
            wanted.add_arg(flag).unwrap();
        }
        let profile = run.join("chromium");
        wanted.add_arg(&format!("--user-data-dir={}", profile.display())).unwrap();

        let page = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.unwrap();
        page.goto(url).await.unwrap();
        Self { page, _driver: driver }
    }

    pub(crate) async fn close(self) {
        self.page.quit().await.unwrap();
    }
}

/// Starts chromedriver, again if it ends before it listens: it may lose the port that it has chosen to another process.
async fn start(command: &GuardedCommand) -> (ProcessGuard, u16) {
    for _ in 0..5 {
        let driver = ProcessGuard::start(command).unwrap();
        let port = crate::until("chromedriver", async || {
            port(driver.log()).map(Some).or_else(|| driver.status().map(|_| None))
        });
        match port.await {
            Some(port) => return (driver, port),
            None => eprintln!("chromedriver ended: {}", driver.last_output()),
        }
    }
    panic!("chromedriver does not stay");
}

/// Where chromedriver listens, as its log says.
fn port(log: &Path) -> Option<u16> {
    let said = std::fs::read_to_string(log).ok()?;
    let (_, port) = said.split_once("started successfully on port ")?;
    port.split_once('.')?.0.parse().ok()
}
