use domain::checkouts::{Change, Parts, ShipTo, ShipToChange};
use domain::failure::Invalid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where it goes, as far as it is known: a country is enough for a price, an order needs the whole address. Optional parts may
/// be absent, null or blank.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"country": "DE", "postal_code": "10115"}))]
pub(crate) struct CheckoutDestination {
    /// ISO 3166-1 alpha-2, or XK.
    #[schema(pattern = "^[A-Z]{2}$")]
    country: String,
    #[schema(max_length = 200)]
    name: Option<String>,
    #[schema(max_length = 200)]
    company: Option<String>,
    #[schema(max_length = 200)]
    line1: Option<String>,
    #[schema(max_length = 200)]
    line2: Option<String>,
    /// As written.
    #[schema(max_length = 20)]
    postal_code: Option<String>,
    #[schema(max_length = 100)]
    city: Option<String>,
    /// State or province. Names in AU, CA and US become their codes, such as NY.
    #[schema(max_length = 100)]
    region: Option<String>,
    /// 3 to 30 digits, spaces and `+ - ( ) . /`.
    #[schema(max_length = 30, example = "+1 212 555 0100")]
    phone: Option<String>,
}

/// The parts of the destination to change; absent ones stay. Null removes a part other than the country.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeDestination {
    #[serde(default)]
    #[schema(value_type = String, required = false, pattern = "^[A-Z]{2}$")]
    country: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    company: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    line1: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    line2: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 20)]
    postal_code: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    city: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    region: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 30, example = "+1 212 555 0100")]
    phone: Change<String>,
}

impl TryFrom<CheckoutDestination> for ShipTo {
    type Error = Invalid;

    fn try_from(body: CheckoutDestination) -> Result<Self, Invalid> {
        let CheckoutDestination {
            country,
            name,
            company,
            line1,
            line2,
            postal_code,
            city,
            region,
            phone,
        } = body;
        let parts = Parts { name, company, line1, line2, postal_code, city, region, phone };
        Self::parse(&country, &parts)
    }
}

impl From<&ShipTo> for CheckoutDestination {
    fn from(ship_to: &ShipTo) -> Self {
        let country = ship_to.country().code().to_owned();
        let Parts { name, company, line1, line2, postal_code, city, region, phone } =
            ship_to.parts().clone();
        Self { country, name, company, line1, line2, postal_code, city, region, phone }
    }
}

impl From<ChangeDestination> for ShipToChange {
    fn from(body: ChangeDestination) -> Self {
        let ChangeDestination {
            country,
            name,
            company,
            line1,
            line2,
            postal_code,
            city,
            region,
            phone,
        } = body;
        Self { country, name, company, line1, line2, postal_code, city, region, phone }
    }
}
