//! The documentation, the error pages, and the health and version routes.

use domain::db::Db;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use testkit::{ApiClient, Shop};

/// A client of the documentation's function.
async fn api() -> ApiClient {
    ApiClient::new(docs::routes(), Shop::open().await.db)
}

#[tokio::test]
async fn the_documentation_brings_all_of_its_parts() {
    let api = api().await;

    let page = api.get("/docs").await;

    assert_eq!(page.status, 200);
    let html = page.body.as_str().unwrap();
    let parts = html.split('"').filter(|text| text.starts_with("docs/"));
    let parts: Vec<_> = parts.map(|part| format!("/{part}")).collect();
    assert!(parts.len() > 4, "{html}");
    for part in parts {
        let file = api.get(&part).await;
        assert_eq!(file.status, 200, "{part}");
        assert_eq!(file.header("cache-control"), Some("public, max-age=3600"));
    }
    assert_eq!(api.get("/docs/no-such-file.js").await.refusal(), (404, "not_found"));
    assert_eq!(api.get("/docs/..%2Fopenapi.json").await.refusal(), (404, "not_found"));
}

#[tokio::test]
async fn the_page_about_prices_leads_to_pages_that_exist() {
    let api = api().await;

    let page = api.get("/docs/pricing").await;

    assert_eq!(page.status, 200);
    let html = page.body.as_str().unwrap();
    let links = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let links: Vec<_> = links.collect();
    assert!(links.len() > 2, "{html}");
    for link in links {
        let path = link.strip_prefix("..").map_or_else(|| format!("/docs/{link}"), str::to_owned);
        assert_eq!(api.get(&path).await.status, 200, "{link}");
    }
    assert_eq!(api.get("/docs/pricing?lang=en").await.refusal(), (400, "bad_query"));
}

#[tokio::test]
async fn the_documentation_shows_this_shop_and_nothing_else() {
    let api = api().await;

    let page = api.get("/docs").await;
    let script = api.get("/docs/swagger-initializer.js").await;

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
    let answer = api().await.get("/v1/openapi.json").await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.text("/openapi").starts_with("3.1"));
}

#[tokio::test]
async fn every_error_code_in_the_sources_is_explained() {
    let api = api().await;
    let codes = codes_in_the_sources();
    assert!(codes.contains("out_of_stock") && codes.contains("busy"), "{codes:?}");
    assert!(codes.contains("malformed_json") && codes.contains("bad_query"), "{codes:?}");

    let mut unexplained = Vec::new();
    for code in codes {
        let page = api.get(&format!("/errors/{code}")).await;
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
    let api = api().await;
    for code in ["no_such_code", "%3Cscript%3E", "Out_Of_Stock"] {
        assert_eq!(api.get(&format!("/errors/{code}")).await.refusal(), (404, "not_found"));
    }
}

#[tokio::test]
async fn what_no_function_has_a_route_for_is_a_problem_with_the_way_on() {
    let api = api().await;

    for path in ["/", "/v1/nope", "/v2/orders", "/v1/orders/1/2/3", "//", "/v1/nope/"] {
        let response = api.get(path).await;
        assert_eq!(response.refusal(), (404, "no_such_route"), "{path}");
        assert!(!response.text("/request_id").is_empty(), "{path}");
    }
    let slash = api.get("/v1/products/").await;
    assert_eq!(slash.refusal(), (404, "no_such_route"));
    assert_eq!(slash.text("/detail"), "an address has no slash at its end: /v1/products");
    for (method, path, allowed) in [
        ("PUT", "/v1/orders", "GET, HEAD, POST"),
        ("PROPFIND", "/v1/products/1", "DELETE, GET, HEAD, PATCH"),
        ("OPTIONS", "/v1/auth/login", "POST"),
    ] {
        let response = api.call(method.parse().unwrap(), path).await;
        assert_eq!(response.refusal(), (405, "no_such_method"), "{method} {path}");
        assert_eq!(response.header("allow"), Some(allowed), "{method} {path}");
    }
}

#[tokio::test]
async fn a_shop_with_a_database_is_ready() {
    let api = api().await;
    assert_eq!(api.get("/readyz").await.text("/status"), "ready");
    assert_eq!(api.get("/healthz").await.text("/status"), "ok");
    assert_eq!(api.get("/version").await.text("/name"), "tradepost");
}

#[tokio::test]
async fn a_shop_without_a_database_runs_but_is_not_ready() {
    let nowhere = Db::connect("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap();
    let api = ApiClient::new(docs::routes(), nowhere);

    assert_eq!(api.get("/readyz").await.refusal(), (503, "unavailable"));
    assert_eq!(api.get("/healthz").await.status, 200);
}

const BILL_PROBLEMS: &str = "shared/domain/src/pricing/problem.rs";

#[tokio::test]
async fn the_document_lists_what_can_be_wrong_with_a_bill() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join(BILL_PROBLEMS)).unwrap();
    let at = text.find("fn code(&self)").unwrap();
    let document = api().await.get("/v1/openapi.json").await;
    let code = "/components/schemas/BillProblemView/allOf/1/properties/code/description";
    let listed = document.text(code);

    let missing: Vec<_> =
        codes(block(&text[at..])).filter(|code| !listed.contains(&format!("`{code}`"))).collect();

    assert!(missing.is_empty(), "{missing:?} of {BILL_PROBLEMS}");
    assert!(codes(block(&text[at..])).count() > 15, "codes are missing");
}

/// The error codes in the sources: in a `fn code`, in a `let code`, after a `StatusCode`, or in a call of `unreadable`.
fn codes_in_the_sources() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = BTreeSet::new();
    // Those of a bill are no error responses: the document lists them.
    let of_bills = root.join(BILL_PROBLEMS);
    let files = rust_files(&root.join("shared")).chain(rust_files(&root.join("functions")));
    for file in files.filter(|file| *file != of_bills) {
        let text = std::fs::read_to_string(&file).unwrap();
        for opening in ["fn code(&self) -> &'static str {", "let code = match"] {
            for (at, _) in text.match_indices(opening) {
                found.extend(codes(block(&text[at..])));
            }
        }
        for (at, opening) in text.match_indices("StatusCode::") {
            found.extend(code_after(&text[at + opening.len()..], ","));
        }
        for (at, opening) in text.match_indices("unreadable(") {
            found.extend(code_after(&text[at + opening.len()..], ""));
        }
    }
    found
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

/// The text up to the brace that closes the first one.
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

/// The string literals in `text` that look like codes.
fn codes(text: &str) -> impl Iterator<Item = String> {
    text.split('"').skip(1).step_by(2).filter(|text| is_code(text)).map(str::to_owned)
}

/// The code in the string literal behind an optional upper-case name and `separator`.
fn code_after(text: &str, separator: &str) -> Option<String> {
    let text = text.trim_start_matches(|c: char| c.is_ascii_uppercase() || c == '_');
    let literal = text.strip_prefix(separator)?.trim_start().strip_prefix('"')?;
    literal.split('"').next().filter(|text| is_code(text)).map(str::to_owned)
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
