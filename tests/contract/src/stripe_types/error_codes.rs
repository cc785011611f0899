use super::TYPES;
use serde_json::Value;
use std::collections::BTreeSet;
use stripe_gateway::ERROR_CODES;

#[test]
fn every_error_code_of_both_versions_has_one_kind_and_no_other_code_is_listed() {
    let listed: Vec<_> = ERROR_CODES.iter().flat_map(|(_, codes)| *codes).copied().collect();
    let unique: BTreeSet<_> = listed.iter().copied().collect();
    assert_eq!(unique.len(), listed.len(), "a code has two kinds");

    let known: [BTreeSet<_>; 2] = TYPES.each_ref().map(|types| {
        let intent = resolved(&types.schemas, &types.schemas["objects"]["payment_intent"]);
        let error = &intent["properties"]["last_payment_error"]["anyOf"];
        let error = error.as_array().unwrap().iter().find(|part| part["type"] != "null").unwrap();
        let code = &resolved(&types.schemas, error)["properties"]["code"];
        let codes = code["enum"].as_array().unwrap_or_else(|| panic!("{code}"));
        codes.iter().map(|code| code.as_str().unwrap()).collect()
    });

    assert!(known[0].len() > 200, "{} codes", known[0].len());
    assert_eq!(unique, &known[0] | &known[1]);
}

/// The schema that a `$ref` names.
fn resolved<'a>(schemas: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => schemas.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}
