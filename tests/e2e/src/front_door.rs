//! What API Gateway and the functions answer together: unknown addresses and methods, `HEAD`, and pages of other origins.

use crate::{open, product};
use reqwest::{Client, Method, Response};
use serde_json::Value;

const PAGE: &str = "http://localhost:5173";

#[tokio::test]
async fn every_address_and_method_has_an_answer_and_a_page_on_another_port_may_read_it() {
    let shop = open().await;
    let mug = product(&shop, "MUG-BLUE").await;
    let client = Client::new();
    let call = |method: &str, path: &str| {
        let method: Method = method.parse().unwrap();
        client.request(method, format!("{}{path}", shop.url())).header("origin", PAGE)
    };

    let shown = format!("/v1/products/{mug}");
    for (method, path, status, code, allowed) in [
        ("GET", "/", 404, "no_such_route", None),
        ("GET", "/v1/nope", 404, "no_such_route", None),
        ("GET", "/v1/products/", 404, "no_such_route", None),
        ("GET", "/v1/no%2Fpe%3F%20", 404, "no_such_route", None),
        ("GET", "/v1/products/a%2Fb%3Fc", 404, "not_found", None),
        ("PUT", "/v1/orders", 405, "no_such_method", Some("GET, HEAD, POST")),
        ("POST", &shown, 405, "no_such_method", Some("DELETE, GET, HEAD, PATCH")),
        ("OPTIONS", "/v1/me/password", 405, "no_such_method", Some("POST")),
    ] {
        let response = call(method, path).header("x-request-id", "r-1").send().await.unwrap();

        let what = format!("{method} {path}: {response:?}");
        assert_eq!(response.status(), status, "{what}");
        assert_eq!(header(&response, "content-type"), Some("application/problem+json"), "{what}");
        assert_eq!(header(&response, "allow"), allowed, "{what}");
        assert_eq!(header(&response, "access-control-allow-origin"), Some(PAGE), "{what}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!((&problem["code"], &problem["request_id"]), (&code.into(), &"r-1".into()));
    }

    let get = call("GET", &shown).send().await.unwrap();
    let head = call("HEAD", &shown).send().await.unwrap();
    for name in ["etag", "content-type", "content-length", "cache-control"] {
        assert!(header(&get, name).is_some(), "{name}: {get:?}");
        assert_eq!(header(&head, name), header(&get, name), "{head:?}");
    }
    assert_eq!((head.status(), head.bytes().await.unwrap().len()), (get.status(), 0));

    let preflight = call("OPTIONS", "/v1/orders").header("access-control-request-method", "POST");
    let preflight = preflight.send().await.unwrap();
    assert_eq!(preflight.status(), 204);
    for (name, part) in [
        ("access-control-allow-origin", PAGE),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "idempotency-key"),
        ("access-control-allow-headers", "x-request-id"),
    ] {
        assert!(
            header(&preflight, name).is_some_and(|value| value.contains(part)),
            "{preflight:?}"
        );
    }
    let exposed = header(&get, "access-control-expose-headers").unwrap_or_default();
    assert!(exposed.contains("x-request-id"), "{exposed}");

    let elsewhere =
        client.get(format!("{}{shown}", shop.url())).header("origin", "http://evil.example");
    let elsewhere = elsewhere.send().await.unwrap();
    assert_eq!(header(&elsewhere, "access-control-allow-origin"), None, "{elsewhere:?}");
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}
