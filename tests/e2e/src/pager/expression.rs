//! Metric math: numbers, metrics by their ids, `+ - * /`, brackets and `FILL`. Panics at anything else.
#![expect(clippy::float_arithmetic, reason = "CloudWatch calculates with floating-point numbers")]

/// The value of an expression at one point of time; none if a metric in it has none there, or at a division by zero.
pub(super) fn evaluate(text: &str, metric: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
    let mut parser = Parser { rest: text.trim_start(), metric };
    let value = parser.sum();
    assert!(parser.rest.is_empty(), "{text}: {} is not understood", parser.rest);
    value
}

struct Parser<'a> {
    rest: &'a str,
    metric: &'a dyn Fn(&str) -> Option<f64>,
}

impl<'a> Parser<'a> {
    fn sum(&mut self) -> Option<f64> {
        let mut left = self.product();
        loop {
            if self.takes('+') {
                left = both(left, self.product(), |a, b| Some(a + b));
            } else if self.takes('-') {
                left = both(left, self.product(), |a, b| Some(a - b));
            } else {
                return left;
            }
        }
    }

    fn product(&mut self) -> Option<f64> {
        let mut left = self.factor();
        loop {
            if self.takes('*') {
                left = both(left, self.factor(), |a, b| Some(a * b));
            } else if self.takes('/') {
                left = both(left, self.factor(), |a, b| (b != 0.0).then_some(a / b));
            } else {
                return left;
            }
        }
    }

    fn factor(&mut self) -> Option<f64> {
        if self.takes('(') {
            let inside = self.sum();
            assert!(self.takes(')'), "a bracket is open");
            return inside;
        }
        let word = self.word();
        assert!(!word.is_empty(), "{} is not understood", self.rest);
        if let Ok(number) = word.parse() {
            return Some(number);
        }
        if !self.takes('(') {
            return (self.metric)(word);
        }
        assert_eq!(word, "FILL", "this function is not known");
        let series = self.sum();
        assert!(self.takes(','), "FILL has two arguments");
        let instead = self.sum();
        assert!(self.takes(')'), "a bracket is open");
        series.or(instead)
    }

    fn takes(&mut self, sign: char) -> bool {
        let Some(rest) = self.rest.strip_prefix(sign) else { return false };
        self.rest = rest.trim_start();
        true
    }

    fn word(&mut self) -> &'a str {
        let is_sign = |sign: char| !sign.is_alphanumeric() && !matches!(sign, '.' | '_');
        let (word, rest) = self.rest.split_at(self.rest.find(is_sign).unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        word
    }
}

fn both(
    left: Option<f64>,
    right: Option<f64>,
    of: impl Fn(f64, f64) -> Option<f64>,
) -> Option<f64> {
    of(left?, right?)
}

#[test]
fn expressions_have_their_usual_values() {
    let metric = |id: &str| match id {
        "errors" => Some(3.0),
        "calls" => Some(200.0),
        "none" => Some(0.0),
        _ => None,
    };
    let value = |text| evaluate(text, &metric);

    assert_eq!(value("100 * errors / calls"), Some(1.5));
    assert_eq!(value("calls - errors * 2 + 1"), Some(195.0));
    assert_eq!(value("(calls - errors) * 2"), Some(394.0));
    assert_eq!(value("100 * errors / none"), None, "a point without a value is left out");
    assert_eq!(value("100 * errors / missing"), None);
    assert_eq!((value("FILL(missing, 0)"), value("FILL(errors, 0)")), (Some(0.0), Some(3.0)));
}
