//! What a new shop starts with: an admin, and a few things to sell, put in through the doors.

use crate::Customer;
use crate::shop::{Error, Shop};
use domain::accounts::{self, Email};
use domain::db::Db;
use domain::failure::Failure;
use serde_json::{Value, json};

/// The address of the first admin.
pub const ADMIN: &str = "admin@tradepost.example";

/// Category, sku, name, description, price in cents, stock.
const GOODS: [(&str, &str, &str, &str, i64, i64); 8] = [
    ("Kitchen", "MUG-BLUE", "Blue mug", "Stoneware, 300 ml, glazed by hand.", 1250, 40),
    ("Kitchen", "MUG-RED", "Red mug", "Stoneware, 300 ml, glazed by hand.", 1250, 25),
    ("Kitchen", "POT-2L", "Teapot", "Cast iron, two litres, with a sieve.", 4900, 8),
    ("Pantry", "TEA-GREEN", "Green tea", "Loose leaves, 100 g.", 799, 120),
    ("Pantry", "TEA-BLACK", "Black tea", "Loose leaves, 100 g.", 699, 150),
    ("Pantry", "HONEY", "Forest honey", "From one meadow, 500 g.", 1150, 30),
    ("Paper", "NOTES-A5", "Notebook", "160 dotted pages, A5, thread-bound.", 1490, 60),
    ("Paper", "PEN-FINE", "Fountain pen", "Fine steel nib, takes cartridges.", 2950, 1),
];

/// Makes the first admin and fills the shelves, unless there is an admin already.
pub(crate) async fn seed(shop: &Shop, owner_url: &str) -> Result<Option<String>, Error> {
    let db = Db::connect(owner_url, 1)?;
    let email = Email::parse(ADMIN).map_err(|no| Error::Seed(no.to_string()))?;
    let secret = match accounts::appoint_admin(&db, &email).await {
        Ok(appointed) => appointed.password,
        Err(Failure::Refused(accounts::Refusal::AdminThere)) => return Ok(None),
        Err(failure) => return Err(Error::Seed(domain::failure::chain(&failure))),
    };
    let mut admin = Customer::stranger(shop.url());
    made(200, admin.log_in(ADMIN, &secret).await?)?;
    let mut category = ("", Value::Null);
    for (kind, sku, name, description, cents, stock) in GOODS {
        if category.0 != kind {
            let answer = admin.post("/v1/categories", &json!({"name": kind})).await?;
            category = (kind, made(201, answer)?["id"].clone());
        }
        let product = json!({
            "sku": sku, "name": name, "description": description, "category": category.1,
            "price": {"amount": cents, "currency": "EUR"}, "stock": stock, "status": "active",
        });
        made(201, admin.post("/v1/products", &product).await?)?;
    }
    Ok(Some(secret))
}

fn made(status: u16, answer: crate::Answer) -> Result<Value, Error> {
    if answer.status == status {
        Ok(answer.body)
    } else {
        Err(Error::Seed(format!("{} {}", answer.status, answer.body)))
    }
}
