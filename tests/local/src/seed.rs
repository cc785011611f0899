//! The initial data of a new shop: an admin, a customer and a small catalogue.

use crate::Customer;
use crate::shop::{Error, Shop};
use domain::accounts::{self, Email};
use domain::db::Db;
use domain::failure::Failure;
use domain::id::UserId;
use serde_json::{Value, json};

/// The address of the first admin.
pub const ADMIN: &str = "admin@tradepost.example";
/// The address of a customer who need not confirm it. Their password is the admin's.
pub const BUYER: &str = "buyer@tradepost.example";

const INSERT_BUYER: &str = "
    insert into users (id, email, email_norm, password_hash, email_verified_at)
    select $1, $2, $2, password_hash, now() from users where role = 'admin'
    on conflict on constraint users_email_taken do nothing";

/// Category, sku, name, description, price in cents, stock.
const PRODUCTS: [(&str, &str, &str, &str, i64, i64); 8] = [
    ("Kitchen", "MUG-BLUE", "Blue mug", "Stoneware, 300 ml, glazed by hand.", 1250, 40),
    ("Kitchen", "MUG-RED", "Red mug", "Stoneware, 300 ml, glazed by hand.", 1250, 25),
    ("Kitchen", "POT-2L", "Teapot", "Cast iron, two litres, with a sieve.", 4900, 8),
    ("Pantry", "TEA-GREEN", "Green tea", "Loose leaves, 100 g.", 799, 120),
    ("Pantry", "TEA-BLACK", "Black tea", "Loose leaves, 100 g.", 699, 150),
    ("Pantry", "HONEY", "Forest honey", "From one meadow, 500 g.", 1150, 30),
    ("Paper", "NOTES-A5", "Notebook", "160 dotted pages, A5, thread-bound.", 1490, 60),
    ("Paper", "PEN-FINE", "Fountain pen", "Fine steel nib, takes cartridges.", 2950, 1),
];

/// Creates the first admin, the customer and the catalogue, and returns the password of both; none if there is an admin
/// already.
pub(crate) async fn seed(shop: &Shop, owner_url: &str) -> Result<Option<String>, Error> {
    let db = Db::connect(owner_url, 1)?;
    let email = Email::parse(ADMIN).map_err(|no| Error::Seed(no.to_string()))?;
    let password = match accounts::create_first_admin(&db, &email).await {
        Ok(admin) => admin.password,
        Err(Failure::Refused(accounts::Refusal::AdminExists)) => return Ok(None),
        Err(failure) => return Err(Error::Seed(domain::failure::chain(&failure))),
    };
    shop.execute(INSERT_BUYER, &[&UserId::generate(), &BUYER]).await?;
    let mut admin = Customer::anonymous(shop.url());
    expect(200, admin.log_in(ADMIN, &password).await?)?;
    let mut category = ("", Value::Null);
    for (category_name, sku, name, description, price, stock) in PRODUCTS {
        if category.0 != category_name {
            let response = admin.post("/v1/categories", &json!({"name": category_name})).await?;
            category = (category_name, expect(201, response)?["id"].clone());
        }
        let product = json!({
            "sku": sku, "name": name, "description": description, "category": category.1,
            "price": {"amount": price, "currency": "EUR"}, "stock": stock, "status": "active",
        });
        expect(201, admin.post("/v1/products", &product).await?)?;
    }
    Ok(Some(password))
}

fn expect(status: u16, response: crate::Response) -> Result<Value, Error> {
    if response.status == status {
        Ok(response.body)
    } else {
        Err(Error::Seed(format!("{} {}", response.status, response.body)))
    }
}
