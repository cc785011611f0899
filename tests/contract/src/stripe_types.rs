//! Stripe's own types, of the version of its API that the shop is built for and of the newest one: the objects and
//! events of the stand-in, the sample events, and the parameters of our calls are what these types say.

mod error_codes;
mod objects;
mod requests;
mod story;

use jsonschema::Validator;
use serde_json::{Value, json};
use stack::Progress;
use stack::tools::{self, StripeTypes};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Of both versions. It takes seconds to make them.
static TYPES: LazyLock<[Types; 2]> = LazyLock::new(|| StripeTypes::ALL.map(Types::load));

/// JSON Schemas made from the types of one version.
struct Types {
    version: StripeTypes,
    schemas: Value,
    /// Of `{<group>: {<name>: value}}`.
    validator: Validator,
}

impl Types {
    fn load(version: StripeTypes) -> Self {
        let script = crate::workspace::root().join("tests/contract/src/stripe_types/schema.js");
        let command = tools::stripe_types(version, &script, &Progress::silent());
        let made = command.unwrap().output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let schemas: Value = serde_json::from_slice(&made.stdout).unwrap();
        let named =
            |group: &str| json!({"properties": schemas[group], "additionalProperties": false});
        let groups = ["objects", "events", "parameters"].map(|group| (group, named(group)));
        let schema = json!({
            "properties": BTreeMap::from(groups),
            "definitions": schemas["definitions"],
        });
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        Self { version, schemas, validator }
    }

    /// What is wrong with an object, an event or the parameters of an endpoint: members that are missing, unknown or of
    /// another type. `group` is `objects`, `events` or `parameters`.
    fn errors(&self, group: &str, name: &str, value: &Value) -> Vec<String> {
        let value = json!({group: {name: value}});
        let errors = self.validator.iter_errors(&value);
        errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    /// The members of `value` that are deprecated.
    fn deprecated(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(reference) = schema["$ref"].as_str() {
            let definition = self.schemas.pointer(reference.trim_start_matches('#'));
            found.extend(self.deprecated(definition.unwrap(), value));
        }
        for inner in ["anyOf", "allOf"].iter().filter_map(|key| schema[key].as_array()).flatten() {
            found.extend(self.deprecated(inner, value));
        }
        for (name, inner) in value.as_object().into_iter().flatten() {
            let member = &schema["properties"][name];
            if member["deprecated"] == true {
                found.push(name.clone());
            }
            found.extend(self.deprecated(member, inner));
        }
        for item in value.as_array().into_iter().flatten() {
            found.extend(self.deprecated(&schema["items"], item));
        }
        found
    }
}

#[test]
fn a_missing_an_unknown_and_a_deprecated_member_are_found() {
    let pinned = &TYPES[0];
    let refund = json!({"object": "refund", "color": "red"});
    let planted = json!({
        "properties": {"lines": {"items": {"properties": {"old": {"deprecated": true}}}}}
    });

    let errors = pinned.errors("objects", "refund", &refund).join("\n");

    assert!(errors.contains("\"payment_intent\" is a required property"), "{errors}");
    assert!(errors.contains("'color' was unexpected"), "{errors}");
    assert_eq!(pinned.deprecated(&planted, &json!({"lines": [{"old": 1}]})), ["old"]);
}
