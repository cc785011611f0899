//! How an order left the shop. Pure.

use crate::failure::Invalid;
use crate::text;

/// Who carries an order, and where its way can be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    pub(super) carrier: String,
    pub(super) tracking_number: Option<String>,
    pub(super) tracking_url: Option<String>,
}

impl Shipment {
    pub fn parse(
        carrier: &str,
        tracking_number: Option<&str>,
        tracking_url: Option<&str>,
    ) -> Result<Self, Invalid> {
        let number = tracking_number.map(|raw| text::line("/tracking_number", raw, 100));
        Ok(Self {
            carrier: text::line("/carrier", carrier, 100)?,
            tracking_number: number.transpose()?,
            tracking_url: tracking_url.map(secure_link).transpose()?,
        })
    }

    /// As it was kept: parsed once, and not again.
    pub(super) fn kept(
        carrier: String,
        tracking_number: Option<String>,
        tracking_url: Option<String>,
    ) -> Self {
        Self { carrier, tracking_number, tracking_url }
    }

    pub fn carrier(&self) -> &str {
        &self.carrier
    }

    pub fn tracking_number(&self) -> Option<&str> {
        self.tracking_number.as_deref()
    }

    pub fn tracking_url(&self) -> Option<&str> {
        self.tracking_url.as_deref()
    }
}

/// An address that can be put into a mail: https, a host without a user before it, and nothing that needs quoting.
fn secure_link(raw: &str) -> Result<String, Invalid> {
    let rest = raw.strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_host = host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c));
    let is_plain = raw.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\^`{|}".contains(&b));
    if is_host && is_plain && raw.len() <= 500 {
        return Ok(raw.to_owned());
    }
    let detail = "must be an https:// address of at most 500 characters";
    Err(Invalid::new("/tracking_url", "bad_link", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_somewhere_safe() {
        for good in ["https://dhl.example/track?id=1&x=%20#top", "https://a.b:8443/"] {
            assert!(secure_link(good).is_ok(), "{good}");
        }
        for bad in [
            "http://dhl.example/",
            "https://",
            "https:///track",
            "https://dhl.example@evil.example/",
            "https://dhl.example/a b",
            "https://dhl.example/\"onclick",
            "javascript:alert(1)",
            "",
            &format!("https://a.example/{}", "x".repeat(500)),
        ] {
            assert_eq!(secure_link(bad).unwrap_err().code, "bad_link", "{bad}");
        }
    }
}
