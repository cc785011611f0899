use domain::failure::Invalid;
use domain::ordering::{Address, AddressParts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The shipping address of an order. Optional parts may be absent, null or blank.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Ann Example", "line1": "350 5th Avenue", "postal_code": "10118", "city": "New York", "region": "NY",
    "country": "US",
}))]
pub(crate) struct ShippingAddress {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(max_length = 200)]
    company: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    line1: String,
    #[schema(max_length = 200)]
    line2: Option<String>,
    /// As written. Required in countries where every address has one, such as DE and US; HK, for example, has none.
    /// A code that is unlike those of its country is accepted; the order's `warnings` tell of it.
    #[schema(max_length = 20)]
    postal_code: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    city: String,
    /// State or province. Names in AU, CA and US become their codes, such as NY.
    #[schema(max_length = 100)]
    region: Option<String>,
    /// ISO 3166-1 alpha-2, or XK.
    #[schema(pattern = "^[A-Z]{2}$")]
    country: String,
    /// 3 to 30 digits, spaces and `+ - ( ) . /`.
    #[schema(max_length = 30, example = "+1 212 555 0100")]
    phone: Option<String>,
}

impl TryFrom<ShippingAddress> for Address {
    type Error = Invalid;

    fn try_from(body: ShippingAddress) -> Result<Self, Invalid> {
        let ShippingAddress {
            name,
            company,
            line1,
            line2,
            postal_code,
            city,
            region,
            country,
            phone,
        } = body;
        Self::parse(&AddressParts {
            name,
            company,
            line1,
            line2,
            postal_code,
            city,
            region,
            country,
            phone,
        })
    }
}

impl From<Address> for ShippingAddress {
    fn from(address: Address) -> Self {
        let AddressParts { name, company, line1, line2, postal_code, city, region, country, phone } =
            address.into_parts();
        Self { name, company, line1, line2, postal_code, city, region, country, phone }
    }
}
