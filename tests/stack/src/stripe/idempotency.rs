//! Responses that Stripe stores under an `Idempotency-Key`.

use super::{ApiError, form::Form};
use serde_json::Value;
use std::collections::HashMap;

/// The status and the body of the first response.
pub(super) type StatusAndBody = (u16, Value);

/// In seconds.
const LIFETIME: i64 = 24 * 60 * 60;

#[derive(Default)]
pub(super) struct IdempotencyKeys(HashMap<String, StoredResponse>);

struct StoredResponse {
    path: String,
    form: Form,
    /// When it ends, in seconds since the epoch.
    ends: i64,
    response: StatusAndBody,
}

impl IdempotencyKeys {
    /// The stored response. Fails if the key was used with another path or other parameters.
    pub(super) fn get(
        &self,
        key: &str,
        path: &str,
        form: &Form,
        now: i64,
    ) -> Result<Option<StatusAndBody>, ApiError> {
        match self.0.get(key).filter(|stored| now < stored.ends) {
            Some(stored) if stored.path == path && stored.form == *form => {
                Ok(Some(stored.response.clone()))
            }
            Some(_) => Err(ApiError::other_params(key)),
            None => Ok(None),
        }
    }

    pub(super) fn store(
        &mut self,
        key: &str,
        path: &str,
        form: &Form,
        now: i64,
        response: StatusAndBody,
    ) {
        let (path, form) = (path.to_owned(), form.clone());
        self.0
            .insert(key.to_owned(), StoredResponse { path, form, ends: now + LIFETIME, response });
    }
}
