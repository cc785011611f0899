//! The log lines of all functions: JSON, with request ids, without secrets.

use crate::open;
use serde_json::Value;

#[tokio::test]
async fn the_logs_of_a_day_are_json_name_the_requests_and_tell_no_secret() {
    let shop = open().await;
    local::demo::run(&shop, |_, _| ()).await.unwrap();

    let people = [
        "ada@example.com",
        "correct horse battery",
        "grace@example.com",
        "cks_",
        &shop.admin_password,
    ];
    let logs = shop.logs().unwrap().without_secrets(people);

    let mut requests = 0;
    for (function, line) in logs.lines() {
        let said: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("{function}: {line}"));
        let fields = &said["fields"];
        if fields["path"].is_string() {
            assert!(fields["request.id"].is_string() && fields["status"].is_u64(), "{line}");
            requests += 1;
        }
    }
    assert!(requests > 20, "{requests} requests in {} lines", logs.lines().len());
    let connections = shop.audit_connections().await.unwrap();
    shop.audit(&connections).unwrap().with_logs(logs).assert_holds().await;
}
