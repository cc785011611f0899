//! Parameters in the form encoding of Stripe's clients, such as `a[b][0]=c`, from a body or a query.

use super::{
    ApiError,
    amounts::{check_ceiling, is_currency},
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The metadata of an object, which the shop sets.
pub type Metadata = BTreeMap<String, String>;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Form(Map<String, Value>);

impl Form {
    pub(super) fn parse(text: &str) -> Self {
        let mut form = Map::new();
        // `Url` decodes pairs, plus signs and percent-encoding.
        let mut url = reqwest::Url::parse("http://form/").expect("the URL is a constant");
        url.set_query(Some(text));
        for (key, value) in url.query_pairs().filter(|(key, _)| !key.is_empty()) {
            let path: Vec<_> = key.split('[').map(|part| part.trim_end_matches(']')).collect();
            insert(&mut form, &path, &value);
        }
        Self(form)
    }

    /// The parameters with which a hosted page creates its payment intent.
    pub(super) fn payment(amount: i64, currency: &str, metadata: &Metadata) -> Self {
        let mut form = Map::new();
        form.insert("amount".to_owned(), amount.to_string().into());
        form.insert("currency".to_owned(), currency.into());
        form.insert("metadata".to_owned(), serde_json::json!(metadata));
        Self(form)
    }

    /// The parameters of a refund that was not created through the API.
    pub(super) fn refund(intent: &str, amount: Option<i64>) -> Self {
        let mut form = Map::new();
        form.insert("payment_intent".to_owned(), intent.into());
        if let Some(amount) = amount {
            form.insert("amount".to_owned(), amount.to_string().into());
        }
        Self(form)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    pub(super) fn owned(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    pub(super) fn required(&self, key: &str) -> Result<&str, ApiError> {
        self.text(key).ok_or_else(|| ApiError::missing_param(key))
    }

    pub(super) fn integer(&self, key: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(key) else {
            return Ok(None);
        };
        let number = text.parse().map_err(|_| {
            ApiError::invalid(format!("Invalid integer: {text}"))
                .code("parameter_invalid_integer")
                .param(key)
        })?;
        Ok(Some(number))
    }

    /// An amount in minor units, from 1 to the limit of cards.
    pub(super) fn amount(&self, key: &str) -> Result<Option<i64>, ApiError> {
        match self.integer(key)? {
            Some(amount) if amount < 1 => {
                Err(ApiError::invalid("This value must be greater than or equal to 1.")
                    .code("parameter_invalid_integer")
                    .param(key))
            }
            Some(amount) => check_ceiling(amount, key).map(|()| Some(amount)),
            None => Ok(None),
        }
    }

    pub(super) fn currency(&self) -> Result<String, ApiError> {
        let currency = self.required("currency")?.to_ascii_lowercase();
        if is_currency(&currency) {
            return Ok(currency);
        }
        Err(ApiError::invalid(format!("Invalid currency: {currency}.")).param("currency"))
    }

    pub(super) fn one_of(&self, key: &str, known: &[&str]) -> Result<Option<String>, ApiError> {
        match self.text(key) {
            Some(text) if !known.contains(&text) => {
                let known = known.join(", ");
                let message = format!("Invalid {key}: must be one of {known}");
                Err(ApiError::invalid(message).code("parameter_invalid_string").param(key))
            }
            text => Ok(text.map(str::to_owned)),
        }
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.text(key) == Some("true")
    }

    /// All parameters by their whole names, such as `line_items[0][quantity]`.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (key, value) in &self.0 {
            collect_pairs(key, value, &mut pairs);
        }
        pairs
    }

    /// The parameters below `key`; empty if there are none.
    pub(super) fn inner(&self, key: &str) -> Self {
        let inner = self.0.get(key).and_then(Value::as_object);
        Self(inner.cloned().unwrap_or_default())
    }

    /// The numbered groups of parameters below `key`.
    pub(super) fn groups(&self, key: &str) -> Vec<Self> {
        let inner = self.inner(key);
        inner.0.keys().map(|number| inner.inner(number)).collect()
    }

    /// The numbered values below `key`.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let inner = self.inner(key);
        let texts = inner.0.values().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    pub(super) fn metadata(&self) -> Result<Metadata, ApiError> {
        let mut metadata = Metadata::new();
        self.write_metadata(&mut metadata)?;
        Ok(metadata)
    }

    /// Merges the given metadata into `metadata`. An empty value removes its key.
    pub(super) fn write_metadata(&self, metadata: &mut Metadata) -> Result<(), ApiError> {
        let mut merged = metadata.clone();
        for (key, value) in self.inner("metadata").0 {
            let value = value.as_str().unwrap_or_default();
            if key.chars().count() > 40 || value.chars().count() > 500 {
                let message = "Metadata keys can have up to 40 characters, values up to 500.";
                return Err(ApiError::invalid(message)
                    .code("parameter_invalid_string")
                    .param("metadata"));
            }
            if value.is_empty() {
                merged.remove(&key);
            } else {
                merged.insert(key, value.to_owned());
            }
        }
        if merged.len() > 50 {
            return Err(ApiError::invalid("Metadata can have up to 50 keys.")
                .code("parameter_invalid_string")
                .param("metadata"));
        }
        *metadata = merged;
        Ok(())
    }
}

fn collect_pairs(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(inner) => {
            for (key, value) in inner {
                collect_pairs(&format!("{name}[{key}]"), value, pairs);
            }
        }
        value => {
            let text = value.as_str().unwrap_or_default();
            pairs.push((name.to_owned(), text.to_owned()));
        }
    }
}

fn insert(into: &mut Map<String, Value>, path: &[&str], text: &str) {
    let [key, rest @ ..] = path else { return };
    let key = if key.is_empty() {
        into.len().to_string() // `a[]=x` appends
    } else {
        (*key).to_owned()
    };
    if rest.is_empty() {
        into.insert(key, text.into());
        return;
    }
    let branch = into.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(branch) = branch {
        insert(branch, rest, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_become_a_tree() {
        let form = Form::parse("amount=5&metadata[order_id]=a%20b%26+c&line[0][n]=1&line[1][n]=2");

        assert_eq!(form.integer("amount"), Ok(Some(5)));
        assert_eq!(form.metadata().unwrap()["order_id"], "a b& c");
        let lines = form.groups("line");
        assert_eq!(lines[1].text("n"), Some("2"));
    }

    #[test]
    fn empty_brackets_append() {
        let form = Form::parse("expand[]=a&expand[]=b");

        assert_eq!(form.texts("expand"), ["a", "b"]);
    }

    #[test]
    fn the_order_of_parameters_does_not_matter() {
        assert_eq!(Form::parse("a=1&b[c]=2"), Form::parse("b[c]=2&a=1"));
    }

    #[test]
    fn an_empty_value_removes_its_metadata() {
        let mut metadata = Metadata::from([("a".to_owned(), "1".to_owned())]);

        let form = Form::parse("metadata[a]=&metadata[b]=2");
        form.write_metadata(&mut metadata).unwrap();

        assert_eq!(metadata, Metadata::from([("b".to_owned(), "2".to_owned())]));
    }
}
