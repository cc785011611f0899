//! A watch of the functions' own, right or wrong.

use crate::shop::Error;
use stack::{gateway, tools};
use std::path::PathBuf;
use std::{fs, io};

/// What the functions take for the time; how long things take stays as it is.
#[derive(Debug)]
pub struct Watch {
    file: PathBuf,
}

impl Watch {
    /// Gives every function the watch, which is right until it is [`Watch::set`].
    pub(crate) fn give(functions: &mut gateway::Options) -> Result<Self, Error> {
        let watch = Self { file: functions.run.join("watch") };
        watch.set(0).map_err(Error::Watch)?;
        let library = tools::faketime()?;
        let told = [
            ("LD_PRELOAD", library.to_string_lossy().into_owned()),
            ("FAKETIME_TIMESTAMP_FILE", watch.file.to_string_lossy().into_owned()),
            // Looked at each time: the watch may be set while they run.
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ];
        functions.env.extend(told.map(|(name, value)| (name.to_owned(), value)));
        Ok(watch)
    }

    /// From now on it is so many minutes fast, or slow if negative.
    pub fn set(&self, minutes: i32) -> io::Result<()> {
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{minutes:+}m\n"))?;
        // In one step, for somebody may look at it right now.
        fs::rename(new, &self.file)
    }
}
