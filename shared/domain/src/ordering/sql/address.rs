//! The columns of an order's address.

use crate::db::Param;
use crate::ordering::address::{Address, AddressParts};
use tokio_postgres::Row;

/// What stands for no postal code: the release before does not read null there. Null is read as none as well, so that a
/// later release can write it.
const NO_POSTAL_CODE: &str = "-";

/// In this order: name, company, line1, line2, postal code, city, region, country, phone.
pub(super) fn columns(address: Option<&Address>) -> [Option<String>; 9] {
    let Some(address) = address else { return Default::default() };
    let AddressParts { name, company, line1, line2, postal_code, city, region, country, phone } =
        address.clone().into_parts();
    let postal_code = postal_code.unwrap_or_else(|| NO_POSTAL_CODE.to_owned());
    let (name, line1, city, country) = (Some(name), Some(line1), Some(city), Some(country));
    [name, company, line1, line2, Some(postal_code), city, region, country, phone]
}

/// As parameters of a statement.
pub(super) fn params(columns: &[Option<String>; 9]) -> [Param<'_>; 9] {
    columns.each_ref().map(|column| -> Param<'_> { column })
}

pub(super) fn address(row: &Row) -> Option<Address> {
    // By a constraint an address has all of its required parts, or none.
    let name: Option<String> = row.get("ship_to_name");
    let postal_code: Option<String> = row.get("ship_to_postal_code");
    Some(Address::from_stored(AddressParts {
        name: name?,
        company: row.get("ship_to_company"),
        line1: row.get("ship_to_line1"),
        line2: row.get("ship_to_line2"),
        postal_code: postal_code.filter(|code| code != NO_POSTAL_CODE),
        city: row.get("ship_to_city"),
        region: row.get("ship_to_region"),
        country: row.get("ship_to_country"),
        phone: row.get("ship_to_phone"),
    }))
}
