use crate::open;
use stack::{Progress, tools};
use tokio::process::Command;

#[tokio::test]
async fn the_postman_collection_runs_from_end_to_end() {
    let newman = tokio::task::spawn_blocking(|| tools::newman(&Progress::silent()));
    let newman = newman.await.unwrap().unwrap_or_else(|error| panic!("{error}"));
    let shop = open().await;
    let given = [
        format!("base={}", shop.url()),
        format!("staff_email={}", local::ADMIN),
        format!("staff_password={}", shop.admin_password),
    ];

    let run = Command::new(newman)
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
