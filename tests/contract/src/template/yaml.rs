//! `template.yaml` as JSON, with tags in their long form: `!Ref X` is `{"Ref": "X"}`.

use crate::workspace;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

#[derive(Clone)]
pub(super) struct Yaml {
    pub(super) template: Value,
    pub(super) samconfig: String,
    pub(super) manifest: String,
}

impl Yaml {
    pub(super) fn load() -> Self {
        static READ: LazyLock<Yaml> = LazyLock::new(|| {
            let yaml = serde_yaml_ng::from_str(&workspace::read("template.yaml")).unwrap();
            Yaml {
                template: long(&yaml),
                samconfig: workspace::read("samconfig.toml"),
                manifest: workspace::read("Cargo.toml"),
            }
        });
        READ.clone()
    }

    /// Sets the value at a JSON pointer of the template, or removes it. At `samconfig` or `manifest` it appends a line to that file.
    pub(super) fn put(&mut self, at: &str, value: Option<Value>) {
        let line = || value.as_ref().and_then(Value::as_str).unwrap().to_owned() + "\n";
        match at {
            "samconfig" => self.samconfig += &line(),
            "manifest" => self.manifest += &line(),
            _ => {
                let (above, last) = at.rsplit_once('/').unwrap();
                let parent = self.template.pointer_mut(above);
                let parent = parent.unwrap_or_else(|| panic!("there is no {above}"));
                match (parent, value) {
                    (Value::Object(parent), Some(value)) => {
                        parent.insert(last.replace("~1", "/"), value);
                    }
                    (Value::Object(parent), None) => {
                        parent.remove(last).unwrap_or_else(|| panic!("there is no {at}"));
                    }
                    (Value::Array(parent), Some(value)) => parent.push(value),
                    _ => panic!("nothing can be put at {at}"),
                }
            }
        }
    }

    /// The resources of a type, with their logical ids.
    pub(super) fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let resources = self.template["Resources"].as_object().unwrap().iter();
        resources
            .filter(move |(_, resource)| resource["Type"] == kind)
            .map(|(id, resource)| (id.as_str(), resource))
    }

    pub(super) fn functions(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.all("AWS::Serverless::Function").map(|(id, function)| (id, &function["Properties"]))
    }

    /// A property of a function: its own, or else that of Globals.
    pub(super) fn of_function<'a>(&'a self, own: &'a Value, key: &str) -> &'a Value {
        own.get(key).unwrap_or(&self.template["Globals"]["Function"][key])
    }

    pub(super) fn number(&self, own: &Value, key: &str) -> u64 {
        self.of_function(own, key).as_u64().unwrap_or_default()
    }

    /// A resource's properties, by its logical id.
    pub(super) fn properties(&self, id: &str) -> &Value {
        &self.template["Resources"][id]["Properties"]
    }

    /// The properties of the first resource of a type, or null.
    pub(super) fn one<'a>(&'a self, kind: &'a str) -> &'a Value {
        self.all(kind).next().map_or(&Value::Null, |(_, resource)| &resource["Properties"])
    }

    /// Every string of the template with its path.
    pub(super) fn texts(&self) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        collect(&self.template, String::new(), &mut texts);
        assert!(texts.len() > 200, "texts are missing");
        texts
    }
}

/// The values that a value may have, under all conditions.
pub(super) fn branches(value: &Value) -> Vec<&Value> {
    match value["Fn::If"].as_array() {
        Some(chosen) => chosen.iter().skip(1).flat_map(branches).collect(),
        None if value["Ref"] == "AWS::NoValue" => Vec::new(),
        None => vec![value],
    }
}

/// The items of a list, under all conditions.
pub(super) fn items(list: &Value) -> impl Iterator<Item = &Value> {
    let lists = branches(list).into_iter().filter_map(Value::as_array);
    lists.flatten().flat_map(branches)
}

fn long(value: &serde_yaml_ng::Value) -> Value {
    use serde_yaml_ng::Value as Short;
    match value {
        Short::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = tag.trim_start_matches('!');
            let key = match name {
                "Ref" | "Condition" => name.to_owned(),
                function => format!("Fn::{function}"),
            };
            json!({key: long(&tagged.value)})
        }
        Short::Mapping(entries) => {
            let entry = |(key, value): (&Short, &Short)| {
                let key = key.as_str().map_or_else(|| panic!("{key:?} is no text"), str::to_owned);
                (key, long(value))
            };
            Value::Object(entries.iter().map(entry).collect::<Map<_, _>>())
        }
        Short::Sequence(items) => items.iter().map(long).collect(),
        scalar => serde_json::to_value(scalar).unwrap(),
    }
}

fn collect(value: &Value, place: String, texts: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => texts.push((place, text.clone())),
        Value::Array(items) => {
            for item in items {
                collect(item, place.clone(), texts);
            }
        }
        Value::Object(entries) => {
            for (key, below) in entries {
                collect(below, format!("{place}/{key}"), texts);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
