//! What Stripe charges in, and how. Source: <https://docs.stripe.com/currencies>, read on 2026-12-01. Codes that it lists
//! though other currencies have replaced them (ANG, STD) are left out.

/// How amounts of one currency are written and charged.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Rules {
    pub(super) code: &'static str,
    /// As Stripe counts them: it keeps two for ISK and UGX, which have none.
    pub(super) decimals: u8,
    /// Amounts are multiples of this many minor units. The last digit of three decimals is 0, and the two of ISK and
    /// UGX are 00.
    pub(super) step: i64,
    /// The least charge in minor units. Where Stripe publishes none, one step: it then asks for the equivalent of the
    /// least charge in the currency that the account settles in, which only Stripe knows.
    pub(super) least: i64,
    /// The highest charge in minor units: twelve digits by most cards. Stripe refuses more than nine digits by American
    /// Express, and more than eight by most other ways to pay, when the buyer chooses one: that depends on the buyer
    /// and not on the order. COP and INR have limits of their own.
    pub(super) ceiling: i64,
    /// No new prices, if it is not: rows in it are only read.
    pub(super) is_tender: bool,
}

const DIGITS_9: i64 = 999_999_999;
const DIGITS_10: i64 = 9_999_999_999;
/// Also what constraints of the tables allow.
pub(super) const DIGITS_12: i64 = 999_999_999_999;

const TENDER: bool = true;
/// BGN was replaced by EUR on 2026-01-01.
const GONE: bool = false;

const fn row(
    code: &'static str,
    decimals: u8,
    step: i64,
    least: i64,
    ceiling: i64,
    is_tender: bool,
) -> Rules {
    Rules { code, decimals, step, least, ceiling, is_tender }
}

pub(super) const EUR: Rules = row("EUR", 2, 1, 50, DIGITS_12, TENDER);

/// By code: currencies are looked up by halves.
#[rustfmt::skip]
pub(super) static TABLE: [Rules; 138] = [
    // code, decimals, step, least, ceiling, tender
    row("AED", 2,   1,   200, DIGITS_12, TENDER),
    row("AFN", 2,   1,     1, DIGITS_12, TENDER),
    row("ALL", 2,   1,     1, DIGITS_12, TENDER),
    row("AMD", 2,   1,     1, DIGITS_12, TENDER),
    row("AOA", 2,   1,     1, DIGITS_12, TENDER),
    row("ARS", 2,   1,    50, DIGITS_12, TENDER),
    row("AUD", 2,   1,    50, DIGITS_12, TENDER),
    row("AWG", 2,   1,     1, DIGITS_12, TENDER),
    row("AZN", 2,   1,     1, DIGITS_12, TENDER),
    row("BAM", 2,   1,     1, DIGITS_12, TENDER),
    row("BBD", 2,   1,     1, DIGITS_12, TENDER),
    row("BDT", 2,   1,     1, DIGITS_12, TENDER),
    row("BGN", 2,   1,   100, DIGITS_12, GONE),
    row("BHD", 3,  10,    10, DIGITS_12, TENDER),
    row("BIF", 0,   1,     1, DIGITS_12, TENDER),
    row("BMD", 2,   1,     1, DIGITS_12, TENDER),
    row("BND", 2,   1,     1, DIGITS_12, TENDER),
    row("BOB", 2,   1,     1, DIGITS_12, TENDER),
    row("BRL", 2,   1,    50, DIGITS_12, TENDER),
    row("BSD", 2,   1,     1, DIGITS_12, TENDER),
    row("BWP", 2,   1,     1, DIGITS_12, TENDER),
    row("BYN", 2,   1,     1, DIGITS_12, TENDER),
    row("BZD", 2,   1,     1, DIGITS_12, TENDER),
    row("CAD", 2,   1,    50, DIGITS_12, TENDER),
    row("CDF", 2,   1,     1, DIGITS_12, TENDER),
    row("CHF", 2,   1,    50, DIGITS_12, TENDER),
    row("CLP", 0,   1,     1, DIGITS_12, TENDER),
    row("CNY", 2,   1,     1, DIGITS_12, TENDER),
    row("COP", 2,   1,    50, DIGITS_10, TENDER),
    row("CRC", 2,   1,     1, DIGITS_12, TENDER),
    row("CVE", 2,   1,     1, DIGITS_12, TENDER),
    row("CZK", 2,   1,  1500, DIGITS_12, TENDER),
    row("DJF", 0,   1,     1, DIGITS_12, TENDER),
    row("DKK", 2,   1,   250, DIGITS_12, TENDER),
    row("DOP", 2,   1,     1, DIGITS_12, TENDER),
    row("DZD", 2,   1,     1, DIGITS_12, TENDER),
    row("EGP", 2,   1,     1, DIGITS_12, TENDER),
    row("ETB", 2,   1,     1, DIGITS_12, TENDER),
    EUR,
    row("FJD", 2,   1,     1, DIGITS_12, TENDER),
    row("FKP", 2,   1,     1, DIGITS_12, TENDER),
    row("GBP", 2,   1,    30, DIGITS_12, TENDER),
    row("GEL", 2,   1,     1, DIGITS_12, TENDER),
    row("GIP", 2,   1,     1, DIGITS_12, TENDER),
    row("GMD", 2,   1,     1, DIGITS_12, TENDER),
    row("GNF", 0,   1,     1, DIGITS_12, TENDER),
    row("GTQ", 2,   1,     1, DIGITS_12, TENDER),
    row("GYD", 2,   1,     1, DIGITS_12, TENDER),
    row("HKD", 2,   1,   400, DIGITS_12, TENDER),
    row("HNL", 2,   1,     1, DIGITS_12, TENDER),
    row("HTG", 2,   1,     1, DIGITS_12, TENDER),
    row("HUF", 2,   1, 17500, DIGITS_12, TENDER),
    row("IDR", 2,   1,    50, DIGITS_12, TENDER),
    row("ILS", 2,   1,    50, DIGITS_12, TENDER),
    row("INR", 2,   1,    50, DIGITS_9 , TENDER),
    row("ISK", 2, 100,   100, DIGITS_12, TENDER),
    row("JMD", 2,   1,     1, DIGITS_12, TENDER),
    row("JOD", 3,  10,    10, DIGITS_12, TENDER),
    row("JPY", 0,   1,    50, DIGITS_12, TENDER),
    row("KES", 2,   1,     1, DIGITS_12, TENDER),
    row("KGS", 2,   1,     1, DIGITS_12, TENDER),
    row("KHR", 2,   1,     1, DIGITS_12, TENDER),
    row("KMF", 0,   1,     1, DIGITS_12, TENDER),
    row("KRW", 0,   1,    50, DIGITS_12, TENDER),
    row("KWD", 3,  10,    10, DIGITS_12, TENDER),
    row("KYD", 2,   1,     1, DIGITS_12, TENDER),
    row("KZT", 2,   1,     1, DIGITS_12, TENDER),
    row("LAK", 2,   1,     1, DIGITS_12, TENDER),
    row("LBP", 2,   1,     1, DIGITS_12, TENDER),
    row("LKR", 2,   1,     1, DIGITS_12, TENDER),
    row("LRD", 2,   1,     1, DIGITS_12, TENDER),
    row("LSL", 2,   1,     1, DIGITS_12, TENDER),
    row("MAD", 2,   1,     1, DIGITS_12, TENDER),
    row("MDL", 2,   1,     1, DIGITS_12, TENDER),
    row("MGA", 0,   1,     1, DIGITS_12, TENDER),
    row("MKD", 2,   1,     1, DIGITS_12, TENDER),
    row("MMK", 2,   1,     1, DIGITS_12, TENDER),
    row("MNT", 2,   1,     1, DIGITS_12, TENDER),
    row("MOP", 2,   1,     1, DIGITS_12, TENDER),
    row("MUR", 2,   1,     1, DIGITS_12, TENDER),
    row("MVR", 2,   1,     1, DIGITS_12, TENDER),
    row("MWK", 2,   1,     1, DIGITS_12, TENDER),
    row("MXN", 2,   1,  1000, DIGITS_12, TENDER),
    row("MYR", 2,   1,   200, DIGITS_12, TENDER),
    row("MZN", 2,   1,     1, DIGITS_12, TENDER),
    row("NAD", 2,   1,     1, DIGITS_12, TENDER),
    row("NGN", 2,   1,     1, DIGITS_12, TENDER),
    row("NIO", 2,   1,     1, DIGITS_12, TENDER),
    row("NOK", 2,   1,   300, DIGITS_12, TENDER),
    row("NPR", 2,   1,     1, DIGITS_12, TENDER),
    row("NZD", 2,   1,    50, DIGITS_12, TENDER),
    row("OMR", 3,  10,    10, DIGITS_12, TENDER),
    row("PAB", 2,   1,     1, DIGITS_12, TENDER),
    row("PEN", 2,   1,     1, DIGITS_12, TENDER),
    row("PGK", 2,   1,     1, DIGITS_12, TENDER),
    row("PHP", 2,   1,    50, DIGITS_12, TENDER),
    row("PKR", 2,   1,     1, DIGITS_12, TENDER),
    row("PLN", 2,   1,   200, DIGITS_12, TENDER),
    row("PYG", 0,   1,     1, DIGITS_12, TENDER),
    row("QAR", 2,   1,     1, DIGITS_12, TENDER),
    row("RON", 2,   1,   200, DIGITS_12, TENDER),
    row("RSD", 2,   1,     1, DIGITS_12, TENDER),
    row("RUB", 2,   1,     1, DIGITS_12, TENDER),
    row("RWF", 0,   1,     1, DIGITS_12, TENDER),
    row("SAR", 2,   1,     1, DIGITS_12, TENDER),
    row("SBD", 2,   1,     1, DIGITS_12, TENDER),
    row("SCR", 2,   1,     1, DIGITS_12, TENDER),
    row("SEK", 2,   1,   300, DIGITS_12, TENDER),
    row("SGD", 2,   1,    50, DIGITS_12, TENDER),
    row("SHP", 2,   1,     1, DIGITS_12, TENDER),
    row("SLE", 2,   1,     1, DIGITS_12, TENDER),
    row("SOS", 2,   1,     1, DIGITS_12, TENDER),
    row("SRD", 2,   1,     1, DIGITS_12, TENDER),
    row("SZL", 2,   1,     1, DIGITS_12, TENDER),
    row("THB", 2,   1,  1000, DIGITS_12, TENDER),
    row("TJS", 2,   1,     1, DIGITS_12, TENDER),
    row("TND", 3,  10,    10, DIGITS_12, TENDER),
    row("TOP", 2,   1,     1, DIGITS_12, TENDER),
    row("TRY", 2,   1,     1, DIGITS_12, TENDER),
    row("TTD", 2,   1,     1, DIGITS_12, TENDER),
    row("TWD", 2,   1,     1, DIGITS_12, TENDER),
    row("TZS", 2,   1,     1, DIGITS_12, TENDER),
    row("UAH", 2,   1,     1, DIGITS_12, TENDER),
    row("UGX", 2, 100,   100, DIGITS_12, TENDER),
    row("USD", 2,   1,    50, DIGITS_12, TENDER),
    row("UYU", 2,   1,     1, DIGITS_12, TENDER),
    row("UZS", 2,   1,     1, DIGITS_12, TENDER),
    row("VND", 0,   1,     1, DIGITS_12, TENDER),
    row("VUV", 0,   1,     1, DIGITS_12, TENDER),
    row("WST", 2,   1,     1, DIGITS_12, TENDER),
    row("XAF", 0,   1,     1, DIGITS_12, TENDER),
    row("XCD", 2,   1,     1, DIGITS_12, TENDER),
    row("XCG", 2,   1,     1, DIGITS_12, TENDER),
    row("XOF", 0,   1,     1, DIGITS_12, TENDER),
    row("XPF", 0,   1,     1, DIGITS_12, TENDER),
    row("YER", 2,   1,     1, DIGITS_12, TENDER),
    row("ZAR", 2,   1,    50, DIGITS_12, TENDER),
    row("ZMW", 2,   1,     1, DIGITS_12, TENDER),
];
