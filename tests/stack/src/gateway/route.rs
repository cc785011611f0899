//! Selects the route of a request. Literal segments win over `{param}`, and `{param}` wins over `{proxy+}`, as in API
//! Gateway. `$default` takes the rest.

use super::event::percent_decode;
use crate::{Template, template::Route};
use std::collections::BTreeMap;

#[derive(Debug)]
pub(super) struct Routes {
    entries: Vec<Entry>,
    /// The logical id of the function of the route `$default`.
    default: Option<String>,
}

#[derive(Debug)]
struct Entry {
    method: String,
    segments: Vec<Segment>,
    key: String,
    function: String,
}

/// One path segment of a route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Exact(String),
    /// `{name}`
    Param(String),
    /// `{name+}`: the rest of the path.
    Rest(String),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct RouteMatch {
    /// Such as `GET /v1/orders/{order_id}`, or `$default`.
    pub(super) key: String,
    /// The logical id of the function.
    pub(super) function: String,
    /// Percent-decoded.
    pub(super) params: BTreeMap<String, String>,
}

impl Routes {
    pub(super) fn new(template: &Template) -> Self {
        let mut entries = Vec::new();
        let mut default = None;
        for (route, function) in template.routes() {
            if route.path == Route::DEFAULT {
                default = Some(function.id.clone());
                continue;
            }
            entries.push(Entry {
                method: route.method.clone(),
                segments: segments(&route.path).map(Segment::new).collect(),
                key: route.key(),
                function: function.id.clone(),
            });
        }
        entries.sort_by_key(|entry: &Entry| (entry.ranks(), entry.method == "ANY"));
        Self { entries, default }
    }

    pub(super) fn find(&self, method: &str, path: &str) -> Option<RouteMatch> {
        let mut entries =
            self.entries.iter().filter(|entry| entry.method == method || entry.method == "ANY");
        let named = entries.find_map(|entry| {
            let params = entry.matches(path)?;
            Some(RouteMatch { key: entry.key.clone(), function: entry.function.clone(), params })
        });
        named.or_else(|| {
            let function = self.default.clone()?;
            let key = Route::DEFAULT.to_owned();
            Some(RouteMatch { key, function, params: BTreeMap::new() })
        })
    }
}

impl Entry {
    fn ranks(&self) -> Vec<u8> {
        let rank = |segment: &Segment| match segment {
            Segment::Exact(_) => 0,
            Segment::Param(_) => 1,
            Segment::Rest(_) => 2,
        };
        self.segments.iter().map(rank).collect()
    }

    fn matches(&self, path: &str) -> Option<BTreeMap<String, String>> {
        let mut params = BTreeMap::new();
        let mut given = segments(path);
        for segment in &self.segments {
            let text = given.next()?;
            match segment {
                Segment::Exact(exact) if exact == text => {}
                Segment::Exact(_) => return None,
                Segment::Param(_) | Segment::Rest(_) if text.is_empty() => return None,
                Segment::Param(name) => {
                    params.insert(name.clone(), percent_decode(text));
                }
                Segment::Rest(name) => {
                    let rest: Vec<&str> = std::iter::once(text).chain(given).collect();
                    params.insert(name.clone(), percent_decode(&rest.join("/")));
                    return Some(params);
                }
            }
        }
        given.next().is_none().then_some(params)
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(name) => match name.strip_suffix('+') {
                Some(name) => Self::Rest(name.to_owned()),
                None => Self::Param(name.to_owned()),
            },
            None => Self::Exact(text.to_owned()),
        }
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        let events = [
            ("GET", "/v1/orders/{order_id}"),
            ("GET", "/v1/orders/mine"),
            ("POST", "/v1/orders/{order_id}/cancel"),
            ("ANY", "/v1/orders/{order_id}"),
            ("GET", "/docs/{proxy+}"),
            ("GET", "/docs/openapi.json"),
        ];
        let events = events.iter().enumerate().map(|(i, (method, path))| {
            format!("        E{i}: {{Type: HttpApi, Properties: {{Method: {method}, Path: '{path}'}}}}\n")
        });
        let head = "Resources:\n  Shop:\n    Type: AWS::Serverless::Function\n    Properties:\n";
        let text = format!(
            "{head}      CodeUri: functions/shop\n      Events:\n{}",
            events.collect::<String>()
        );
        Routes::new(&Template::parse(&text).unwrap())
    }

    fn key(method: &str, path: &str) -> Option<String> {
        routes().find(method, path).map(|found| found.key)
    }

    #[test]
    fn an_exact_word_beats_a_parameter_and_a_parameter_beats_the_rest() {
        assert_eq!(key("GET", "/v1/orders/mine").unwrap(), "GET /v1/orders/mine");
        assert_eq!(key("GET", "/v1/orders/7").unwrap(), "GET /v1/orders/{order_id}");
        assert_eq!(key("GET", "/docs/openapi.json").unwrap(), "GET /docs/openapi.json");
        assert_eq!(key("GET", "/docs/swagger/index.html").unwrap(), "GET /docs/{proxy+}");
    }

    #[test]
    fn a_named_method_beats_any() {
        assert_eq!(key("DELETE", "/v1/orders/7").unwrap(), "ANY /v1/orders/{order_id}");
    }

    #[test]
    fn what_the_template_does_not_name_is_not_found() {
        for path in [
            "/",
            "/v1/orders",
            "/v1/orders/",
            "/v1/orders/7/",
            "/v1/orders/7/ship",
            "/docs",
            "/docs/",
        ] {
            assert_eq!(key("GET", path), None, "{path}");
        }
        assert_eq!(key("GET", "/v1/orders/7/cancel"), None);
    }

    #[test]
    fn a_default_route_takes_what_no_other_takes() {
        let text = "Resources:
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/shop
      Events:
        Orders: {Type: HttpApi, Properties: {Method: GET, Path: /v1/orders}}
        Rest: {Type: HttpApi, Properties: {ApiId: !Ref Api}}
";
        let routes = Routes::new(&Template::parse(text).unwrap());

        for (method, path, key) in [
            ("GET", "/v1/orders", "GET /v1/orders"),
            ("PUT", "/v1/orders", "$default"),
            ("GET", "/v1/orders/", "$default"),
            ("GET", "/", "$default"),
        ] {
            assert_eq!(routes.find(method, path).unwrap().key, key, "{method} {path}");
        }
    }

    #[test]
    fn parameters_arrive_decoded() {
        let found = routes().find("POST", "/v1/orders/a%20b/cancel").unwrap();

        assert_eq!(found.params, BTreeMap::from([("order_id".to_owned(), "a b".to_owned())]));
    }
}
