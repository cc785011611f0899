//! What Stripe remembers under an `Idempotency-Key`.

use super::{Refused, form::Form};
use serde_json::Value;
use std::collections::HashMap;

/// A status and a body, as first answered.
pub(super) type Answer = (u16, Value);

#[derive(Default)]
pub(super) struct Keys(HashMap<String, Kept>);

struct Kept {
    path: String,
    form: Form,
    answer: Answer,
}

impl Keys {
    pub(super) fn recall(
        &self,
        key: &str,
        path: &str,
        form: &Form,
    ) -> Result<Option<Answer>, Refused> {
        match self.0.get(key) {
            Some(kept) if kept.path == path && kept.form == *form => Ok(Some(kept.answer.clone())),
            Some(_) => Err(Refused::other_params(key)),
            None => Ok(None),
        }
    }

    pub(super) fn keep(&mut self, key: &str, path: &str, form: &Form, answer: Answer) {
        let (path, form) = (path.to_owned(), form.clone());
        self.0.insert(key.to_owned(), Kept { path, form, answer });
    }
}
