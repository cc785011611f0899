//! The interface of all HTTP functions together, as it is published.

mod headers;

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::openapi::OpenApi;

const INTRODUCTION: &str = include_str!("introduction.md");
const PROBLEM: &str = "#/components/schemas/Problem";
/// In the order in which a reader meets them.
const TAGS: [(&str, &str); 8] = [
    ("accounts", "Opening an account, signing in and staying signed in."),
    ("users", "Accounts, as admins find and change them."),
    ("products", "What the shop sells. Reading is for everybody, writing for staff."),
    ("categories", "The tree that products hang in."),
    ("inventory", "What lies on the shelves, and what moved it."),
    ("orders", "Placing, following and ending orders."),
    ("payments", "Paying for orders, and what Stripe tells us about it."),
    ("operations", "How the shop is doing, and this documentation."),
];

/// What one function contributes.
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
    pub(crate) said: Value,
}

/// Every function that answers HTTP requests.
pub(crate) fn parts() -> Vec<Part> {
    fn part(function: &'static str, document: OpenApi) -> Part {
        Part { function, document: serde_json::to_value(document).unwrap() }
    }
    vec![
        part("accounts", accounts::document()),
        part("catalog", catalog::document()),
        part("docs", docs::document()),
        part("inventory", inventory::document()),
        part("operations", operations::document()),
        part("orders", orders::document()),
        part("payments", payments::document()),
        part("stripe-webhook", stripe_webhook::document()),
    ]
}

/// Every operation of every function, with what all of them have in common written out.
pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    for Part { function, document } in parts() {
        for (path, item) in entries(&document["paths"]) {
            for (method, said) in entries(item) {
                let mut said = said.clone();
                finish(&mut said);
                let (method, path) = (method.to_uppercase(), path.clone());
                operations.push(Operation { function, method, path, said });
            }
        }
    }
    operations
}

/// The whole document. Panics if two functions mean different things by one name.
pub(crate) fn whole() -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for operation in operations() {
        let item = paths.entry(operation.path.clone()).or_default();
        assert!(
            !item.contains_key(&operation.method.to_lowercase()),
            "{operation} is served twice"
        );
        item.insert(operation.method.to_lowercase(), operation.said);
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
                    "description": "The `access_token` of a login or a refresh.",
                },
                "stripe_signature": {
                    "type": "apiKey", "in": "header", "name": "Stripe-Signature",
                    "description": "Made by Stripe from the body, the time and a shared secret.",
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
                "{first} and {function} mean different things by {name}: #[schema(as = …)]"
            );
        }
    }
    let mut schemas: BTreeMap<_, _> =
        schemas.into_iter().map(|(name, (schema, _))| (name, schema)).collect();
    let names: Vec<_> = schemas.keys().cloned().collect();
    for (name, list) in &mut schemas {
        // The items of a list are written out in place, where a reference says the same.
        let item = name.strip_prefix("List_").filter(|item| names.iter().any(|name| name == item));
        if let (Some(item), Some(items)) = (item, list.pointer_mut("/properties/data/items")) {
            *items = json!({"$ref": format!("#/components/schemas/{item}")});
        }
    }
    schemas
}

/// What a `$ref` to a schema stands for.
pub(crate) fn resolved<'a>(schema: &'a Value, schemas: &'a BTreeMap<String, Value>) -> &'a Value {
    let Some(reference) = schema["$ref"].as_str() else { return schema };
    let name = reference.trim_start_matches("#/components/schemas/");
    schemas.get(name).unwrap_or_else(|| panic!("nothing is called {reference}"))
}

/// The entries of an object; none if it is something else.
pub(crate) fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

impl Operation {
    pub(crate) fn id(&self) -> &str {
        self.said["operationId"].as_str().unwrap_or_default()
    }

    /// The names of the security schemes that let somebody in; empty where strangers are welcome.
    pub(crate) fn keys(&self) -> Vec<&str> {
        let alternatives = self.said["security"].as_array().into_iter().flatten();
        alternatives.flat_map(entries).map(|(scheme, _)| scheme.as_str()).collect()
    }

    /// Whether nobody gets in without one of the keys.
    pub(crate) fn is_closed(&self) -> bool {
        let alternatives = self.said["security"].as_array();
        alternatives.is_some_and(|all| all.iter().all(|one| entries(one).next().is_some()))
    }

    /// An address of this operation: each placeholder holds its example.
    pub(crate) fn address(&self, schemas: &BTreeMap<String, Value>) -> String {
        let mut address = self.path.clone();
        for parameter in self.said["parameters"].as_array().into_iter().flatten() {
            let schema = resolved(&parameter["schema"], schemas);
            let example = [&parameter["example"], &schema["example"], &schema["examples"][0]];
            let example = example.into_iter().find_map(Value::as_str);
            if parameter["in"] == "path" {
                let name = parameter["name"].as_str().unwrap();
                let example = example.unwrap_or_else(|| panic!("{self}: no example for {name}"));
                address = address.replace(&format!("{{{name}}}"), example);
            }
        }
        address
    }

    /// The example of the request body: of its own, or of its schema.
    pub(crate) fn example(&self, schemas: &BTreeMap<String, Value>) -> Option<Value> {
        let (_, body) = entries(&self.said["requestBody"]["content"]).next()?;
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

/// A problem has a media type of its own, and who needs the database may meet a mistake of ours.
fn finish(operation: &mut Value) {
    let responses = operation["responses"].as_object_mut().unwrap();
    if responses.contains_key("503") && !responses.contains_key("500") {
        let content = json!({"application/json": {"schema": {"$ref": PROBLEM}}});
        let fault = json!({"description": "`our_fault`: a mistake of ours", "content": content});
        responses.insert("500".to_owned(), fault);
        responses.sort_keys();
    }
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
