//! The published Postman collection, run by Newman.

use crate::{open, tool};
use stack::tools;
use tokio::process::Command;

#[tokio::test]
async fn the_postman_collection_runs_from_end_to_end() {
    let newman = tool(tools::newman).await;
    let shop = open().await;
    let given = [
        format!("base={}", shop.url()),
        format!("staff_email={}", local::ADMIN),
        format!("staff_password={}", shop.admin_password),
        format!("customer_password={}", shop.admin_password),
    ];

    let run = Command::from(newman)
        .arg("run")
        .arg(tools::workspace().join("functions/docs/postman.json"))
        .args(["--color", "off"])
        .args(given.iter().flat_map(|one| ["--env-var", one]))
        .output()
        .await
        .unwrap();

    let report = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{report}");
    assert!(report.contains("answers 201"), "{report}");
}
