//! A clock of the functions that can be wrong, by way of libfaketime.

use crate::shop::Error;
use stack::gateway;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The system time of the functions. Their monotonic clock is not changed.
#[derive(Debug)]
pub struct FakeClock {
    file: PathBuf,
}

impl FakeClock {
    /// Makes every function load `library`. The time is right until [`FakeClock::set`] is called.
    pub(crate) fn install(functions: &mut gateway::Options, library: &Path) -> Result<Self, Error> {
        let clock = Self { file: functions.log_folder.join("fake-clock") };
        clock.set(0).map_err(Error::FakeClock)?;
        let variables = [
            ("LD_PRELOAD", library.to_string_lossy().into_owned()),
            ("FAKETIME_TIMESTAMP_FILE", clock.file.to_string_lossy().into_owned()),
            // Read the file for every call, since the offset may change while functions run.
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ];
        functions.env.extend(variables.map(|(name, value)| (name.to_owned(), value)));
        Ok(clock)
    }

    /// Sets how many minutes the clock is fast; slow if negative.
    pub fn set(&self, minutes: i32) -> io::Result<()> {
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{minutes:+}m\n"))?;
        // Replaced atomically, since functions may read it at any time.
        fs::rename(new, &self.file)
    }
}
