//! What no route takes: an unknown address, or a known one with another method. API Gateway sends both here.

use crate::show_openapi::OPENAPI;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use lambda::http::Problem;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The routes of all functions, as the published document has them.
static ROUTES: LazyLock<Routes> = LazyLock::new(|| {
    serde_json::from_str::<Document>(OPENAPI)
        .expect("the document is generated from the routes")
        .into()
});

#[derive(Deserialize)]
#[expect(clippy::zero_sized_map_values, reason = "serde reads the keys of a map with its values")]
struct Document {
    paths: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
}

/// The methods of each path.
struct Routes(BTreeMap<String, BTreeSet<String>>);

impl From<Document> for Routes {
    fn from(document: Document) -> Self {
        let paths = document.paths.into_iter().map(|(path, operations)| {
            let mut methods: BTreeSet<_> =
                operations.keys().map(|key| key.to_uppercase()).collect();
            if methods.contains("GET") {
                methods.insert("HEAD".to_owned());
            }
            (path, methods)
        });
        Self(paths.collect())
    }
}

/// 405 with the methods of the address, or 404.
pub(crate) async fn refuse(uri: Uri) -> Response {
    let path = uri.path();
    if let Some(allowed) = ROUTES.allowed(path) {
        return ([(header::ALLOW, allowed)], Problem::no_such_method()).into_response();
    }
    let without_slash = path.trim_end_matches('/');
    if ROUTES.allowed(without_slash).is_none() {
        return Problem::no_such_route().into_response();
    }
    let detail = format!("an address has no slash at its end: {without_slash}");
    Problem::new(StatusCode::NOT_FOUND, "no_such_route", detail).into_response()
}

impl Routes {
    /// The value of `Allow` for a path; `None` if it is unknown.
    fn allowed(&self, path: &str) -> Option<String> {
        let routes = self.0.iter().filter(|(route, _)| matches(route, path));
        let methods: BTreeSet<&str> =
            routes.flat_map(|(_, methods)| methods).map(String::as_str).collect();
        (!methods.is_empty()).then(|| methods.into_iter().collect::<Vec<_>>().join(", "))
    }
}

fn matches(route: &str, path: &str) -> bool {
    let (mut ours, mut theirs) = (route.split('/'), path.split('/'));
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return true,
            (Some(ours), Some(theirs)) if ours == theirs => {}
            (Some(ours), Some(theirs)) if ours.starts_with('{') && !theirs.is_empty() => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_methods_of_an_address_are_those_of_all_routes_that_match_it() {
        let document = json!({"paths": {
            "/v1/inventory/sync": {"post": {}},
            "/v1/inventory/{sku}": {"get": {}},
            "/v1/inventory/{sku}/threshold": {"put": {}},
        }});
        let routes: Routes = serde_json::from_value::<Document>(document).unwrap().into();

        assert_eq!(routes.allowed("/v1/inventory/sync").unwrap(), "GET, HEAD, POST");
        assert_eq!(routes.allowed("/v1/inventory/MUG-01").unwrap(), "GET, HEAD");
        assert_eq!(routes.allowed("/v1/inventory/MUG-01/threshold").unwrap(), "PUT");
        for unknown in ["", "/", "/v1", "/v1/inventory", "/v1/inventory/", "/v1/inventory/a/b"] {
            assert_eq!(routes.allowed(unknown), None, "{unknown}");
        }
    }
}
