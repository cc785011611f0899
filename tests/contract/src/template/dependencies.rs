//! Which resources a resource depends on. `CloudFormation` creates those first, and deletes them after it.

use super::shapes::Resources;
use serde_json::Value;
use std::collections::BTreeSet;

/// The resource's transitive dependencies, by `DependsOn` and by references.
pub(super) fn of<'a>(resources: &'a Resources, id: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![id.to_owned()];
    while let Some(next) = waiting.pop() {
        for name in named_by(&resources[&next]) {
            let Some((known, _)) = resources.get_key_value(&name) else { continue };
            if found.insert(known.as_str()) {
                waiting.push(name);
            }
        }
    }
    found
}

/// The resource that a reference names: `!Ref X`, `!GetAtt X.Arn`, or the text of a `!Sub` that is nothing else.
pub(super) fn target(value: &Value) -> Option<String> {
    named_by(value).into_iter().next()
}

/// The logical ids (and parameters) in a part of the template.
pub(super) fn named_by(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (key, below) in entries {
                match &**key {
                    "Ref" | "Fn::GetAtt" | "DependsOn" => add(below, key, found),
                    "Fn::Sub" => substituted(below, found),
                    _ => collect(below, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// `X`, `X.Arn`, `[X, Arn]`, or a list of resources.
fn add(value: &Value, key: &str, found: &mut BTreeSet<String>) {
    let paths = match value {
        Value::Array(names) if key == "DependsOn" => names.iter().collect(),
        Value::Array(path) => path.first().into_iter().collect(),
        path => vec![path],
    };
    let paths = paths.into_iter().filter_map(Value::as_str);
    found.extend(paths.filter_map(|path| path.split('.').next()).map(str::to_owned));
}

/// `${X}` and `${X.Arn}` in a text, unless the text has values of its own for them.
fn substituted(value: &Value, found: &mut BTreeSet<String>) {
    let (text, own) = match value {
        Value::Array(parts) => (&parts[0], &parts[1]),
        text => (text, &Value::Null),
    };
    collect(own, found);
    for part in text.as_str().unwrap_or_default().split("${").skip(1) {
        let name = part.split('}').next().unwrap_or_default();
        if own.get(name).is_none() && !name.starts_with('!') {
            found.insert(name.split('.').next().unwrap_or_default().to_owned());
        }
    }
}
