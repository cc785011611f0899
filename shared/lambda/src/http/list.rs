//! Responses that are one page of a list.

use super::body::Json;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::page::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// One page of a list. `next_cursor` and the `Link` header lead to the next one.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    data: Vec<T>,
    has_more: bool,
    /// Send it as `cursor` to get the next page.
    #[schema(required)]
    next_cursor: Option<String>,
    #[serde(skip)]
    link: Option<HeaderValue>,
}

impl<T> List<T> {
    /// The page that the request for `uri` gets, each item converted by `view`.
    pub fn new<D>(uri: &Uri, page: Page<D>, view: impl FnMut(D) -> T) -> Self {
        let link = page.next.as_deref().and_then(|cursor| link(uri, cursor));
        Self {
            data: page.items.into_iter().map(view).collect(),
            has_more: page.next.is_some(),
            next_cursor: page.next,
            link,
        }
    }
}

/// The same path and query with another cursor. Without the host: a proxy may have changed it.
fn link(uri: &Uri, cursor: &str) -> Option<HeaderValue> {
    let pairs = uri.query().unwrap_or_default().split('&');
    let others = pairs.filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let query: String = others.flat_map(|pair| [pair, "&"]).collect();
    let link = format!("<{}?{query}cursor={cursor}>; rel=\"next\"", uri.path());
    HeaderValue::try_from(link).ok()
}

impl<T: Serialize> IntoResponse for List<T> {
    fn into_response(mut self) -> Response {
        let link = self.link.take();
        let mut response = Json(self).into_response();
        if let Some(link) = link {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_of(uri: &str) -> String {
        let page = Page { items: vec![1, 2], next: Some("abc".to_owned()) };
        let response = List::new(&uri.parse().unwrap(), page, |n| n).into_response();
        response.headers()[header::LINK].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_link_to_the_next_page_keeps_what_was_asked_for() {
        assert_eq!(next_of("/v1/products"), "</v1/products?cursor=abc>; rel=\"next\"");
        assert_eq!(
            next_of("https://shop.example/v1/products?q=mug&cursor=old&limit=2"),
            "</v1/products?q=mug&limit=2&cursor=abc>; rel=\"next\"",
        );
    }

    #[test]
    fn the_last_page_has_no_link() {
        let page = Page { items: vec![1], next: None };
        let response = List::new(&Uri::from_static("/v1/products"), page, |n| n).into_response();
        assert!(!response.headers().contains_key(header::LINK));
    }
}
