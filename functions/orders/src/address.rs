use domain::failure::Invalid;
use domain::ordering::{Address, AddressParts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The shipping address of an order.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Ann Example", "line1": "Hauptstraße 1", "postal_code": "10115", "city": "Berlin", "country": "DE",
}))]
pub(crate) struct ShippingAddress {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(min_length = 1, max_length = 200)]
    line1: String,
    #[schema(min_length = 1, max_length = 200)]
    line2: Option<String>,
    #[schema(min_length = 1, max_length = 20)]
    postal_code: String,
    #[schema(min_length = 1, max_length = 100)]
    city: String,
    /// ISO 3166-1 alpha-2.
    #[schema(pattern = "^[A-Z]{2}$")]
    country: String,
}

impl TryFrom<ShippingAddress> for Address {
    type Error = Invalid;

    fn try_from(body: ShippingAddress) -> Result<Self, Invalid> {
        let ShippingAddress { name, line1, line2, postal_code, city, country } = body;
        Self::parse(&AddressParts { name, line1, line2, postal_code, city, country })
    }
}

impl From<Address> for ShippingAddress {
    fn from(address: Address) -> Self {
        let AddressParts { name, line1, line2, postal_code, city, country } = address.into_parts();
        Self { name, line1, line2, postal_code, city, country }
    }
}
