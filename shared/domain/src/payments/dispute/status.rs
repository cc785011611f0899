//! The states of disputes. Pure.

use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The states of a dispute at Stripe. Those that begin with `warning_` are of an inquiry, which moves no money.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DisputeStatus {
    WarningNeedsResponse,
    WarningUnderReview,
    /// The inquiry did not become a dispute.
    WarningClosed,
    NeedsResponse,
    UnderReview,
    /// Resolved before it became a dispute.
    Prevented,
    /// The shop keeps the money.
    Won,
    /// The buyer keeps the money.
    Lost,
    /// The decision can be appealed.
    AppealNeedsResponse,
    AppealUnderReview,
    /// One that we do not know, as Stripe writes it. It counts as open.
    Other(String),
}

/// The longest status that requests can name.
const MAX_NAME_LENGTH: usize = 64;

impl DisputeStatus {
    const KNOWN: [Self; 10] = [
        Self::WarningNeedsResponse,
        Self::WarningUnderReview,
        Self::WarningClosed,
        Self::NeedsResponse,
        Self::UnderReview,
        Self::Prevented,
        Self::Won,
        Self::Lost,
        Self::AppealNeedsResponse,
        Self::AppealUnderReview,
    ];

    /// As Stripe writes it.
    pub fn name(&self) -> &str {
        match self {
            Self::WarningNeedsResponse => "warning_needs_response",
            Self::WarningUnderReview => "warning_under_review",
            Self::WarningClosed => "warning_closed",
            Self::NeedsResponse => "needs_response",
            Self::UnderReview => "under_review",
            Self::Prevented => "prevented",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::AppealNeedsResponse => "appeal_needs_response",
            Self::AppealUnderReview => "appeal_under_review",
            Self::Other(name) => name,
        }
    }

    pub fn from_name(name: &str) -> Self {
        let known = Self::KNOWN.into_iter().find(|status| status.name() == name);
        known.unwrap_or_else(|| Self::Other(name.to_owned()))
    }

    /// Whether it can no longer change, apart from an appeal or a change of the bank's decision.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::WarningClosed | Self::Prevented | Self::Won | Self::Lost)
    }

    /// An inquiry may become a dispute, and a dispute may be decided; never the other way round. What follows a decision,
    /// such as an appeal, is of the same stage: the later state counts.
    pub(super) fn stage(&self) -> u8 {
        match self {
            Self::WarningNeedsResponse | Self::WarningUnderReview | Self::WarningClosed => 0,
            Self::Other(name) if name.starts_with("warning_") => 0,
            Self::NeedsResponse | Self::UnderReview => 1,
            Self::Prevented
            | Self::Won
            | Self::Lost
            | Self::AppealNeedsResponse
            | Self::AppealUnderReview
            | Self::Other(_) => 2,
        }
    }
}

impl Serialize for DisputeStatus {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// From a request.
impl<'de> Deserialize<'de> for DisputeStatus {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = Cow::<'de, str>::deserialize(from)?;
        let is_name = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if is_name && (1..=MAX_NAME_LENGTH).contains(&name.len()) {
            Ok(Self::from_name(&name))
        } else {
            Err(D::Error::custom("must be lower-case letters and underscores"))
        }
    }
}

impl PartialSchema for DisputeStatus {
    fn schema() -> RefOr<Schema> {
        let known: Vec<_> =
            Self::KNOWN.iter().map(|status| format!("`{}`", status.name())).collect();
        let says = format!(
            "The state of a dispute at Stripe: {}. Stripe may add states; a dispute in one that is not listed here is \
             open. Those that begin with `warning_` are of an inquiry, which moves no money.",
            known.join(", ")
        );
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(says))
            .pattern(Some(format!("^[a-z_]{{1,{MAX_NAME_LENGTH}}}$")))
            .examples(["needs_response"])
            .into()
    }
}

impl ToSchema for DisputeStatus {
    fn name() -> Cow<'static, str> {
        "DisputeStatus".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_reads_as_it_was_written_and_four_are_closed() {
        use DisputeStatus::{Lost, Prevented, WarningClosed, Won};
        for status in DisputeStatus::KNOWN {
            assert_eq!(DisputeStatus::from_name(status.name()), status);
            assert_eq!(serde_json::to_value(&status).unwrap(), status.name());
            let read: DisputeStatus = serde_json::from_value(status.name().into()).unwrap();
            assert_eq!(read, status);
        }
        let closed = DisputeStatus::KNOWN.into_iter().filter(DisputeStatus::is_closed);
        assert!(closed.eq([WarningClosed, Prevented, Won, Lost]));
    }

    #[test]
    fn a_status_that_stripe_adds_is_kept_as_text_and_open() {
        let unknown = DisputeStatus::from_name("arbitration");

        assert_eq!((unknown.name(), unknown.is_closed()), ("arbitration", false));
        assert_eq!(serde_json::to_value(&unknown).unwrap(), "arbitration");
        let read: DisputeStatus = serde_json::from_value("arbitration".into()).unwrap();
        assert_eq!(read, unknown);
        for odd in ["", "Lost", "won\0", "a b", &"x".repeat(65)] {
            assert!(serde_json::from_value::<DisputeStatus>(odd.into()).is_err(), "{odd}");
        }
    }

    #[test]
    fn the_documented_states_are_open() {
        let schema = serde_json::to_value(DisputeStatus::schema()).unwrap();

        assert!(schema.get("enum").is_none(), "{schema}");
        for status in DisputeStatus::KNOWN {
            assert!(schema["description"].as_str().unwrap().contains(status.name()), "{schema}");
        }
    }
}
