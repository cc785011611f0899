//! What a request body is made of, by its schema.

use crate::document::{Operation, entries, resolved};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Schemas = BTreeMap<String, Value>;

/// A body in which nothing is left out that could be there, and where its parts are.
pub(crate) struct Shape {
    pub(crate) body: Value,
    /// The JSON pointers of objects that have the members of their schema and no others.
    pub(crate) objects: Vec<String>,
    /// The JSON pointers of all texts.
    pub(crate) texts: Vec<String>,
}

impl Shape {
    /// None, if the operation takes no JSON that we describe.
    pub(crate) fn of(operation: &Operation, schemas: &Schemas) -> Option<Self> {
        let (_, content) = entries(&operation.said["requestBody"]["content"]).next()?;
        let schema = meant(&content["schema"], schemas);
        schema.get("properties")?;
        let mut shape = Self { body: Value::Null, objects: Vec::new(), texts: Vec::new() };
        shape.body = shape.fill(schema, operation.example(schemas), "", schemas);
        Some(shape)
    }

    /// An example of `schema` with every member, noting at `place` what it is.
    fn fill(
        &mut self,
        schema: &Value,
        example: Option<Value>,
        place: &str,
        schemas: &Schemas,
    ) -> Value {
        let examples = [&schema["example"], &schema["examples"][0], &schema["enum"][0]];
        let shown = || examples.into_iter().find(|example| !example.is_null()).cloned();
        let example = example.filter(|example| !example.is_null()).or_else(shown);
        if schema.get("properties").is_some() {
            self.objects.push(place.to_owned());
            let mut object = match example {
                Some(Value::Object(object)) => object,
                _ => Map::new(),
            };
            for (name, member) in entries(&schema["properties"]) {
                let member = meant(member, schemas);
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
                    meant(&schema["items"], schemas),
                    first,
                    &place,
                    schemas,
                )])
            }
            // Names and values that anybody may choose.
            "object" => {
                self.texts.push(format!("{place}/colour"));
                serde_json::json!({"colour": "blue"})
            }
            "string" => {
                self.texts.push(place.to_owned());
                example.unwrap_or_else(|| "text".into())
            }
            "boolean" => example.unwrap_or_else(|| true.into()),
            _ => example.unwrap_or_else(|| 1.into()),
        }
    }
}

/// What a schema says besides that it may be null.
fn meant<'a>(schema: &'a Value, schemas: &'a Schemas) -> &'a Value {
    let is_null = |one: &&Value| one["type"] == "null";
    let ways = ["oneOf", "anyOf", "allOf"].iter().find_map(|way| schema[way].as_array());
    match ways.and_then(|ways| ways.iter().find(|one| !is_null(one))) {
        Some(one) => meant(one, schemas),
        None => resolved(schema, schemas),
    }
}

/// The type of a schema that may be null as well.
fn kind(schema: &Value) -> &str {
    let alternatives = schema["type"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let first = alternatives.into_iter().find(|kind| *kind != "null");
    schema["type"].as_str().or(first).unwrap_or_default()
}
