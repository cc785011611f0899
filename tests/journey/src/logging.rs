use crate::open;
use serde_json::Value;

/// All that the functions wrote, line by line, each with the name of its function.
fn lines(folder: &std::path::Path) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        // A function is called as in the template; the servers around it write logs of their own.
        let is_function = name.starts_with(char::is_uppercase);
        if is_function && path.extension().is_some_and(|end| end == "log") {
            let text = std::fs::read_to_string(&path).unwrap();
            lines.extend(text.lines().map(|line| (name.clone(), line.to_owned())));
        }
    }
    lines
}

#[tokio::test]
async fn the_logs_of_a_day_are_json_name_the_requests_and_tell_no_secret() {
    let shop = open().await;
    local::demo::play(&shop, |_, _| ()).await.unwrap();

    let lines = lines(shop.surroundings.run());

    let secrets = [
        "ada@example.com",
        "correct horse battery",
        &shop.admin_password,
        "Bearer ",
        "eyJ",
        "_secret_",
        "whsec_",
        "sk_test_",
        "$argon2id$",
        "postgres://",
        "We have your order",
    ];
    let mut requests = 0;
    for (function, line) in &lines {
        let told = secrets.iter().find(|secret| line.contains(**secret));
        assert_eq!(told, None, "{function}: {line}");
        let said: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("{function}: {line}"));
        let fields = &said["fields"];
        if fields["path"].is_string() {
            assert!(fields["request.id"].is_string() && fields["status"].is_u64(), "{line}");
            requests += 1;
        }
    }
    assert!(requests > 20, "{requests} requests in {} lines", lines.len());
}
