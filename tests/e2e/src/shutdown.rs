//! Stopping the shop with Ctrl-C, and starting it again with the same data.

use local::Customer;
use serde_json::json;
use stack::Progress;
use stack::functions::{self, Profile};
use stack::process_guard::send_signal;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Runs `local --port 0 --data <folder>`, and returns the process, its output, the API's URL and the admin's password.
async fn run(data: &Path) -> (Child, Lines<BufReader<ChildStdout>>, String, String) {
    let binaries = functions::build(Profile::Dev, &Progress::silent()).await.unwrap();
    let mut child = Command::new(binaries.join("local"))
        .args(["--port", "0", "--data"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut after = async |label: &str| {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(rest) = line.trim().strip_prefix(label) {
                return rest.trim().to_owned();
            }
        }
        panic!("the shop did not start");
    };
    let api = after("API").await.trim_end_matches("/v1").to_owned();
    let password = after("Admin").await.split_whitespace().last().unwrap().to_owned();
    (child, lines, api, password)
}

async fn interrupt(mut child: Child) -> Option<i32> {
    send_signal(child.id().unwrap(), "INT").unwrap();
    child.wait().await.unwrap().code()
}

#[tokio::test]
async fn ctrl_c_closes_the_shop_and_its_data_outlives_it() {
    let data = std::env::temp_dir().join(format!("tradepost-e2e-{}", std::process::id()));
    let (child, lines, api, password) = run(&data).await;
    let mut admin = Customer::anonymous(&api);
    admin.log_in(local::ADMIN, &password).await.unwrap();
    let cup = json!({"sku": "CUP", "name": "Cup", "price": {"amount": 900, "currency": "EUR"}});
    assert_eq!(admin.post("/v1/products", &cup).await.unwrap().status, 201);

    let code = interrupt(child).await;

    drop(lines);
    assert_eq!(code, Some(0));
    assert!(admin.get("/v1/products").await.is_err(), "the shop is stopped");
    let (child, _lines, api, password_again) = run(&data).await;
    assert_eq!(password, password_again);
    let found = Customer::anonymous(&api).get("/v1/products?q=cup").await.unwrap();
    assert_eq!(found.body["data"][0]["sku"], "CUP");
    interrupt(child).await;
    std::fs::remove_dir_all(&data).unwrap();
}
