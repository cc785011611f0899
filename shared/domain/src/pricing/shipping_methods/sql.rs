//! SQL statements of shipping methods. They contain no business rules.

use super::super::rules::{ShippingBasis, ShippingZone};
use super::{Carrier, Days, FreeFrom, Method, MethodName, NewMethod, Visible};
use crate::db::{Db, DbError, Param, Query, Tx, queries};
use crate::id::ShippingMethodId;
use crate::money::Currency;
use crate::page::PageRequest;
use crate::tax_category::TaxCategory;
use postgres_types::Json;
use tokio_postgres::Row;

macro_rules! method_columns {
    () => {
        "id, name, carrier, currency, basis, free_from_minor, tax_category, days_min, days_max, position, zones, active,
                version, created_at, updated_at"
    };
}

queries! {
    INSERT_METHOD: "create a shipping method" = concat!("
        insert into shipping_methods (id, name, carrier, currency, basis, free_from_minor, tax_category, days_min, days_max,
                                      position, zones, active)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        returning ", method_columns!());

    METHOD: "look up a shipping method" = concat!("
        select ", method_columns!(), " from shipping_methods where id = $1");

    LOCK_METHOD: "lock a shipping method" = concat!("
        select ", method_columns!(), " from shipping_methods where id = $1 for no key update");

    UPDATE_METHOD: "change a shipping method" = concat!("
        update shipping_methods
        set name = $2, carrier = $3, free_from_minor = $4, tax_category = $5, days_min = $6, days_max = $7, position = $8,
            zones = $9, active = $10, version = version + 1, updated_at = now()
        where id = $1
        returning ", method_columns!());

    METHODS: "list shipping methods" = concat!("
        select ", method_columns!(), "
        from shipping_methods
        where (active or not $1)
          and (position, id) > (coalesce($2, -2147483648), coalesce($3, '00000000-0000-0000-0000-000000000000'::uuid))
        order by position, id
        limit $4");
}

pub(super) async fn insert(
    tx: &Tx<'_>,
    id: ShippingMethodId,
    new: &NewMethod,
) -> Result<Method, DbError> {
    let NewMethod { name, carrier, tax_category, days, position, is_active, free_from, zones } =
        new;
    let row: [Param<'_>; 12] = [
        &id,
        &name.0,
        &carrier.as_ref().map(|carrier| &carrier.0),
        &zones.currency().code(),
        &zones.basis().name(),
        &free_from.map(FreeFrom::minor),
        &tax_category.as_str(),
        &days.map(Days::min),
        &days.map(Days::max),
        position,
        &Json(zones.list()),
        is_active,
    ];
    returned(&INSERT_METHOD, tx.row(&INSERT_METHOD, &row).await?)
}

pub(super) async fn method(db: &Db, id: ShippingMethodId) -> Result<Option<Method>, DbError> {
    let row = db.row(&METHOD, &[&id]).await?;
    row.map(|row| read_method(&METHOD, &row)).transpose()
}

pub(super) async fn lock(tx: &Tx<'_>, id: ShippingMethodId) -> Result<Option<Method>, DbError> {
    let row = tx.row(&LOCK_METHOD, &[&id]).await?;
    row.map(|row| read_method(&LOCK_METHOD, &row)).transpose()
}

pub(super) async fn update(tx: &Tx<'_>, method: &Method) -> Result<Method, DbError> {
    let Method { id, name, carrier, free_from, tax_category, days, position, zones, .. } = method;
    let row: [Param<'_>; 10] = [
        id,
        &name.0,
        &carrier.as_ref().map(|carrier| &carrier.0),
        &free_from.map(FreeFrom::minor),
        &tax_category.as_str(),
        &days.map(Days::min),
        &days.map(Days::max),
        position,
        &Json(zones),
        &method.is_active,
    ];
    returned(&UPDATE_METHOD, tx.row(&UPDATE_METHOD, &row).await?)
}

pub(super) async fn methods(
    db: &Db,
    visible: Visible,
    page: &PageRequest<(i32, ShippingMethodId)>,
) -> Result<Vec<Method>, DbError> {
    let (position, id) = page.after.unzip();
    let only_active = visible == Visible::Active;
    let with: [Param<'_>; 4] = [&only_active, &position, &id, &page.fetch_limit()];
    db.rows(&METHODS, &with).await?.iter().map(|row| read_method(&METHODS, row)).collect()
}

/// The row of a statement with `returning`, which always returns one.
fn returned(query: &Query, row: Option<Row>) -> Result<Method, DbError> {
    read_method(query, &row.ok_or(DbError::invalid_row(query, "no row was returned"))?)
}

fn read_method(query: &Query, row: &Row) -> Result<Method, DbError> {
    let invalid_row = |what| DbError::invalid_row(query, what);
    let zones: Json<Vec<ShippingZone>> = row.try_get("zones").map_err(|_| invalid_row("zones"))?;
    let currency = Currency::from_code(row.get("currency"));
    let basis = ShippingBasis::from_name(row.get("basis"));
    Ok(Method {
        id: row.get("id"),
        name: MethodName(row.get("name")),
        carrier: row.get::<_, Option<String>>("carrier").map(Carrier),
        currency: currency.ok_or_else(|| invalid_row("currency"))?,
        basis: basis.ok_or_else(|| invalid_row("basis"))?,
        free_from: row.get::<_, Option<i64>>("free_from_minor").map(FreeFrom),
        tax_category: TaxCategory::from_stored(row.get("tax_category")),
        days: Days::from_stored(row.get("days_min"), row.get("days_max")),
        position: row.get("position"),
        zones: zones.0,
        is_active: row.get("active"),
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

impl ShippingBasis {
    fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Weight => "weight",
            Self::Subtotal => "subtotal",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Flat, Self::Weight, Self::Subtotal].into_iter().find(|basis| basis.name() == name)
    }
}
