//! How an order was shipped. Pure.

use crate::failure::Invalid;
use crate::text;

/// The carrier of an order and its tracking data.
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

    /// As it was stored: parsed once, and not again.
    pub(super) fn from_stored(
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

/// A link that is safe in an email: https, a host without user information, and no character that needs quoting.
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
    fn a_shipment_is_known_by_its_carrier_and_what_else_is_known_of_it() {
        let link = "https://dhl.example/track";
        let known = Shipment::parse("DHL", Some("JD01"), Some(link)).unwrap();
        let bare = Shipment::parse("DHL", None, None).unwrap();
        let kept =
            Shipment::from_stored("DHL".to_owned(), Some("JD01".to_owned()), Some(link.to_owned()));

        assert_eq!((known.carrier(), known.tracking_number()), ("DHL", Some("JD01")));
        assert_eq!((known.tracking_url(), &known), (Some(link), &kept));
        assert_eq!(
            (bare.carrier(), bare.tracking_number(), bare.tracking_url()),
            ("DHL", None, None)
        );
    }

    #[test]
    fn what_is_wrong_with_a_shipment_is_said_where_it_stands() {
        let long = "x".repeat(101);
        for (carrier, number, link, pointer) in [
            ("", None, None, "/carrier"),
            (&*long, None, None, "/carrier"),
            ("DHL", Some(&*long), None, "/tracking_number"),
            ("DHL", None, Some("http://dhl.example/"), "/tracking_url"),
        ] {
            let wrong = Shipment::parse(carrier, number, link).unwrap_err();
            assert_eq!(wrong.pointer, pointer, "{carrier} {number:?} {link:?}");
        }
    }

    #[test]
    fn a_link_leads_somewhere_safe() {
        let start = "https://a.example/";
        let longest = format!("{start}{}", "x".repeat(500 - start.len()));
        for good in ["https://dhl.example/track?id=1&x=%20#top", "https://a.b:8443/", &longest] {
            assert_eq!(secure_link(good).as_deref(), Ok(good));
        }
        for bad in [
            "http://dhl.example/",
            "https://",
            "https:///track",
            "https://-a.example/",
            "https://a_b.example/",
            "https://dhl.example@evil.example/",
            "https://dhl.example/a b",
            "https://dhl.example/\"onclick",
            "javascript:alert(1)",
            "",
            &format!("{longest}x"),
        ] {
            assert_eq!(secure_link(bad).unwrap_err().code, "bad_link", "{bad}");
        }
    }
}
