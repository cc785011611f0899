//! What the template becomes with given parameters: which resources there are, with which properties.

use super::yaml::Yaml;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A value for each parameter that decides about one of some conditions.
pub(super) struct Shape<'a> {
    yaml: &'a Yaml,
    parameters: BTreeMap<String, String>,
}

/// The resources of a shape, by logical id, without conditions.
pub(super) type Resources = BTreeMap<String, Value>;

impl<'a> Shape<'a> {
    /// All that the conditions in `parts` of the template can be together, each with parameters that make them so.
    pub(super) fn all(yaml: &'a Yaml, parts: &[&Value]) -> Vec<Self> {
        let mut conditions = BTreeSet::new();
        for part in parts {
            named_conditions(part, &mut conditions);
        }
        let mut deciding = BTreeSet::new();
        for condition in &conditions {
            parameters_of(yaml, &json!({"Condition": condition}), &mut deciding);
        }
        let mut combinations = vec![BTreeMap::new()];
        for parameter in deciding {
            let values = values(&yaml.template["Parameters"][&parameter]);
            let with = |known: &BTreeMap<_, _>, value: &String| {
                let mut combination = known.clone();
                combination.insert(parameter.clone(), value.clone());
                combination
            };
            combinations = combinations
                .iter()
                .flat_map(|known| values.iter().map(move |value| with(known, value)))
                .collect();
        }
        let mut seen = BTreeSet::new();
        let shapes = combinations.into_iter().map(|parameters| Shape { yaml, parameters });
        shapes
            .filter(|shape| {
                let holds = |name: &String| shape.holds(&json!({"Condition": name}));
                seen.insert(conditions.iter().map(holds).collect::<Vec<_>>())
            })
            .collect()
    }

    /// The shape with this parameter, and with the defaults of all others.
    pub(super) fn with(yaml: &'a Yaml, parameter: &str, value: &str) -> Self {
        Self::given(yaml, &[(parameter, value)])
    }

    /// The shape with these parameters, and with the defaults of all others.
    pub(super) fn given(yaml: &'a Yaml, parameters: &[(&str, &str)]) -> Self {
        let parameters =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Shape { yaml, parameters: parameters.collect() }
    }

    /// Why a deploy with these parameters is refused before it begins.
    pub(super) fn refusals(&self) -> Vec<String> {
        let rules =
            self.yaml.template["Rules"].as_object().into_iter().flat_map(|all| all.values());
        let asked = rules.filter(|rule| self.holds(&rule["RuleCondition"]));
        let assertions = asked.flat_map(|rule| rule["Assertions"].as_array().unwrap());
        let broken = assertions.filter(|assertion| !self.holds(&assertion["Assert"]));
        broken.map(|broken| broken["AssertDescription"].as_str().unwrap().to_owned()).collect()
    }

    /// The resources that this shape has. Functions include what Globals gives them.
    pub(super) fn resources(&self) -> Resources {
        self.resources_unless(|_| false)
    }

    /// The same without alarms and dashboards, which are most of the template and which nothing is made of.
    pub(super) fn resources_at_work(&self) -> Resources {
        self.resources_unless(|kind| kind.starts_with("AWS::CloudWatch::"))
    }

    fn resources_unless(&self, left_out: impl Fn(&str) -> bool) -> Resources {
        let all = self.yaml.template["Resources"].as_object().unwrap().iter();
        let all = all.filter(|(_, it)| !left_out(it["Type"].as_str().unwrap_or_default()));
        let there = all.filter(|(_, resource)| {
            let condition = resource["Condition"].as_str();
            condition.is_none_or(|name| self.holds(&json!({"Condition": name})))
        });
        there
            .map(|(id, resource)| {
                let mut resource = resource.clone();
                if resource["Type"] == "AWS::Serverless::Function" {
                    let globals = &self.yaml.template["Globals"]["Function"];
                    merge(&mut resource["Properties"], globals);
                }
                (id.clone(), self.resolve(&resource).unwrap_or_default())
            })
            .collect()
    }

    /// A value without `Fn::If`; nothing for `AWS::NoValue`.
    pub(super) fn resolve(&self, value: &Value) -> Option<Value> {
        if let Some([condition, yes, no]) = value["Fn::If"].as_array().map(Vec::as_slice) {
            let chosen = if self.holds(&json!({"Condition": condition})) { yes } else { no };
            return self.resolve(chosen);
        }
        match value {
            Value::Object(entries) if entries.get("Ref") == Some(&json!("AWS::NoValue")) => None,
            Value::Object(entries) => {
                let entries = entries.iter();
                let entries =
                    entries.filter_map(|(key, value)| Some((key.clone(), self.resolve(value)?)));
                Some(Value::Object(entries.collect::<Map<_, _>>()))
            }
            Value::Array(items) => {
                Some(items.iter().filter_map(|item| self.resolve(item)).collect())
            }
            scalar => Some(scalar.clone()),
        }
    }

    fn holds(&self, condition: &Value) -> bool {
        let (function, argument) = condition.as_object().unwrap().iter().next().unwrap();
        let list = || argument.as_array().unwrap().iter();
        match &**function {
            "Condition" => {
                let name = argument.as_str().unwrap();
                let condition = &self.yaml.template["Conditions"][name];
                assert!(!condition.is_null(), "there is no condition {name}");
                self.holds(condition)
            }
            "Fn::Equals" => self.text(&argument[0]) == self.text(&argument[1]),
            "Fn::Not" => !self.holds(&argument[0]),
            "Fn::And" => list().all(|part| self.holds(part)),
            "Fn::Or" => list().any(|part| self.holds(part)),
            other => panic!("{other} is no condition"),
        }
    }

    fn text(&self, value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Object(entries) if entries.contains_key("Fn::Join") => {
                self.text(&value["Fn::Join"][1])
            }
            Value::Object(_) => {
                let name = value["Ref"].as_str().unwrap();
                let default = || self.yaml.template["Parameters"][name]["Default"].as_str();
                let chosen = self.parameters.get(name).map(String::as_str).or_else(default);
                chosen.unwrap_or_default().to_owned()
            }
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.parameters.iter().map(|(name, value)| format!("{name}={value}"));
        write!(f, "{}", settings.collect::<Vec<_>>().join(" "))
    }
}

/// The values that can make a difference: the allowed ones, or none and any.
fn values(parameter: &Value) -> Vec<String> {
    match parameter["AllowedValues"].as_array() {
        Some(allowed) => allowed.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => vec![String::new(), "given".to_owned()],
    }
}

fn named_conditions(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            let own = [entries.get("Condition"), entries.get("Fn::If").map(|chosen| &chosen[0])];
            found.extend(own.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
            entries.values().for_each(|below| named_conditions(below, found));
        }
        Value::Array(items) => items.iter().for_each(|item| named_conditions(item, found)),
        _ => {}
    }
}

fn parameters_of(yaml: &Yaml, condition: &Value, found: &mut BTreeSet<String>) {
    match condition {
        Value::Object(entries) => {
            found.extend(entries.get("Ref").and_then(Value::as_str).map(str::to_owned));
            let named = entries.get("Condition").and_then(Value::as_str);
            if let Some(named) = named {
                parameters_of(yaml, &yaml.template["Conditions"][named], found);
            }
            entries.values().for_each(|below| parameters_of(yaml, below, found));
        }
        Value::Array(items) => items.iter().for_each(|item| parameters_of(yaml, item, found)),
        _ => {}
    }
}

/// Adds what a function has from Globals. Its own settings take precedence; those with names are joined.
fn merge(own: &mut Value, globals: &Value) {
    let (Value::Object(own), Value::Object(globals)) = (own, globals) else { return };
    for (key, value) in globals {
        match own.get_mut(key) {
            Some(known) => merge(known, value),
            None => drop(own.insert(key.clone(), value.clone())),
        }
    }
}
