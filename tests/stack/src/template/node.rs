//! One place of the YAML tree: knows its path for errors, and reads `CloudFormation`'s tags and their long forms.

use super::Error;
use serde_yaml_ng::{Mapping, Value};

#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    root: &'a Value,
    value: &'a Value,
    place: String,
}

impl<'a> Node<'a> {
    pub(super) fn root(root: &'a Value) -> Self {
        Self { root, value: root, place: String::new() }
    }

    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.as_mapping()?.get(key).filter(|value| !value.is_null())?;
        Some(self.below(key, value))
    }

    pub(super) fn need(&self, key: &str, expected: &'static str) -> Result<Self, Error> {
        let place = self.path_of(key);
        self.get(key).ok_or(Error::Shape { place, expected, found: "nothing".to_owned() })
    }

    pub(super) fn entries(&self) -> Result<Vec<(String, Self)>, Error> {
        let mapping = self.value.as_mapping().ok_or_else(|| self.wrong("names with values"))?;
        let mut entries = Vec::new();
        for (key, value) in mapping {
            let key = key.as_str().ok_or_else(|| self.wrong("names that are text"))?;
            entries.push((key.to_owned(), self.below(key, value)));
        }
        Ok(entries)
    }

    pub(super) fn items(&self) -> Result<Vec<Self>, Error> {
        let items = self.value.as_sequence().ok_or_else(|| self.wrong("a list"))?;
        Ok(items.iter().enumerate().map(|(i, item)| self.below(&i.to_string(), item)).collect())
    }

    /// A text; a reference to a parameter stands for the parameter's default.
    pub(super) fn text(&self) -> Result<String, Error> {
        match self.settled() {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            _ => Err(self.wrong("text")),
        }
    }

    pub(super) fn number<T: TryFrom<u64>>(&self) -> Result<T, Error> {
        let number = match self.settled() {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| self.wrong("a whole number"))
    }

    pub(super) fn flag(&self) -> Result<bool, Error> {
        match self.settled() {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) => text.parse().map_err(|_| self.wrong("true or false")),
            _ => Err(self.wrong("true or false")),
        }
    }

    /// The logical id in `!Ref X`, `!GetAtt X.Arn` or a long form of these.
    pub(super) fn target(&self) -> Result<String, Error> {
        let wrong = || self.wrong("!GetAtt <Resource>.Arn or !Ref <Resource>");
        let (function, argument) = self.call().ok_or_else(wrong)?;
        let name = match (function, argument) {
            ("Ref", Value::String(name)) => Some(name.as_str()),
            ("GetAtt", Value::String(path)) => path.split('.').next(),
            ("GetAtt", Value::Sequence(words)) => words.first().and_then(Value::as_str),
            _ => None,
        };
        name.map(str::to_owned).ok_or_else(wrong)
    }

    pub(super) fn wrong(&self, expected: &'static str) -> Error {
        let found = match self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::String(text) => format!("{text:?}"),
            Value::Sequence(_) => "a list".to_owned(),
            Value::Mapping(_) => "names with values".to_owned(),
            Value::Tagged(tagged) => format!("{} …", tagged.tag),
        };
        Error::Shape { place: self.place.clone(), expected, found }
    }

    fn settled(&self) -> &'a Value {
        let Some(("Ref", Value::String(parameter))) = self.call() else { return self.value };
        let default = self
            .root
            .get("Parameters")
            .and_then(|parameters| parameters.get(parameter.as_str()))
            .and_then(|parameter| parameter.get("Default"));
        default.unwrap_or(self.value)
    }

    /// An intrinsic function with its argument: `!Ref X`, `{Ref: X}` and `{"Fn::GetAtt": [X, Arn]}` alike.
    fn call(&self) -> Option<(&'a str, &'a Value)> {
        match self.value {
            Value::Tagged(tagged) => Some((tag_name(&tagged.tag)?, &tagged.value)),
            Value::Mapping(mapping) => long_form(mapping),
            _ => None,
        }
    }

    fn below(&self, key: &str, value: &'a Value) -> Self {
        Self { root: self.root, value, place: self.path_of(key) }
    }

    fn path_of(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }
}

/// A tag does not lend its text, so the ones that matter are named here.
fn tag_name(tag: &serde_yaml_ng::value::Tag) -> Option<&'static str> {
    ["Ref", "GetAtt", "Sub"].into_iter().find(|name| tag == name)
}

fn long_form(mapping: &Mapping) -> Option<(&str, &Value)> {
    let (key, argument) = mapping.iter().next().filter(|_| mapping.len() == 1)?;
    let key = key.as_str()?;
    matches!(key, "Ref" | "Fn::GetAtt" | "Fn::Sub")
        .then(|| (key.trim_start_matches("Fn::"), argument))
}
