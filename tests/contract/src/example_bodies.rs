//! Example request bodies with every member of their schema.

use crate::document::{Operation, entries, resolved};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Schemas = BTreeMap<String, Value>;

/// A body with every optional member, and where its objects, strings and integers are.
pub(crate) struct ExampleBody {
    pub(crate) body: Value,
    /// JSON pointers to the objects whose schema allows no other members.
    pub(crate) objects: Vec<String>,
    /// JSON pointers to all strings.
    pub(crate) strings: Vec<String>,
    /// JSON pointers to all integers.
    pub(crate) integers: Vec<String>,
}

impl ExampleBody {
    /// `None` if the operation takes no body, or one without a schema of ours.
    pub(crate) fn of(operation: &Operation, schemas: &Schemas) -> Option<Self> {
        let (_, content) = entries(&operation.spec["requestBody"]["content"]).next()?;
        let schema = without_null(&content["schema"], schemas);
        schema.get("properties")?;
        let (objects, strings, integers) = (Vec::new(), Vec::new(), Vec::new());
        let mut example = Self { body: Value::Null, objects, strings, integers };
        example.body = example.fill(schema, operation.example(schemas), "", schemas);
        Some(example)
    }

    /// Returns `example`, completed with every member of `schema`, and records its objects and strings. `place` is its JSON pointer.
    fn fill(
        &mut self,
        schema: &Value,
        example: Option<Value>,
        place: &str,
        schemas: &Schemas,
    ) -> Value {
        let examples = [&schema["example"], &schema["examples"][0], &schema["enum"][0]];
        let of_schema = || examples.into_iter().find(|example| !example.is_null()).cloned();
        let example = example.filter(|example| !example.is_null()).or_else(of_schema);
        if schema.get("properties").is_some() {
            self.objects.push(place.to_owned());
            let mut object = match example {
                Some(Value::Object(object)) => object,
                _ => Map::new(),
            };
            for (name, member) in entries(&schema["properties"]) {
                let member = without_null(member, schemas);
                let place = format!("{place}/{name}");
                let full = self.fill(member, object.remove(name), &place, schemas);
                object.insert(name.clone(), full);
            }
            return Value::Object(object);
        }
        match kind(schema) {
            "array" => {
                let first = example.and_then(|items| items.get(0).cloned());
                let place = format!("{place}/0");
                Value::Array(vec![self.fill(
                    without_null(&schema["items"], schemas),
                    first,
                    &place,
                    schemas,
                )])
            }
            // A map with any names and values.
            "object" => {
                self.strings.push(format!("{place}/colour"));
                serde_json::json!({"colour": "blue"})
            }
            "string" => {
                self.strings.push(place.to_owned());
                example.unwrap_or_else(|| "text".into())
            }
            "boolean" => example.unwrap_or_else(|| true.into()),
            "integer" => {
                self.integers.push(place.to_owned());
                example.unwrap_or_else(|| 1.into())
            }
            _ => example.unwrap_or_else(|| 1.into()),
        }
    }
}

/// The schema itself, or of its alternatives the first that is not `null`; references are resolved.
fn without_null<'a>(schema: &'a Value, schemas: &'a Schemas) -> &'a Value {
    let is_null = |one: &&Value| one["type"] == "null";
    let keywords = ["oneOf", "anyOf", "allOf"];
    let alternatives = keywords.iter().find_map(|keyword| schema[keyword].as_array());
    match alternatives.and_then(|schemas| schemas.iter().find(|one| !is_null(one))) {
        Some(one) => without_null(one, schemas),
        None => resolved(schema, schemas),
    }
}

/// The type of a schema, other than `null`.
fn kind(schema: &Value) -> &str {
    let alternatives = schema["type"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let first = alternatives.into_iter().find(|kind| *kind != "null");
    schema["type"].as_str().or(first).unwrap_or_default()
}
