use domain::failure::Invalid;
use domain::inventory::{FeedLine, FeedRow};
use serde::Deserialize;
use serde_json::{Number, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

/// A count of a product. Its values are read one by one, so that a wrong one keeps out this row only.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CountLine)]
pub(crate) struct CountRow {
    /// As the product has it: capitals matter.
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 64)]
    sku: Value,
    /// Pieces in stock, including those reserved for orders.
    #[serde(default)]
    #[schema(value_type = i64, required, minimum = 0, maximum = 1_000_000_000)]
    on_hand: Value,
    /// Increases with each count of a product by this source. A count with a lower number than the last one is rejected.
    #[serde(default)]
    #[schema(value_type = i64, required, minimum = 0)]
    sequence: Value,
    /// When the pieces were counted: at most 30 days ago, and not in the future.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T08:30:00Z")]
    counted_at: Value,
}

impl From<CountRow> for FeedRow {
    fn from(row: CountRow) -> Self {
        Self { sku: row.sku.as_str().map(str::to_owned), line: line(&row) }
    }
}

fn line(row: &CountRow) -> Result<FeedLine, Invalid> {
    Ok(FeedLine {
        sku: row.sku.as_str().ok_or_else(|| wrong("/sku", "must be a text"))?.to_owned(),
        on_hand: whole_number("/on_hand", &row.on_hand)?,
        sequence: whole_number("/sequence", &row.sequence)?,
        counted_at: match &row.counted_at {
            Value::Null => None,
            value => Some(instant(value)?),
        },
    })
}

/// Also in the spellings of spreadsheets, `12.0` and `1e2`, as long as the number is exact.
fn whole_number(pointer: &str, value: &Value) -> Result<i64, Invalid> {
    let number = value.as_number();
    number
        .and_then(|number| number.as_i64().or_else(|| exact(number)))
        .ok_or_else(|| wrong(pointer, "must be a whole number"))
}

/// A float that is a whole number of at most 2^53 is no other one that was rounded.
fn exact(number: &Number) -> Option<i64> {
    let float = number
        .as_f64()
        .filter(|float| float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0)?;
    format!("{float:.0}").parse().ok()
}

fn instant(value: &Value) -> Result<OffsetDateTime, Invalid> {
    let detail = "must be a time with its offset, such as 2026-12-01T08:30:00Z";
    let parsed = value.as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    parsed.ok_or_else(|| wrong("/counted_at", detail))
}

fn wrong(pointer: &str, detail: &str) -> Invalid {
    Invalid::new(pointer, "wrong_type", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(row: Value) -> Result<FeedLine, String> {
        line(&serde_json::from_value(row).unwrap()).map_err(|invalid| invalid.pointer)
    }

    #[test]
    fn a_whole_number_is_read_in_each_of_its_spellings() {
        for (text, number) in [("12", 12), ("12.0", 12), ("1e2", 100), ("1.2E1", 12), ("-0.0", 0)] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(whole_number("", &value), Ok(number), "{text}");
        }
        for text in ["1.5", "1e300", "9223372036854775808", "\"12\"", "null", "true", "[12]"] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert!(whole_number("", &value).is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_row_lacks_or_has_wrong_is_told_by_its_pointer() {
        let row = |name: &str, value: Value| {
            let mut row = json!({"sku": "MUG", "on_hand": 1, "sequence": 2});
            row[name] = value;
            read(row)
        };
        for name in ["sku", "on_hand", "sequence"] {
            assert_eq!(row(name, Value::Null).unwrap_err(), format!("/{name}"));
        }
        for wrong in ["yesterday", "2026-12-01", "2026-12-01T08:30:00"] {
            assert_eq!(row("counted_at", json!(wrong)).unwrap_err(), "/counted_at");
        }
        let line = row("counted_at", json!("2026-12-01T08:30:00+01:00")).unwrap();
        assert_eq!((line.sku.as_str(), line.on_hand, line.sequence), ("MUG", 1, 2));
        assert!(line.counted_at.is_some());
        assert!(row("counted_at", Value::Null).unwrap().counted_at.is_none());
    }
}
