//! Reads the products of a checkout, and the rules that price them.

use crate::checkouts::checkout::Wishes;
use crate::checkouts::refusal::Refusal;
use crate::checkouts::ship_to::ShipTo;
use crate::country::Country;
use crate::db::{Ask, DbError, params, queries};
use crate::id::UserId;
use crate::money::{Currency, Money};
use crate::pricing::{self, Destination, Offer, Quote, Rules, Wish};
use postgres_types::Json;
use tokio_postgres::Row;

queries! {
    /// The shop's rules are read once, and stand in the first row. Products that are not published yet are unknown.
    OFFERS: "look up the products of a checkout" = "
        select p.id, p.sku, p.name, p.price_minor, p.currency, p.status = 'active' as is_for_sale,
               p.on_hand - p.reserved as available, p.tax_category, p.category_id, p.weight_grams, p.requires_shipping,
               (select home_country from shop_pricing) as home_country,
               case when row_number() over (order by p.id) = 1 then (
                   select pricing_rules(coalesce($2, home_country), $3, $4, $5,
                                        (select currency from products where id = any($1) order by id limit 1),
                                        discount_buyer(coalesce((select email_norm from users where id = $6), $7)), $6)
                   from shop_pricing where has_rules)
               end as rules
        from products p
        where p.id = any($1) and p.status <> 'draft'
        order by p.id";
}

/// The products that somebody wishes to have, and the shop's rules for them.
pub(in crate::checkouts) struct Offered {
    pub(in crate::checkouts) offers: Vec<Offer>,
    rules: Rules,
    /// Where goods are thought to go before that is known.
    home: Option<Country>,
}

/// What is offered to a buyer with these wishes; a guest's are under their address.
pub(in crate::checkouts) fn offers(wishes: &Wishes, buyer: Option<UserId>) -> Ask<Offered> {
    let place = wishes.ship_to.as_ref().map(ShipTo::destination);
    let prefixes = place.as_ref().map(Destination::postal_prefixes).unwrap_or_default();
    let prefixes: Vec<_> = prefixes.into_iter().map(str::to_owned).collect();
    let with = params![
        wishes.cart.products(),
        place.as_ref().map(|place| place.country().code()),
        place.as_ref().map(|place| place.region().to_owned()),
        place.as_ref().map(|_| prefixes),
        wishes.codes.as_slice().to_vec(),
        buyer,
        wishes.email.as_ref().map(|email| email.normalized().to_owned()),
    ];
    Ask::new(&OFFERS, with, |rows| {
        let home = rows.first().and_then(|row| row.get::<_, Option<&str>>("home_country"));
        Ok(Offered {
            rules: rows.first().map(rules).transpose()?.flatten().unwrap_or_default(),
            home: home.and_then(Country::from_code),
            offers: rows.iter().map(offer).collect::<Result<_, _>>()?,
        })
    })
}

/// None in a shop without rules.
fn rules(row: &Row) -> Result<Option<Rules>, DbError> {
    let rules: Result<Option<Json<Rules>>, _> = row.try_get("rules");
    let rules = rules.map_err(|_| DbError::invalid_row(&OFFERS, "rules"))?;
    Ok(rules.map(|Json(rules)| rules))
}

fn offer(row: &Row) -> Result<Offer, DbError> {
    let currency = Currency::from_code(row.get("currency"))
        .ok_or(DbError::invalid_row(&OFFERS, "currency"))?;
    Ok(Offer {
        product: row.get("id"),
        sku: row.get("sku"),
        name: row.get("name"),
        price: Money { minor: row.get("price_minor"), currency },
        available: row.get("available"),
        is_for_sale: row.get("is_for_sale"),
        tax_category: row.get("tax_category"),
        category: row.get("category_id"),
        weight_grams: row.get("weight_grams"),
        requires_shipping: row.get("requires_shipping"),
    })
}

impl Offered {
    /// Prices the wishes. Refused if the products have several currencies.
    pub(in crate::checkouts) fn quote(&self, wishes: &Wishes) -> Result<Quote, Refusal> {
        let known = wishes.ship_to.as_ref().map(ShipTo::destination);
        let is_estimated = known.is_none() && self.home.is_some();
        let wish = Wish {
            destination: known.or(self.home.map(|home| Destination::new(home, None, None))),
            is_estimated,
            shipping_method: wishes.shipping_method,
            codes: wishes.codes.clone(),
        };
        // A cart is too small for a sum that is too large to compute with.
        pricing::quote(wishes.cart.lines(), &self.offers, &self.rules, &wish)
            .map_err(|_| Refusal::MixedCurrencies)
    }
}
