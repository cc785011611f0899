//! Creates a product with its initial stock.

use crate::catalog::{self, NewProduct, Product, Refusal};
use crate::db::Db;
use crate::failure::Failure;
use crate::id::UserId;
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::inventory;

/// Adds a product to the catalog and records its initial stock as a movement, once per request.
pub async fn create_product(
    db: &Db,
    staff: UserId,
    new: &NewProduct,
    call: &IdempotentCall<Product>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        tx.act_as_staff(staff);
        let product = catalog::insert_product(tx, new).await?;
        if new.stock.pieces() > 0 {
            inventory::record_initial_stock(tx, product.id, new.stock.pieces()).await?;
        }
        Ok(product)
    })
    .await
}
