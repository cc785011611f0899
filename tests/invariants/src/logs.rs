//! Checks of the logs of the functions: no secrets, and no failures but the expected ones.

use crate::AuditReport;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::{
    fs,
    path::{Path, PathBuf},
};

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

/// Reads the logs of all functions in a folder, each line once.
#[derive(Clone, Debug)]
pub struct LogReader {
    folder: PathBuf,
    /// How many bytes of each file were read.
    read: BTreeMap<PathBuf, u64>,
}

impl LogReader {
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), read: BTreeMap::new() }
    }

    /// The lines since the last call, each with the name of its function. A line that is still being written comes later.
    pub fn new_lines(&mut self) -> io::Result<Vec<(String, String)>> {
        let mut lines = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            // Functions have their logical ids, which are capitalised.
            let is_function = name.starts_with(char::is_uppercase);
            if !is_function || path.extension().is_none_or(|extension| extension != "log") {
                continue;
            }
            let mut file = fs::File::open(&path)?;
            let read = self.read.entry(path).or_default();
            file.seek(SeekFrom::Start(*read))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            *read += u64::try_from(end).unwrap_or(u64::MAX);
            let text = String::from_utf8_lossy(&bytes[..end]);
            lines.extend(text.lines().map(|line| (name.clone(), line.to_owned())));
        }
        Ok(lines)
    }
}

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
        Ok(Self { lines: LogReader::of(folder).new_lines()?, ..Self::default() })
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
