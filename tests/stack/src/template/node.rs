//! A node of the YAML tree with its path, for error messages. Reads intrinsic functions of `CloudFormation` as tags
//! (`!Ref X`) and in their long form (`{Ref: X}`).

use super::Error;
use serde_yaml_ng::{Mapping, Value};

#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    root: &'a Value,
    value: &'a Value,
    location: String,
}

impl<'a> Node<'a> {
    pub(super) fn root(root: &'a Value) -> Self {
        Self { root, value: root, location: String::new() }
    }

    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.as_mapping()?.get(key).filter(|value| !value.is_null())?;
        Some(self.child(key, value))
    }

    pub(super) fn need(&self, key: &str, expected: &'static str) -> Result<Self, Error> {
        let location = self.path_of(key);
        self.get(key).ok_or(Error::Shape { location, expected, found: "nothing".to_owned() })
    }

    pub(super) fn entries(&self) -> Result<Vec<(String, Self)>, Error> {
        let mapping =
            self.value.as_mapping().ok_or_else(|| self.unexpected("names with values"))?;
        let mut entries = Vec::new();
        for (key, value) in mapping {
            let key = key.as_str().ok_or_else(|| self.unexpected("names that are text"))?;
            entries.push((key.to_owned(), self.child(key, value)));
        }
        Ok(entries)
    }

    pub(super) fn items(&self) -> Result<Vec<Self>, Error> {
        let items = self.value.as_sequence().ok_or_else(|| self.unexpected("a list"))?;
        Ok(items.iter().enumerate().map(|(i, item)| self.child(&i.to_string(), item)).collect())
    }

    /// A scalar as text. A reference to a parameter is replaced by the parameter's default.
    pub(super) fn text(&self) -> Result<String, Error> {
        match self.resolved() {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            _ => Err(self.unexpected("text")),
        }
    }

    pub(super) fn number<T: TryFrom<u64>>(&self) -> Result<T, Error> {
        let number = match self.resolved() {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| self.unexpected("a whole number"))
    }

    pub(super) fn flag(&self) -> Result<bool, Error> {
        match self.resolved() {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) => text.parse().map_err(|_| self.unexpected("true or false")),
            _ => Err(self.unexpected("true or false")),
        }
    }

    /// The logical id in `!Ref X` or `!GetAtt X.Arn`.
    pub(super) fn logical_id(&self) -> Result<String, Error> {
        let unexpected = || self.unexpected("!GetAtt <Resource>.Arn or !Ref <Resource>");
        let (function, argument) = self.intrinsic().ok_or_else(unexpected)?;
        let name = match (function, argument) {
            ("Ref", Value::String(name)) => Some(name.as_str()),
            ("GetAtt", Value::String(path)) => path.split('.').next(),
            ("GetAtt", Value::Sequence(words)) => words.first().and_then(Value::as_str),
            _ => None,
        };
        name.map(str::to_owned).ok_or_else(unexpected)
    }

    pub(super) fn unexpected(&self, expected: &'static str) -> Error {
        let found = match self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::String(text) => format!("{text:?}"),
            Value::Sequence(_) => "a list".to_owned(),
            Value::Mapping(_) => "names with values".to_owned(),
            Value::Tagged(tagged) => format!("{} …", tagged.tag),
        };
        Error::Shape { location: self.location.clone(), expected, found }
    }

    /// The value, or the default of the parameter that it refers to. Of an `!If`, what holds if its condition does.
    fn resolved(&self) -> &'a Value {
        if let Some(("If", Value::Sequence(branches))) = self.intrinsic() {
            return branches.get(1).map_or(self.value, |value| self.child("If", value).resolved());
        }
        let Some(("Ref", Value::String(parameter))) = self.intrinsic() else { return self.value };
        let default = self
            .root
            .get("Parameters")
            .and_then(|parameters| parameters.get(parameter.as_str()))
            .and_then(|parameter| parameter.get("Default"));
        default.unwrap_or(self.value)
    }

    /// The name and the argument of an intrinsic function: `!Ref X`, `{Ref: X}` or `{"Fn::GetAtt": [X, Arn]}`.
    fn intrinsic(&self) -> Option<(&'a str, &'a Value)> {
        match self.value {
            Value::Tagged(tagged) => Some((tag_name(&tagged.tag)?, &tagged.value)),
            Value::Mapping(mapping) => long_form(mapping),
            _ => None,
        }
    }

    fn child(&self, key: &str, value: &'a Value) -> Self {
        Self { root: self.root, value, location: self.path_of(key) }
    }

    fn path_of(&self, key: &str) -> String {
        if self.location.is_empty() { key.to_owned() } else { format!("{}.{key}", self.location) }
    }
}

/// `Tag` offers comparison only, not its text.
fn tag_name(tag: &serde_yaml_ng::value::Tag) -> Option<&'static str> {
    ["Ref", "GetAtt", "Sub", "If"].into_iter().find(|name| tag == name)
}

fn long_form(mapping: &Mapping) -> Option<(&str, &Value)> {
    let (key, argument) = mapping.iter().next().filter(|_| mapping.len() == 1)?;
    let key = key.as_str()?;
    matches!(key, "Ref" | "Fn::GetAtt" | "Fn::Sub" | "Fn::If")
        .then(|| (key.trim_start_matches("Fn::"), argument))
}
