//! How a buyer begins to pay: on a page of the shop's or of Stripe's, by one payment at a time. Pure.

use crate::failure::Invalid;
use crate::id::{OrderId, PaymentId};
use crate::money::Money;
use crate::ordering::HOLD_SECONDS;
use time::OffsetDateTime;

/// How a buyer wants to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// On a page of the shop's, with a PaymentIntent.
    Intent,
    /// On a page of Stripe's, a Checkout Session.
    Checkout(ReturnUrls),
}

/// Where Stripe's page sends the buyer: when it is paid, and when they turn back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnUrls {
    pub(super) success: String,
    pub(super) cancel: String,
}

/// A page of Stripe's on which a payment is made. What it was asked for with stays, so that asking again asks for the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    pub success_url: String,
    pub cancel_url: String,
    pub expires_at: OffsetDateTime,
    /// Stripe's id of the session, once it told us.
    pub session: Option<String>,
}

/// A payment through which Stripe may take money, now or later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    pub id: PaymentId,
    pub order: OrderId,
    pub amount: Money,
    /// Stripe's id of the PaymentIntent, once it told us.
    pub provider: Option<String>,
    /// The page of Stripe's on which it is made, if it is not made on one of the shop's.
    pub checkout: Option<Checkout>,
    /// The buyer chose another way meanwhile, or Stripe would open its page no more.
    pub is_stale: bool,
}

/// What comes of the wish to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Pay by this one.
    Open(Open),
    /// The order was begun to be paid another way: have Stripe let go of that payment, tell [`hear`](super::hear), start again.
    InTheWay(Open),
}

/// How often an order may be begun to be paid: each time holds its stock anew.
pub(super) const MOST_TRIES: i64 = 10;

/// How long a page stays open, and the order's stock is held for it. Stripe wants at least 30 minutes, counted from
/// when the wish reaches it; the rest is for wishes that have to be repeated.
pub(super) const CHECKOUT_SECONDS: i32 = 35 * 60;

const MOST_CHARACTERS: usize = 2000;

impl Way {
    pub(super) fn hold_seconds(&self) -> i32 {
        match self {
            Self::Intent => HOLD_SECONDS,
            Self::Checkout(_) => CHECKOUT_SECONDS,
        }
    }
}

impl Open {
    /// Whether it is one for a page of Stripe's if that is wanted, and one for the shop's if not.
    pub(super) fn goes(&self, way: &Way) -> bool {
        self.checkout.is_some() == matches!(way, Way::Checkout(_)) && !self.is_stale
    }

    /// Whether Stripe told us that it took the payment on.
    pub fn is_known(&self) -> bool {
        let checkout = self.checkout.as_ref();
        self.provider.is_some() || checkout.is_some_and(|checkout| checkout.session.is_some())
    }
}

impl ReturnUrls {
    pub fn parse(success: &str, cancel: &str) -> Result<Self, Invalid> {
        Ok(Self { success: page("/success_url", success)?, cancel: page("/cancel_url", cancel)? })
    }
}

/// An address that a browser can be sent to without anybody reading along. Stripe fills in `{CHECKOUT_SESSION_ID}`.
fn page(pointer: &str, raw: &str) -> Result<String, Invalid> {
    let is_plain = raw.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\^`|".contains(&b));
    if is_plain && raw.len() <= MOST_CHARACTERS && is_private(raw) {
        return Ok(raw.to_owned());
    }
    let detail = format!(
        "must be an https:// address, or an http:// address of localhost, of at most {MOST_CHARACTERS} characters"
    );
    Err(Invalid::new(pointer, "bad_link", detail))
}

fn is_private(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) =
        place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
    let is_host = host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let is_own = ["localhost", "127.0.0.1"].contains(&host);
    is_host && is_port && (scheme == "https" || (scheme == "http" && is_own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn a_buyer_is_sent_to_safe_places_only() {
        for good in [
            "https://shop.example",
            "https://shop.example/paid?session={CHECKOUT_SESSION_ID}#top",
            "https://shop.example:8443/",
            "http://localhost:3000/paid",
            "http://127.0.0.1/",
        ] {
            assert_eq!(page("/success_url", good).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "shop.example/paid",
            "http://shop.example/",
            "http://localhost.evil.example/",
            "https://",
            "https:///paid",
            "https://shop.example@evil.example/",
            "https://shop.example:port/",
            "https://shop.example:0/",
            "https://shop.example/a b",
            "https://shop.example/\r\nLocation:x",
            "javascript:alert(1)",
            &format!("https://shop.example/{}", "x".repeat(2000)),
        ] {
            let no = page("/cancel_url", bad).unwrap_err();
            assert_eq!((no.pointer.as_str(), no.code), ("/cancel_url", "bad_link"), "{bad}");
        }
    }

    fn hosted(session: Option<&str>) -> Checkout {
        Checkout {
            success_url: "https://shop.example/paid".to_owned(),
            cancel_url: "https://shop.example/basket".to_owned(),
            expires_at: OffsetDateTime::UNIX_EPOCH,
            session: session.map(str::to_owned),
        }
    }

    fn open(checkout: Option<Checkout>, provider: Option<&str>, is_stale: bool) -> Open {
        let (id, order) = (PaymentId::generate(), OrderId::generate());
        let amount = Money { minor: 1, currency: Currency::EUR };
        Open { id, order, amount, provider: provider.map(str::to_owned), checkout, is_stale }
    }

    #[test]
    fn a_payment_goes_on_only_the_way_it_began_and_while_it_is_fresh() {
        let page = "https://shop.example/";
        let checkout = Way::Checkout(ReturnUrls::parse(page, page).unwrap());
        for (began, intent, page) in [
            (open(None, None, false), true, false),
            (open(Some(hosted(None)), None, false), false, true),
            (open(None, None, true), false, false),
            (open(Some(hosted(None)), None, true), false, false),
        ] {
            assert_eq!((began.goes(&Way::Intent), began.goes(&checkout)), (intent, page));
        }
        assert_eq!((Way::Intent.hold_seconds(), checkout.hold_seconds()), (1800, 2100));
    }

    #[test]
    fn a_payment_is_known_once_stripe_named_it_or_its_page() {
        assert!(!open(None, None, false).is_known());
        assert!(!open(Some(hosted(None)), None, false).is_known());
        assert!(open(None, Some("pi_1"), false).is_known());
        assert!(open(Some(hosted(Some("cs_1"))), None, false).is_known());
    }
}
