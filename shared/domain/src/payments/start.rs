//! How a payment is started: on the shop's page or on Stripe's, one payment at a time. Pure.

use crate::failure::Invalid;
use crate::id::{OrderId, PaymentId};
use crate::money::Money;
use crate::viewer::Buyer;
use time::OffsetDateTime;

/// Where the buyer pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentFlow {
    /// On the shop's page, with a PaymentIntent.
    Intent,
    /// On Stripe's page, with a Checkout Session.
    HostedPage(ReturnUrls),
}

/// Where Stripe's page redirects the buyer after paying, and after leaving without paying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnUrls {
    pub(super) success: String,
    pub(super) cancel: String,
}

/// A Checkout Session of Stripe's. Its parameters are stored, so that a repeated request is identical.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedPage {
    pub success_url: String,
    pub cancel_url: String,
    pub expires_at: OffsetDateTime,
    /// Stripe's id of the session, once it is known.
    pub session: Option<String>,
}

/// A payment that is not final: it may still be captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPayment {
    pub id: PaymentId,
    pub order: OrderId,
    pub amount: Money,
    /// Stripe's id of the PaymentIntent, once it is known.
    pub provider: Option<String>,
    /// Stripe's page, if it is not paid on the shop's.
    pub hosted_page: Option<HostedPage>,
    /// The buyer switched to the other flow, or Stripe's page expires too soon to be opened.
    pub is_stale: bool,
    /// Whether it may be paid by voucher, if the shop offers any: the stock is reserved for days then.
    pub vouchers: bool,
}

/// What to do next after a request to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartOutcome {
    /// Pay this one.
    Ready(OpenPayment),
    /// Another payment is in the way: cancel it at Stripe, apply the update, then start again.
    CancelFirst(OpenPayment),
}

/// How many payments an order of this buyer may have: each one extends the time that its stock is reserved.
pub(crate) const fn max_attempts(buyer: &Buyer) -> i64 {
    if buyer.is_proven { 10 } else { 3 }
}

/// How long Stripe's page stays open, and the stock is reserved for it. Stripe requires at least 30 minutes from when
/// the request arrives; the rest is for requests that have to be repeated.
pub(super) const HOSTED_PAGE_SECONDS: i32 = 35 * 60;

const MAX_URL_LENGTH: usize = 2000;

impl PaymentFlow {
    /// How long the stock of the order is reserved from the start of the payment; `order_seconds` is the time of an order
    /// that nobody has started to pay.
    pub(crate) fn hold_seconds(&self, order_seconds: i32) -> i32 {
        match self {
            Self::Intent => order_seconds,
            Self::HostedPage(_) => HOSTED_PAGE_SECONDS,
        }
    }
}

impl OpenPayment {
    /// Whether it can be paid by this flow.
    pub(crate) fn uses(&self, way: &PaymentFlow) -> bool {
        self.hosted_page.is_some() == matches!(way, PaymentFlow::HostedPage(_)) && !self.is_stale
    }

    /// Whether Stripe has confirmed that it created the payment.
    pub fn is_known(&self) -> bool {
        let hosted_page = self.hosted_page.as_ref();
        self.provider.is_some()
            || hosted_page.is_some_and(|hosted_page| hosted_page.session.is_some())
    }
}

impl ReturnUrls {
    pub fn parse(success: &str, cancel: &str) -> Result<Self, Invalid> {
        Ok(Self {
            success: redirect_url("/success_url", success)?,
            cancel: redirect_url("/cancel_url", cancel)?,
        })
    }
}

/// An address that is safe to redirect to: encrypted or local, and nothing that needs quoting. Stripe fills in
/// `{CHECKOUT_SESSION_ID}`.
fn redirect_url(pointer: &str, raw: &str) -> Result<String, Invalid> {
    let is_plain = raw.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\^`|".contains(&b));
    if is_plain && raw.len() <= MAX_URL_LENGTH && is_encrypted_or_local(raw) {
        return Ok(raw.to_owned());
    }
    let detail = format!(
        "must be an https:// address, or an http:// address of localhost, of at most {MAX_URL_LENGTH} characters"
    );
    Err(Invalid::new(pointer, "bad_link", detail))
}

fn is_encrypted_or_local(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) =
        authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let is_host = host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let is_local = ["localhost", "127.0.0.1"].contains(&host);
    is_host && is_port && (scheme == "https" || (scheme == "http" && is_local))
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
            assert_eq!(redirect_url("/success_url", good).as_deref(), Ok(good));
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
            let no = redirect_url("/cancel_url", bad).unwrap_err();
            assert_eq!((no.pointer.as_str(), no.code), ("/cancel_url", "bad_link"), "{bad}");
        }
    }

    fn hosted(session: Option<&str>) -> HostedPage {
        HostedPage {
            success_url: "https://shop.example/paid".to_owned(),
            cancel_url: "https://shop.example/basket".to_owned(),
            expires_at: OffsetDateTime::UNIX_EPOCH,
            session: session.map(str::to_owned),
        }
    }

    fn open(
        hosted_page: Option<HostedPage>,
        provider: Option<&str>,
        is_stale: bool,
    ) -> OpenPayment {
        let (id, order) = (PaymentId::generate(), OrderId::generate());
        let amount = Money { minor: 1, currency: Currency::EUR };
        OpenPayment {
            id,
            order,
            amount,
            provider: provider.map(str::to_owned),
            hosted_page,
            is_stale,
            vouchers: true,
        }
    }

    #[test]
    fn a_payment_goes_on_only_the_way_it_began_and_while_it_is_fresh() {
        let page = "https://shop.example/";
        let hosted_page = PaymentFlow::HostedPage(ReturnUrls::parse(page, page).unwrap());
        for (began, intent, page) in [
            (open(None, None, false), true, false),
            (open(Some(hosted(None)), None, false), false, true),
            (open(None, None, true), false, false),
            (open(Some(hosted(None)), None, true), false, false),
        ] {
            assert_eq!(
                (began.uses(&PaymentFlow::Intent), began.uses(&hosted_page)),
                (intent, page)
            );
        }
        assert_eq!(
            (PaymentFlow::Intent.hold_seconds(1800), hosted_page.hold_seconds(1800)),
            (1800, 2100)
        );
    }

    #[test]
    fn a_payment_is_known_once_stripe_named_it_or_its_page() {
        assert!(!open(None, None, false).is_known());
        assert!(!open(Some(hosted(None)), None, false).is_known());
        assert!(open(None, Some("pi_1"), false).is_known());
        assert!(open(Some(hosted(Some("cs_1"))), None, false).is_known());
    }
}
