//! CORS as API Gateway does it: preflights are answered without a function, and responses of functions get the headers of
//! `CorsConfiguration`. Instead of the origins of the template, those of this machine are allowed.

use crate::template::Cors;
use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts,
    },
};

/// Of the rules of the template; nothing is allowed without them.
#[derive(Debug)]
pub(super) struct CorsPolicy(Option<Rules>);

#[derive(Debug)]
struct Rules {
    methods: HeaderValue,
    headers: HeaderValue,
    exposed: HeaderValue,
    max_age: HeaderValue,
}

/// What functions say themselves is dropped, as in API Gateway.
const REPLACED: [HeaderName; 3] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
];

impl CorsPolicy {
    pub(super) fn new(cors: Option<&Cors>) -> Self {
        let list = |names: &[String]| HeaderValue::try_from(names.join(",")).ok();
        Self(cors.and_then(|cors| {
            Some(Rules {
                methods: list(&cors.methods)?,
                headers: list(&cors.headers)?,
                exposed: list(&cors.exposed)?,
                max_age: cors.max_age.into(),
            })
        }))
    }

    /// The response to a preflight; `None` if the request is none.
    pub(super) fn preflight(&self, request: &Parts) -> Option<Response<Body>> {
        let rules = self.0.as_ref()?;
        let asks = request.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if request.method != Method::OPTIONS
            || !request.headers.contains_key(header::ORIGIN)
            || !asks
        {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if local_origin(&request.headers).is_some() {
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, rules.methods.clone());
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, rules.headers.clone());
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, rules.max_age.clone());
        }
        Some(response)
    }

    /// Lets pages of this origin read the response.
    pub(super) fn allow(&self, origin: Option<HeaderValue>, response: &mut HeaderMap) {
        let Some(rules) = &self.0 else { return };
        for name in REPLACED {
            response.remove(name);
        }
        if let Some(origin) = origin {
            response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            response.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, rules.exposed.clone());
        }
    }
}

/// The `Origin` of a request, if it is a page of this machine, on whatever port.
pub(super) fn local_origin(headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let host = origin.to_str().ok()?.strip_prefix("http://")?;
    let is_local = ["localhost", "127.0.0.1", "[::1]"].into_iter().any(|local| {
        let port = host.strip_prefix(local).map(|rest| rest.strip_prefix(':').unwrap_or(rest));
        port.is_some_and(|port| port.bytes().all(|digit| digit.is_ascii_digit()))
    });
    is_local.then(|| origin.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_this_machine_are_local_and_no_others() {
        let local = |origin: &str| {
            let headers = HeaderMap::from_iter([(header::ORIGIN, origin.parse().unwrap())]);
            local_origin(&headers).is_some()
        };
        for origin in
            ["http://localhost:5173", "http://localhost", "http://127.0.0.1:8080", "http://[::1]:1"]
        {
            assert!(local(origin), "{origin}");
        }
        for origin in [
            "https://shop.example",
            "http://localhost.example",
            "http://localhost:80.example",
            "http://127.0.0.1.example:80",
            "http://evil.example/localhost",
            "null",
            "",
        ] {
            assert!(!local(origin), "{origin}");
        }
    }
}
