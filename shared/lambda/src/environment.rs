//! Environment variables and the clock: the only module that reads either.

use lambda_http::Error;
use time::OffsetDateTime;

/// The settings of this process. A required variable that is missing or malformed gives an error that names it.
#[derive(Clone, Debug, Default)]
pub struct Config;

/// Where a function gets the current time from. Tests have their own.
#[derive(Clone, Copy, Debug)]
pub struct Clock(pub fn() -> OffsetDateTime);

impl Clock {
    pub fn now(self) -> OffsetDateTime {
        self.0()
    }
}

impl Config {
    pub fn from_env() -> Self {
        Self
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn clock(&self) -> Clock {
        Clock(OffsetDateTime::now_utc)
    }

    /// The value of a variable; none if it is unset or empty.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn optional(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// The value of a variable. Errs if it is unset or empty.
    pub fn required(&self, name: &str) -> Result<String, Error> {
        Ok(self
            .optional(name)
            .ok_or_else(|| format!("{name} is not set; the README lists every variable"))?)
    }

    /// A required `http` or `https` URL.
    pub fn url(&self, name: &str) -> Result<String, Error> {
        let url = self.required(name)?;
        let is_url = url.starts_with("https://") || url.starts_with("http://");
        if is_url { Ok(url) } else { Err(format!("{name} is a URL, not {url}").into()) }
    }

    /// A required variable that is `true` or `false`.
    pub fn flag(&self, name: &str) -> Result<bool, Error> {
        let value = self.required(name)?;
        Ok(value.parse().map_err(|_| format!("{name} is true or false"))?)
    }

    /// A required email address. Checks only that there is text on both sides of an `@`.
    pub fn mail_address(&self, name: &str) -> Result<String, Error> {
        let address = self.required(name)?;
        let is_address = address
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        if is_address {
            Ok(address)
        } else {
            Err(format!("{name} is a mail address, not {address}").into())
        }
    }
}
