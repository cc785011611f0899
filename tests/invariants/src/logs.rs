//! Checks of the logs of the functions: no secrets, and no failures but the expected ones.

use crate::AuditReport;
use serde_json::Value;
use std::{fs, io, path::Path};

/// Text that must not be in any log.
const KNOWN_SECRETS: [&str; 8] = [
    "Bearer ",
    "eyJ",
    "_secret_",
    "whsec_",
    "sk_test_",
    "$argon2id$",
    "postgres://",
    "We have your order",
];

/// The log lines of all functions, and what they may contain.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    /// The function and the line.
    lines: Vec<(String, String)>,
    secrets: Vec<String>,
    /// Parts of the expected failures; none if every failure is accepted.
    failures: Option<Vec<String>>,
}

impl Logs {
    /// Reads the logs of all functions in a folder, which also has the logs of the servers.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut lines = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            // Functions have their logical ids, which are capitalised.
            let is_function = name.starts_with(char::is_uppercase);
            if is_function && path.extension().is_some_and(|extension| extension == "log") {
                let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
                lines.extend(text.lines().map(|line| (name.clone(), line.to_owned())));
            }
        }
        Ok(Self { lines, ..Self::default() })
    }

    /// The given lines, each with the name of its function.
    pub fn of(lines: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { lines: lines.into_iter().collect(), ..Self::default() }
    }

    /// Further text that must not be in any log.
    #[must_use]
    pub fn without_secrets(mut self, secrets: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.secrets.extend(secrets.into_iter().map(Into::into));
        self
    }

    /// Every logged failure must contain one of these texts.
    #[must_use]
    pub fn expecting_failures(self, texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { failures: Some(texts.into_iter().map(Into::into).collect()), ..self }
    }

    /// The lines, each with the name of its function.
    pub fn lines(&self) -> &[(String, String)] {
        &self.lines
    }

    /// Whether there is a line with this text and this dedupe key, which is followed by a colon and the reason.
    pub(crate) fn contain(&self, text: &str, key: &str) -> bool {
        let key = format!("{key}: ");
        self.lines.iter().any(|(_, line)| line.contains(text) && line.contains(&key))
    }

    pub(crate) fn check(&self, report: &mut AuditReport) {
        for (function, line) in &self.lines {
            let secrets = self.secrets.iter().map(String::as_str);
            if let Some(secret) =
                KNOWN_SECRETS.into_iter().chain(secrets).find(|it| line.contains(it))
            {
                report.lost("I10", format!("{function} tells {secret:?}: {line}"));
            }
            let Some(expected) = &self.failures else { continue };
            let parsed: Option<Value> = serde_json::from_str(line).ok();
            let is_failure = parsed.is_none_or(|parsed| parsed["level"] == "ERROR");
            if is_failure && !expected.iter().any(|part| line.contains(part)) {
                report.lost("I9", format!("{function} fails unexpectedly: {line}"));
            }
        }
    }
}
