use domain::db::Db;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use testkit::{Door, Shop};

async fn door() -> Door {
    Door::new(docs::routes(), Shop::open().await.db)
}

#[tokio::test]
async fn the_documentation_brings_all_of_its_parts() {
    let door = door().await;

    let page = door.get("/docs").await;

    assert_eq!(page.status, 200);
    let html = page.body.as_str().unwrap();
    let parts = html.split('"').filter(|text| text.starts_with("docs/"));
    let parts: Vec<_> = parts.map(|part| format!("/{part}")).collect();
    assert!(parts.len() > 4, "{html}");
    for part in parts {
        let file = door.get(&part).await;
        assert_eq!(file.status, 200, "{part}");
        assert_eq!(file.header("cache-control"), Some("public, max-age=3600"));
    }
    assert_eq!(door.get("/docs/no-such-file.js").await.refusal(), (404, "not_found"));
    assert_eq!(door.get("/docs/..%2Fopenapi.json").await.refusal(), (404, "not_found"));
}

#[tokio::test]
async fn the_documentation_shows_this_shop_and_nothing_else() {
    let door = door().await;

    let page = door.get("/docs").await;
    let script = door.get("/docs/swagger-initializer.js").await;

    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!page.body.as_str().unwrap().contains("<script>"), "inline scripts would be blocked");
    let script = script.body.as_str().unwrap();
    assert!(script.contains(r#""url": "/v1/openapi.json""#), "{script}");
    assert!(script.contains(r#""persistAuthorization": true"#), "{script}");
    assert!(script.contains(r#""validatorUrl": "none""#), "{script}");
    assert!(!script.contains("petstore"), "{script}");
}

#[tokio::test]
async fn the_interface_is_openapi() {
    let answer = door().await.get("/v1/openapi.json").await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.text("/openapi").starts_with("3.1"));
}

#[tokio::test]
async fn every_error_code_in_the_sources_is_explained() {
    let door = door().await;
    let codes = codes_in_the_sources();
    assert!(codes.contains("out_of_stock") && codes.contains("busy"), "{codes:?}");
    assert!(codes.contains("malformed_json") && codes.contains("bad_query"), "{codes:?}");

    let mut unexplained = Vec::new();
    for code in codes {
        let page = door.get(&format!("/errors/{code}")).await;
        if page.status != 200 {
            unexplained.push(code);
            continue;
        }
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        let html = page.body.as_str().unwrap();
        assert!(html.contains(&format!("<code>{code}</code>")) && !html.contains('{'), "{html}");
    }
    assert!(unexplained.is_empty(), "functions/docs/src/error_codes.rs lacks {unexplained:?}");
}

#[tokio::test]
async fn an_unknown_error_code_is_not_found() {
    let door = door().await;
    for code in ["no_such_code", "%3Cscript%3E", "Out_Of_Stock"] {
        assert_eq!(door.get(&format!("/errors/{code}")).await.refusal(), (404, "not_found"));
    }
}

#[tokio::test]
async fn a_shop_with_a_database_is_ready() {
    let door = door().await;
    assert_eq!(door.get("/readyz").await.text("/status"), "ready");
    assert_eq!(door.get("/healthz").await.text("/status"), "ok");
    assert_eq!(door.get("/version").await.text("/name"), "tradepost");
}

#[tokio::test]
async fn a_shop_without_a_database_runs_but_is_not_ready() {
    let nowhere = Db::connect("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap();
    let door = Door::new(docs::routes(), nowhere);

    assert_eq!(door.get("/readyz").await.refusal(), (503, "unavailable"));
    assert_eq!(door.get("/healthz").await.status, 200);
}

/// What stands as a code in a `fn code`, in a `let code`, behind a status, or in `unreadable`.
fn codes_in_the_sources() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut codes = BTreeSet::new();
    for file in rust_files(&root.join("shared")).chain(rust_files(&root.join("functions"))) {
        let text = std::fs::read_to_string(&file).unwrap();
        for opening in ["fn code(&self) -> &'static str {", "let code = match"] {
            for (at, _) in text.match_indices(opening) {
                codes.extend(words(block(&text[at..])));
            }
        }
        for (at, opening) in text.match_indices("StatusCode::") {
            codes.extend(first_word_after(&text[at + opening.len()..], ","));
        }
        for (at, opening) in text.match_indices("unreadable(") {
            codes.extend(first_word_after(&text[at + opening.len()..], ""));
        }
    }
    codes
}

fn rust_files(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                files.push(path);
            }
        }
    }
    files.into_iter()
}

/// From the first brace to the one that closes it.
fn block(text: &str) -> &str {
    let mut depth = 0;
    let end = text.char_indices().find(|(_, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => return false,
        }
        depth == 0
    });
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// The string literals that look like codes.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split('"').skip(1).step_by(2).filter(|word| is_code(word)).map(str::to_owned)
}

/// The literal that follows an upper-case name, if there is one, and `mark`.
fn first_word_after(text: &str, mark: &str) -> Option<String> {
    let text = text.trim_start_matches(|c: char| c.is_ascii_uppercase() || c == '_');
    let literal = text.strip_prefix(mark)?.trim_start().strip_prefix('"')?;
    literal.split('"').next().filter(|word| is_code(word)).map(str::to_owned)
}

fn is_code(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
