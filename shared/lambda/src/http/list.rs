//! Responses that are one page of a list. A page ends by count or, so that Lambda can return it, by size.

use super::conditional::ETag;
use super::problem::Problem;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::page::{Page, Position};
use serde::Serialize;
use utoipa::ToSchema;

/// Lambda returns at most 6,291,556 bytes. The rest is for the headers and for what encloses the body.
const MAX_BODY_BYTES: usize = 6_000_000;
/// `{"data":[],"has_more":false,"next_cursor":null}` with the longest cursor.
const ENVELOPE_BYTES: usize = 4_000;

/// One page of a list. `next_cursor` and the `Link` header lead to the next one.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    data: Vec<T>,
    has_more: bool,
    /// Send it as `cursor` to get the next page.
    #[schema(required)]
    next_cursor: Option<String>,
    #[serde(skip)]
    position: Position,
    #[serde(skip)]
    uri: Uri,
}

impl<T> List<T> {
    /// The page that the request for `uri` gets, each item converted by `view`.
    pub fn new<D>(uri: &Uri, page: Page<D>, view: impl FnMut(D) -> T) -> Self {
        let Page { items, position } = page;
        let data = items.into_iter().map(view).collect();
        Self { data, has_more: false, next_cursor: None, position, uri: uri.clone() }.positioned()
    }

    fn positioned(mut self) -> Self {
        self.next_cursor = self.position.next().map(str::to_owned);
        self.has_more = self.next_cursor.is_some();
        self
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

/// How many items, from the first one on, fit into the response of a Lambda function.
pub fn count_that_fits<T: Serialize>(items: &[T]) -> usize {
    count_that_fits_beside(&(), items)
}

/// How many items fit into the response that holds `others` as well.
pub fn count_that_fits_beside<T: Serialize>(others: &impl Serialize, items: &[T]) -> usize {
    let others = serde_json::to_vec(others).map_or(0, |json| size_in_lambda(&json));
    let mut left = (MAX_BODY_BYTES - ENVELOPE_BYTES).saturating_sub(others);
    let fits = |item: &&T| {
        // One that cannot be serialized fails with the response.
        let size = serde_json::to_vec(item).map_or(0, |json| size_in_lambda(&json) + 1);
        let rest = left.checked_sub(size);
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    items.iter().take_while(fits).count()
}

/// The size of a JSON body in Lambda's response, which is JSON itself and has the body as a string.
fn size_in_lambda(json: &[u8]) -> usize {
    json.len() + json.iter().filter(|byte| matches!(byte, b'"' | b'\\')).count()
}

impl<T: Serialize> IntoResponse for List<T> {
    fn into_response(mut self) -> Response {
        let mut json = serde_json::to_vec(&self);
        if json.as_ref().is_ok_and(|json| size_in_lambda(json) > MAX_BODY_BYTES) {
            let count = count_that_fits(&self.data);
            if self.position.shorten(count) {
                self.data.truncate(count.max(1));
                self = self.positioned();
                json = serde_json::to_vec(&self);
            }
        }
        let Ok(json) = json else { return Problem::our_fault().into_response() };
        let content_type = [(header::CONTENT_TYPE, "application/json")];
        let mut response = (ETag::of_bytes(&json), content_type, json).into_response();
        let link = self.next_cursor.as_deref().and_then(|cursor| link(&self.uri, cursor));
        if let Some(link) = link {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::page::PageRequest;

    fn page<T>(limit: i64, items: Vec<T>) -> Page<T> {
        PageRequest::<u8>::new(Some(limit), None).unwrap().paginate(items, |_| 1)
    }

    fn next_of(uri: &str) -> String {
        let page = page(2, vec![1, 2, 3]);
        let response = List::new(&uri.parse().unwrap(), page, |n| n).into_response();
        response.headers()[header::LINK].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_link_to_the_next_page_keeps_what_was_asked_for() {
        assert_eq!(next_of("/v1/products"), "</v1/products?cursor=MQ>; rel=\"next\"");
        assert_eq!(
            next_of("https://shop.example/v1/products?q=mug&cursor=old&limit=2"),
            "</v1/products?q=mug&limit=2&cursor=MQ>; rel=\"next\"",
        );
    }

    #[test]
    fn the_last_page_has_no_link() {
        let page = page(2, vec![1]);
        let response = List::new(&Uri::from_static("/v1/products"), page, |n| n).into_response();
        assert!(!response.headers().contains_key(header::LINK));
    }

    #[tokio::test]
    async fn a_page_ends_before_it_is_too_large_for_lambda() {
        // A quotation mark has four bytes in Lambda's response: \\\".
        let cases = [
            ("x".repeat(60_100), 100, 99),
            ("\"".repeat(30_000), 60, 49),
            ("x".repeat(6_100_000), 1, 1),
        ];
        for (item, limit, most) in cases {
            let page = page(limit, vec![item; usize::try_from(limit).unwrap() + 1]);
            let list = List::new(&Uri::from_static("/v1/products"), page, |item| item);
            let response = list.into_response();
            assert!(response.headers().contains_key(header::LINK));

            let json = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&json).unwrap();

            assert_eq!(body["data"].as_array().unwrap().len(), most);
            assert_eq!((&body["has_more"], &body["next_cursor"]), (&true.into(), &"MQ".into()));
            let in_lambda = serde_json::to_string(str::from_utf8(&json).unwrap()).unwrap().len();
            assert!(most == 1 || in_lambda < 6_010_000, "{in_lambda}");
        }
    }
}
