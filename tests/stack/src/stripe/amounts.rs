//! Currencies, and the amounts that Stripe charges in them. Source: <https://docs.stripe.com/currencies>.

use super::ApiError;

/// The codes of all currencies.
const CURRENCIES: &str = "\
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny \
    cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk \
    jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr \
    mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos \
    srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw";

/// Twelve digits, the limit of most cards.
const MAX_AMOUNT: i64 = 999_999_999_999;

pub(super) fn is_currency(code: &str) -> bool {
    CURRENCIES.split_whitespace().any(|known| known == code)
}

/// Refuses an amount below the least charge of its currency.
pub(super) fn check_charge(amount: i64, currency: &str, param: &str) -> Result<(), ApiError> {
    check_step(amount, currency, param)?;
    let least = least_charge(currency);
    if amount >= least {
        return Ok(());
    }
    let message = format!("Amount must be at least {least} minor units of {currency}");
    Err(ApiError::invalid(message).code("amount_too_small").param(param))
}

/// Refuses an amount that the currency does not have.
pub(super) fn check_step(amount: i64, currency: &str, param: &str) -> Result<(), ApiError> {
    let step = match currency {
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 10,
        "isk" | "ugx" => 100,
        _ => 1,
    };
    if amount % step == 0 {
        return Ok(());
    }
    let message = format!("Amounts in {currency} must be multiples of {step} minor units.");
    Err(ApiError::invalid(message).code("parameter_invalid_integer").param(param))
}

/// Refuses an amount that no card can pay.
pub(super) fn check_ceiling(amount: i64, param: &str) -> Result<(), ApiError> {
    if amount <= MAX_AMOUNT {
        return Ok(());
    }
    let message = format!("Amount must be no more than {MAX_AMOUNT} minor units");
    Err(ApiError::invalid(message).code("amount_too_large").param(param))
}

/// In minor units. Stripe publishes none for the other currencies.
fn least_charge(currency: &str) -> i64 {
    match currency {
        "ars" | "aud" | "brl" | "cad" | "chf" | "cop" | "eur" | "idr" | "ils" | "inr" | "jpy"
        | "krw" | "nzd" | "php" | "sgd" | "usd" | "zar" => 50,
        "gbp" => 30,
        "aed" | "myr" | "pln" | "ron" => 200,
        "dkk" => 250,
        "nok" | "sek" => 300,
        "hkd" => 400,
        "mxn" | "thb" => 1_000,
        "czk" => 1_500,
        "huf" => 17_500,
        _ => 1,
    }
}
