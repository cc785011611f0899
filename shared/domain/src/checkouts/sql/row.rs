//! Reads and writes the columns of checkouts.

use crate::checkouts::cart::Cart;
use crate::checkouts::checkout::{Checkout, Wishes};
use crate::checkouts::ship_to::{Parts, ShipTo};
use crate::checkouts::status::Status;
use crate::country::Country;
use crate::db::{DbError, OwnedParam, Query, params};
use crate::email::Email;
use crate::id::ProductId;
use crate::money::Currency;
use crate::ordering::Note;
use crate::pricing::{Codes, Wanted};
use tokio_postgres::Row;

pub(super) fn checkout(query: &Query, row: &Row) -> Result<Checkout, DbError> {
    let invalid = |what| DbError::invalid_row(query, what);
    let currency: Option<&str> = row.get("currency");
    let currency = currency.map(|code| Currency::from_code(code).ok_or(invalid("currency")));
    Ok(Checkout {
        id: row.get("id"),
        user: row.get("user_id"),
        secret_hash: row.get("secret_hash"),
        is_proven: row.get("is_proven"),
        status: Status::from_name(row.get("status")).ok_or(invalid("status"))?,
        wishes: Wishes {
            email: row.get::<_, Option<String>>("email").map(Email::from_stored),
            cart: cart(row),
            ship_to: ship_to(query, row)?,
            shipping_method: row.get("shipping_method_id"),
            codes: Codes::parse("", row.get::<_, Vec<String>>("codes"))
                .map_err(|_| invalid("codes"))?,
            note: row.get::<_, Option<_>>("note").map(Note::from_stored),
        },
        currency: currency.transpose()?,
        order: row.get("order_id"),
        merged_into: row.get("merged_into"),
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
        expires_at: row.get("expires_at"),
    })
}

/// By a constraint, there are as many of each.
fn cart(row: &Row) -> Cart {
    let products: Vec<ProductId> = row.get("products");
    let quantities: Vec<i32> = row.get("quantities");
    let shown: Vec<i64> = row.get("shown_minor");
    let lines = products.into_iter().zip(quantities).zip(shown);
    let line =
        |((product, quantity), shown)| Wanted { product, quantity, shown_minor: Some(shown) };
    Cart::from_stored(lines.map(line).collect())
}

fn ship_to(query: &Query, row: &Row) -> Result<Option<ShipTo>, DbError> {
    let Some(country) = row.get::<_, Option<&str>>("ship_to_country") else { return Ok(None) };
    let country =
        Country::from_code(country).ok_or(DbError::invalid_row(query, "ship_to_country"))?;
    let parts = Parts {
        name: row.get("ship_to_name"),
        company: row.get("ship_to_company"),
        line1: row.get("ship_to_line1"),
        line2: row.get("ship_to_line2"),
        postal_code: row.get("ship_to_postal_code"),
        city: row.get("ship_to_city"),
        region: row.get("ship_to_region"),
        phone: row.get("ship_to_phone"),
    };
    Ok(Some(ShipTo::from_stored(country, parts)))
}

/// In the order of the statements that insert and change a checkout.
pub(super) fn columns(checkout: &Checkout) -> Vec<OwnedParam> {
    let Wishes { email, cart, ship_to, shipping_method, codes, note } = &checkout.wishes;
    let country = ship_to.as_ref().map(|ship_to| ship_to.country().code());
    let parts = ship_to.as_ref().map(|ship_to| ship_to.parts().clone()).unwrap_or_default();
    let Parts { name, company, line1, line2, postal_code, city, region, phone } = parts;
    let lines = cart.lines();
    params![
        checkout.id,
        checkout.currency.map(Currency::code),
        lines.iter().map(|line| line.product).collect::<Vec<_>>(),
        lines.iter().map(|line| line.quantity).collect::<Vec<_>>(),
        lines.iter().map(|line| line.shown_minor.unwrap_or_default()).collect::<Vec<_>>(),
        name,
        company,
        line1,
        line2,
        postal_code,
        city,
        region,
        country,
        phone,
        *shipping_method,
        codes.as_slice().to_vec(),
        note.as_ref().map(|note| note.text().to_owned()),
        checkout.expires_at,
        email.as_ref().map(|email| email.original().to_owned()),
        email.as_ref().map(|email| email.normalized().to_owned()),
    ]
}
