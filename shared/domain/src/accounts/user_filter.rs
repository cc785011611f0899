//! Which accounts a list shows. Pure.

use super::Role;
use crate::failure::Invalid;

/// Which accounts to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    pub(super) role: Option<Role>,
    /// Prefix of the normalized address.
    pub(super) address: Option<String>,
}

impl UserFilter {
    /// `address` is a prefix of the email address; a blank one matches all.
    pub fn new(role: Option<Role>, address: Option<&str>) -> Result<Self, Invalid> {
        let address = address.map(str::trim).filter(|text| !text.is_empty());
        if address
            .is_some_and(|text| text.len() > 254 || !text.bytes().all(|b| b.is_ascii_graphic()))
        {
            let detail = "must be the beginning of an email address: at most 254 ASCII characters";
            return Err(Invalid::new("q", "bad_email", detail));
        }
        Ok(Self { role, address: address.map(str::to_ascii_lowercase) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_looked_for_as_it_is_compared() {
        let prefix = |text| UserFilter::new(None, text).map(|filter| filter.address);

        assert_eq!(prefix(Some(" Ann@Ex ")), Ok(Some("ann@ex".to_owned())));
        assert_eq!((prefix(None), prefix(Some(" "))), (Ok(None), Ok(None)));
        for bad in ["ann\0", "änn", "a b", &"a".repeat(255)] {
            assert_eq!(prefix(Some(bad)).unwrap_err().code, "bad_email", "{bad}");
        }
    }
}
