//! Answers that are a page of a list.

use super::Json;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::page::Slice;
use serde::Serialize;
use utoipa::ToSchema;

/// One page of a list. The next one stands under `next_cursor`, and in the `Link` header.
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
    /// The page that was asked for at `uri`, each item as `view` shows it.
    pub fn new<D>(uri: &Uri, slice: Slice<D>, view: impl FnMut(D) -> T) -> Self {
        let link = slice.next.as_deref().and_then(|cursor| link(uri, cursor));
        Self {
            data: slice.items.into_iter().map(view).collect(),
            has_more: slice.next.is_some(),
            next_cursor: slice.next,
            link,
        }
    }
}

/// The same address with another cursor. Without the host: a proxy may have changed it.
fn link(uri: &Uri, cursor: &str) -> Option<HeaderValue> {
    let pairs = uri.query().unwrap_or_default().split('&');
    let kept = pairs.filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let query: String = kept.flat_map(|pair| [pair, "&"]).collect();
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
        let slice = Slice { items: vec![1, 2], next: Some("abc".to_owned()) };
        let response = List::new(&uri.parse().unwrap(), slice, |n| n).into_response();
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
        let slice = Slice { items: vec![1], next: None };
        let response = List::new(&Uri::from_static("/v1/products"), slice, |n| n).into_response();
        assert!(!response.headers().contains_key(header::LINK));
    }
}
