//! What the functions wrote: no secret, and no failure but those that a case brings about.

use crate::Found;
use serde_json::Value;
use std::{fs, io, path::Path};

/// Never to be read in a log, whoever the shop's people are.
const SECRETS: [&str; 8] = [
    "Bearer ",
    "eyJ",
    "_secret_",
    "whsec_",
    "sk_test_",
    "$argon2id$",
    "postgres://",
    "We have your order",
];

/// The lines of all functions, and what is to be made of them.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    /// Each with the name of its function.
    lines: Vec<(String, String)>,
    canaries: Vec<String>,
    /// Parts of what failures say; none if every failure is fine.
    failures: Option<Vec<String>>,
}

impl Logs {
    /// Reads all logs of functions in a folder. The servers around them write logs of their own there.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut lines = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            // A function is called as in the template.
            let is_function = name.starts_with(char::is_uppercase);
            if is_function && path.extension().is_some_and(|end| end == "log") {
                let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
                lines.extend(text.lines().map(|line| (name.clone(), line.to_owned())));
            }
        }
        Ok(Self { lines, ..Self::default() })
    }

    /// Lines at hand, each with the name of its function.
    pub fn of(lines: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { lines: lines.into_iter().collect(), ..Self::default() }
    }

    /// Besides what nobody's logs may tell.
    #[must_use]
    pub fn without(mut self, canaries: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.canaries.extend(canaries.into_iter().map(Into::into));
        self
    }

    /// Every failure that is written down holds one of these.
    #[must_use]
    pub fn failing_only(self, with: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { failures: Some(with.into_iter().map(Into::into).collect()), ..self }
    }

    /// The lines, each with the name of its function.
    pub fn lines(&self) -> &[(String, String)] {
        &self.lines
    }

    pub(crate) fn say(&self, what: &str, about: &str) -> bool {
        // The key of a mail is followed by the reason.
        let about = format!("{about}: ");
        self.lines.iter().any(|(_, line)| line.contains(what) && line.contains(&about))
    }

    pub(crate) fn look(&self, found: &mut Found) {
        for (function, line) in &self.lines {
            let canaries = self.canaries.iter().map(String::as_str);
            if let Some(secret) = SECRETS.into_iter().chain(canaries).find(|it| line.contains(it)) {
                found.lost("I10", format!("{function} tells {secret:?}: {line}"));
            }
            let Some(expected) = &self.failures else { continue };
            let said: Option<Value> = serde_json::from_str(line).ok();
            let is_failure = said.is_none_or(|said| said["level"] == "ERROR");
            if is_failure && !expected.iter().any(|part| line.contains(part)) {
                found.lost("I9", format!("{function} fails unexpectedly: {line}"));
            }
        }
    }
}
