//! The HTML of the payment pages: a single document without scripts and external files.

use super::{cards::Card, form::Metadata};
use std::fmt::Write;

/// What a payment page shows.
pub(super) struct PaymentPage<'a> {
    /// The path that the form posts to.
    pub(super) action: &'a str,
    pub(super) amount: i64,
    pub(super) currency: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) metadata: &'a Metadata,
    pub(super) status: &'a str,
    pub(super) error: Option<&'a str>,
    /// The URL of the link back to the shop.
    pub(super) back: Option<&'a str>,
}

pub(super) fn render(page: &PaymentPage<'_>) -> String {
    let amount = amount(page.amount, page.currency);
    let mut body = format!("<p class=amount>{amount}</p>");
    if let Some(description) = page.description {
        paragraph(&mut body, "", description);
    }
    if !page.metadata.is_empty() {
        body.push_str("<dl>");
        for (name, value) in page.metadata {
            let name = escape(&name.replace('_', " "));
            let value = escape(value);
            push(&mut body, format_args!("<dt>{name}</dt><dd>{value}</dd>"));
        }
        body.push_str("</dl>");
    }
    if let Some(error) = page.error {
        paragraph(&mut body, "class=error role=alert", error);
    }
    let (sentence, buttons) = choices(page.status);
    paragraph(&mut body, "role=status", sentence);
    if !buttons.is_empty() {
        push(&mut body, format_args!("<form method=post action=\"{}\">", escape(page.action)));
        let (usual, other) = buttons.split_at(buttons.len().min(2));
        for choice in usual {
            button(&mut body, choice);
        }
        if !other.is_empty() {
            body.push_str("<details><summary>Other endings</summary>");
            for choice in other {
                button(&mut body, choice);
            }
            body.push_str("</details>");
        }
        body.push_str("</form>");
    }
    if let Some(back) = page.back {
        push(&mut body, format_args!("<p><a href=\"{}\">Back to the shop</a></p>", escape(back)));
    }
    document(&format!("Pay {amount}"), "Your payment", &body)
}

/// The list of all payments: path, amount in minor units, currency and status of each.
pub(super) fn overview<'a>(
    payments: impl Iterator<Item = (String, i64, &'a str, &'a str)>,
) -> String {
    let mut rows = String::new();
    for (path, minor, currency, status) in payments {
        let amount = amount(minor, currency);
        let status = status.replace('_', " ");
        push(
            &mut rows,
            format_args!("<li><a href=\"{}\">{amount}</a> {status}</li>", escape(&path)),
        );
    }
    let body = if rows.is_empty() {
        "<p>None yet. Place an order in the shop, then come back.</p>".to_owned()
    } else {
        format!("<ul>{rows}</ul>")
    };
    document("Payments", "Payments", &body)
}

pub(super) fn error_page(sentence: &str) -> String {
    let mut body = String::new();
    paragraph(&mut body, "class=error role=alert", sentence);
    document("This did not work", "This did not work", &body)
}

/// The name, the value and the label of a button.
type Choice = (&'static str, &'static str, &'static str);

const OPEN: &[Choice] = &[
    ("card", Card::Visa.token(), "Pay"),
    ("card", Card::Declined.token(), "Decline"),
    ("card", Card::InsufficientFunds.token(), "Decline: not enough money"),
    ("card", Card::AuthenticationRequired.token(), "Let the bank ask me first"),
    ("card", Card::Slow.token(), "Pay by slow bank transfer"),
];
const ASKED: &[Choice] = &[("settle", "paid", "Yes, it is me"), ("settle", "failed", "No, refuse")];
const SLOW: &[Choice] =
    &[("settle", "paid", "Let the money arrive"), ("settle", "failed", "Let the transfer fail")];

fn choices(status: &str) -> (&'static str, &'static [Choice]) {
    match status {
        "requires_action" => ("Your bank asks: is it you who pays?", ASKED),
        "processing" => ("Your bank is at it. In real life this takes days.", SLOW),
        "requires_capture" => ("The money is reserved. The shop takes it when it ships.", &[]),
        "succeeded" => ("Paid. Thank you! You can close this page.", &[]),
        "canceled" => ("This payment was cancelled. Nothing was taken.", &[]),
        _ => ("Choose how this payment ends.", OPEN),
    }
}

fn document(title: &str, heading: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{heading}</h1>{body}\
         <footer>A stand-in for Stripe on your own machine. No real money moves.</footer>\
         </main></body></html>"
    )
}

const STYLE: &str = "\
:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}\
body{margin:0;display:grid;place-items:center;min-height:100vh;background:light-dark(#f4f5f8,#15171c)}\
main{box-sizing:border-box;width:min(26rem,92vw);padding:2rem;margin:1rem 0;border-radius:.75rem;background:light-dark(#fff,#20232b);box-shadow:0 2px 16px #0002}\
h1{margin:0;font-size:1rem;font-weight:600}\
.amount{margin:.25rem 0 1rem;font-size:2.25rem;font-weight:700}\
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem}dt{opacity:.75}dd{margin:0;overflow-wrap:anywhere}\
form,details[open]{display:grid;gap:.5rem}summary{padding:.5rem 0;cursor:pointer}\
button{font:inherit;padding:.7rem;border:1px solid light-dark(#767a85,#8d929e);border-radius:.5rem;background:transparent;color:inherit;cursor:pointer}\
form>button:first-child{background:#4338ca;border-color:#4338ca;color:#fff;font-weight:600}\
button:focus-visible,summary:focus-visible,a:focus-visible{outline:3px solid #f59e0b;outline-offset:2px}\
.error{padding:.5rem .75rem;border-radius:.5rem;background:light-dark(#fdecec,#4a1d1f);color:light-dark(#8f1d1d,#ffd9d9)}\
footer{margin-top:1.5rem;font-size:.85rem;opacity:.8}";

/// Not escaped, since all buttons are constants of this file.
fn button(body: &mut String, (name, value, label): &Choice) {
    push(body, format_args!("<button name={name} value={value}>{label}</button>"));
}

fn paragraph(body: &mut String, attributes: &str, text: &str) {
    push(body, format_args!("<p {attributes}>{}</p>", escape(text)));
}

fn push(body: &mut String, text: std::fmt::Arguments<'_>) {
    body.write_fmt(text).expect("writing to a String does not fail");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An amount with the number of decimals of its currency (ISO 4217).
fn amount(minor: i64, currency: &str) -> String {
    let digits = match currency {
        "bif" | "clp" | "djf" | "gnf" | "jpy" | "kmf" | "krw" | "mga" | "pyg" | "rwf" | "vnd"
        | "vuv" | "xaf" | "xof" | "xpf" => 0,
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 3,
        _ => 2,
    };
    let unit = 10_i64.pow(digits);
    let name = currency.to_ascii_uppercase();
    let (whole, part) = (minor / unit, minor % unit);
    match digits {
        0 => format!("{whole} {name}"),
        2 => format!("{whole}.{part:02} {name}"),
        _ => format!("{whole}.{part:03} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        assert_eq!(amount(1205, "eur"), "12.05 EUR");
        assert_eq!(amount(1205, "jpy"), "1205 JPY");
        assert_eq!(amount(1205, "kwd"), "1.205 KWD");
    }

    #[test]
    fn what_the_shop_wrote_cannot_break_the_page() {
        assert_eq!(escape("<b a=\"&\">"), "&lt;b a=&quot;&amp;&quot;&gt;");
    }
}
