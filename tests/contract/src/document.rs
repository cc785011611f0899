//! The OpenAPI document of all HTTP functions together, as published in `functions/docs/openapi.json`.

mod headers;

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::openapi::OpenApi;

const INTRODUCTION: &str = include_str!("introduction.md");
const PROBLEM: &str = "#/components/schemas/Problem";
/// In the order of the published document.
const TAGS: [(&str, &str); 12] = [
    ("accounts", "Registration, log-in, sessions and passwords."),
    ("users", "Management of accounts by admins."),
    ("products", "The catalogue. Reading is public; changes are for staff."),
    ("categories", "The tree of product categories."),
    ("discounts", "Discounts by code, or by themselves, and the orders that have them. For staff."),
    ("taxes", "Which countries are taxed, and their rates. For staff."),
    ("shipping", "Shipping methods and their prices. Reading is public; changes are for staff."),
    ("inventory", "Stock levels and stock movements."),
    ("checkouts", "What something costs, and wishes that are kept until they become an order."),
    ("orders", "Placing, tracking, changing and cancelling orders."),
    ("payments", "Payments, refunds and disputes, and the webhook for Stripe."),
    ("operations", "Health, monitoring and repair, and this documentation."),
];

/// The document of one function.
pub(crate) struct Part {
    /// Its folder below `functions/`.
    pub(crate) function: &'static str,
    document: Value,
}

/// One method on one path.
pub(crate) struct Operation {
    pub(crate) function: &'static str,
    /// Upper case.
    pub(crate) method: String,
    pub(crate) path: String,
    /// The operation object of the OpenAPI document.
    pub(crate) spec: Value,
}

/// Every function that answers HTTP requests.
pub(crate) fn parts() -> Vec<Part> {
    fn part(function: &'static str, document: OpenApi) -> Part {
        Part { function, document: serde_json::to_value(document).unwrap() }
    }
    vec![
        part("accounts", accounts::document()),
        part("catalog", catalog::document()),
        part("checkouts", checkouts::document()),
        part("docs", docs::document()),
        part("inventory", inventory::document()),
        part("operations", operations::document()),
        part("orders", orders::document()),
        part("payments", payments::document()),
        part("stripe-webhook", stripe_webhook::document()),
    ]
}

/// Every operation of every function, with the headers and responses that all have in common.
pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    for Part { function, document } in parts() {
        for (path, item) in entries(&document["paths"]) {
            for (method, spec) in entries(item) {
                let mut spec = spec.clone();
                finish(&mut spec);
                let (method, path) = (method.to_uppercase(), path.clone());
                operations.push(Operation { function, method, path, spec });
            }
        }
    }
    operations
}

/// The whole document. Panics if two functions serve the same operation or have different schemas of one name.
pub(crate) fn whole() -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for operation in operations() {
        let item = paths.entry(operation.path.clone()).or_default();
        assert!(
            !item.contains_key(&operation.method.to_lowercase()),
            "{operation} is served twice"
        );
        item.insert(operation.method.to_lowercase(), operation.spec);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tradepost",
            "version": env!("CARGO_PKG_VERSION"),
            "description": INTRODUCTION.trim_end(),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": TAGS.map(|(name, description)| json!({"name": name, "description": description})),
        "paths": paths,
        "components": {
            "headers": headers::components(),
            "schemas": schemas(),
            "securitySchemes": {
                "bearer": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "The `access_token` of a login or a refresh. For requests about one order, also that of its link.",
                },
                "checkout_secret": {
                    "type": "apiKey", "in": "header", "name": "Checkout-Secret",
                    "description": "The `secret` of a guest's checkout. Opens the checkout, and the order that it became.",
                },
                "stripe_signature": {
                    "type": "apiKey", "in": "header", "name": "Stripe-Signature",
                    "description": "Computed by Stripe from the body, the time and a shared secret.",
                },
            },
        },
    })
}

/// Every schema by its name.
pub(crate) fn schemas() -> BTreeMap<String, Value> {
    let mut schemas: BTreeMap<String, (Value, &str)> = BTreeMap::new();
    for Part { function, document } in parts() {
        for (name, schema) in entries(&document["components"]["schemas"]) {
            let (known, first) =
                schemas.entry(name.clone()).or_insert_with(|| (schema.clone(), function));
            assert_eq!(
                known, schema,
                "{first} and {function} have different schemas called {name}: #[schema(as = …)]"
            );
        }
    }
    let mut schemas: BTreeMap<_, _> =
        schemas.into_iter().map(|(name, (schema, _))| (name, schema)).collect();
    let names: Vec<_> = schemas.keys().cloned().collect();
    for (name, list) in &mut schemas {
        // The schema of the items is repeated here: refer to it instead.
        let item = name.strip_prefix("List_").filter(|item| names.iter().any(|name| name == item));
        if let (Some(item), Some(items)) = (item, list.pointer_mut("/properties/data/items")) {
            *items = json!({"$ref": format!("#/components/schemas/{item}")});
        }
    }
    schemas
}

/// The schema that a `$ref` names, or `schema` itself.
pub(crate) fn resolved<'a>(schema: &'a Value, schemas: &'a BTreeMap<String, Value>) -> &'a Value {
    let Some(reference) = schema["$ref"].as_str() else { return schema };
    let name = reference.trim_start_matches("#/components/schemas/");
    schemas.get(name).unwrap_or_else(|| panic!("there is no schema {reference}"))
}

/// The entries of an object; none if it is something else.
pub(crate) fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

impl Operation {
    pub(crate) fn id(&self) -> &str {
        self.spec["operationId"].as_str().unwrap_or_default()
    }

    /// The names of the security schemes that are accepted; empty if none is.
    pub(crate) fn security_schemes(&self) -> Vec<&str> {
        let alternatives = self.spec["security"].as_array().into_iter().flatten();
        alternatives.flat_map(entries).map(|(scheme, _)| scheme.as_str()).collect()
    }

    /// Whether one of the security schemes is required.
    pub(crate) fn needs_credentials(&self) -> bool {
        let alternatives = self.spec["security"].as_array();
        let is_needed = |all: &Vec<Value>| all.iter().all(|one| entries(one).next().is_some());
        alternatives.is_some_and(|all| !all.is_empty() && is_needed(all))
    }

    /// The path of this operation with the example of each parameter.
    pub(crate) fn example_path(&self, schemas: &BTreeMap<String, Value>) -> String {
        let mut path = self.path.clone();
        for parameter in self.spec["parameters"].as_array().into_iter().flatten() {
            let schema = resolved(&parameter["schema"], schemas);
            let example = [&parameter["example"], &schema["example"], &schema["examples"][0]];
            let example = example.into_iter().find_map(Value::as_str);
            if parameter["in"] == "path" {
                let name = parameter["name"].as_str().unwrap();
                let example = example.unwrap_or_else(|| panic!("{self}: no example for {name}"));
                path = path.replace(&format!("{{{name}}}"), example);
            }
        }
        path
    }

    /// The example of the request body, or else of its schema.
    pub(crate) fn example(&self, schemas: &BTreeMap<String, Value>) -> Option<Value> {
        let (_, body) = entries(&self.spec["requestBody"]["content"]).next()?;
        let schema = resolved(&body["schema"], schemas);
        let places = [&body["example"], &schema["example"], &schema["examples"][0]];
        places.into_iter().find(|example| !example.is_null()).cloned()
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.method, self.path, self.function)
    }
}

/// Adds what all operations have in common: that those without a security scheme need none, the media type of problems, 500
/// beside 503, 304 for lists, and headers.
fn finish(operation: &mut Value) {
    if operation.get("security").is_none() {
        operation["security"] = json!([]);
    }
    if headers::is_list(&operation["responses"]["200"]) {
        let not_modified = json!({"description": "Not modified"});
        operation["responses"]["304"] = not_modified;
        let cached = json!({
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "ETags of cached responses",
        });
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        operation["parameters"] = [parameters, vec![cached]].concat().into();
    }
    let responses = operation["responses"].as_object_mut().unwrap();
    if responses.contains_key("503") && !responses.contains_key("500") {
        let content = json!({"application/json": {"schema": {"$ref": PROBLEM}}});
        let fault = json!({"description": "`our_fault`: an internal error", "content": content});
        responses.insert("500".to_owned(), fault);
    }
    responses.sort_keys();
    for (_, response) in responses {
        let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else {
            continue;
        };
        let is_problem = |body: &Value| body["schema"]["$ref"] == PROBLEM;
        if let Some(body) = content.get("application/json").filter(|body| is_problem(body)) {
            *content = Map::from_iter([("application/problem+json".to_owned(), body.clone())]);
        }
    }
    headers::describe(operation);
}
