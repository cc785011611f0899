//! SQL statements of discounts. They contain no business rules.

use super::Filter;
use super::attribute::{BuyersLimit, DiscountCode, DiscountTitle, Limit, Priority};
use super::discount::{Discount, DiscountUse, NewDiscount};
use super::scope::Scope;
use super::value::{Off, Value};
use super::window::Window;
use crate::db::{Db, DbError, Param, Query, Tx, queries};
use crate::id::{CategoryId, DiscountId, OrderId, ProductId};
use crate::money::{Currency, Money};
use crate::page::PageRequest;
use crate::pricing::DiscountTarget;
use tokio_postgres::Row;

macro_rules! columns {
    () => {
        "id, title, code, target, kind, percent_bp, currency, value_minor, minimum_minor, products, categories,
               nullif(starts_at, '-infinity') as starts_at, nullif(ends_at, 'infinity') as ends_at,
               max_uses, used, max_per_buyer, combines, priority, active, version, created_at, updated_at"
    };
}

queries! {
    KNOWN: "look up the products and categories of a discount" = "
        select id as product, null::uuid as category from products where id = any($1)
        union all
        select null, id from categories where id = any($2)";

    INSERT: "create a discount" = concat!("
        insert into discounts (id, title, code, target, kind, percent_bp, currency, value_minor, minimum_minor, products,
                               categories, starts_at, ends_at, max_uses, max_per_buyer, combines, priority, active)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                coalesce($12, '-infinity'::timestamptz), coalesce($13, 'infinity'::timestamptz), $14, $15, $16, $17, $18)
        returning ", columns!());

    DISCOUNT: "look up a discount" = concat!("
        select ", columns!(), " from discounts where id = $1");

    /// Waits for orders that are being placed with it, if their number is limited.
    LOCK: "lock a discount" = concat!("
        select ", columns!(), " from discounts where id = $1 for no key update");

    UPDATE: "change a discount" = concat!("
        update discounts
        set title = $2, currency = $3, minimum_minor = $4, starts_at = coalesce($5, '-infinity'::timestamptz),
            ends_at = coalesce($6, 'infinity'::timestamptz), max_uses = $7, max_per_buyer = $8, combines = $9, priority = $10,
            active = $11, version = version + 1, updated_at = now()
        where id = $1
        returning ", columns!());

    DISCOUNTS: "list discounts" = concat!("
        select ", columns!(), "
        from discounts
        where ($1::text is null or code = $1)
          and ($2::boolean is null or active = $2)
          and id < $3
        order by id desc
        limit $4");

    USES: "list the orders that have used a discount" = "
        select u.order_id, u.code, u.amount_minor, o.currency, u.used_at, u.released_at
        from discount_uses u join orders o on o.id = u.order_id
        where u.discount_id = $1 and u.order_id < $2
        order by u.order_id desc
        limit $3";
}

/// The products and categories of a scope that there are.
pub(super) struct Known {
    pub(super) products: Vec<ProductId>,
    pub(super) categories: Vec<CategoryId>,
}

pub(super) async fn known(tx: &Tx<'_>, scope: &Scope) -> Result<Known, DbError> {
    let (products, categories) = (scope.products(), scope.categories());
    if products.is_empty() && categories.is_empty() {
        return Ok(Known { products: Vec::new(), categories: Vec::new() });
    }
    let rows = tx.rows(&KNOWN, &[&products, &categories]).await?;
    Ok(Known {
        products: rows.iter().filter_map(|row| row.get("product")).collect(),
        categories: rows.iter().filter_map(|row| row.get("category")).collect(),
    })
}

pub(super) async fn insert(
    tx: &Tx<'_>,
    id: DiscountId,
    new: &NewDiscount,
) -> Result<Discount, DbError> {
    let NewDiscount { title, code, scope, value, window, max_uses, max_per_buyer, .. } = new;
    let (kind, percent_bp, value_minor) = match value.off() {
        Off::Percent { bp } => ("percent", Some(bp), None),
        Off::Fixed(amount) => ("fixed", None, Some(amount.minor)),
    };
    let row: [Param<'_>; 18] = [
        &id,
        &title.0,
        &code.as_ref().map(DiscountCode::as_str),
        &target_name(scope.target()),
        &kind,
        &percent_bp,
        &value.currency().map(Currency::code),
        &value_minor,
        &value.minimum().map(|minimum| minimum.minor),
        &scope.products(),
        &scope.categories(),
        &window.starts_at,
        &window.ends_at,
        &max_uses.map(Limit::uses),
        &max_per_buyer.map(BuyersLimit::uses),
        &new.combines,
        &new.priority.number(),
        &new.is_active,
    ];
    returned(&INSERT, tx.row(&INSERT, &row).await?)
}

pub(super) async fn discount(db: &Db, id: DiscountId) -> Result<Option<Discount>, DbError> {
    db.row(&DISCOUNT, &[&id]).await?.map(|row| read(&DISCOUNT, &row)).transpose()
}

pub(super) async fn lock(tx: &Tx<'_>, id: DiscountId) -> Result<Option<Discount>, DbError> {
    tx.row(&LOCK, &[&id]).await?.map(|row| read(&LOCK, &row)).transpose()
}

pub(super) async fn update(tx: &Tx<'_>, discount: &Discount) -> Result<Discount, DbError> {
    let Discount { id, title, value, window, max_uses, max_per_buyer, .. } = discount;
    let row: [Param<'_>; 11] = [
        id,
        &title.0,
        &value.currency().map(Currency::code),
        &value.minimum().map(|minimum| minimum.minor),
        &window.starts_at,
        &window.ends_at,
        &max_uses.map(Limit::uses),
        &max_per_buyer.map(BuyersLimit::uses),
        &discount.combines,
        &discount.priority.number(),
        &discount.is_active,
    ];
    returned(&UPDATE, tx.row(&UPDATE, &row).await?)
}

pub(super) async fn discounts(
    db: &Db,
    filter: &Filter,
    page: &PageRequest<DiscountId>,
) -> Result<Vec<Discount>, DbError> {
    let code = filter.code.as_ref().map(DiscountCode::as_str);
    let before = page.after.unwrap_or(DiscountId::LAST);
    let with: [Param<'_>; 4] = [&code, &filter.is_active, &before, &page.fetch_limit()];
    let rows = db.rows(&DISCOUNTS, &with).await?;
    rows.iter().map(|row| read(&DISCOUNTS, row)).collect()
}

pub(super) async fn uses(
    db: &Db,
    id: DiscountId,
    page: &PageRequest<OrderId>,
) -> Result<Vec<DiscountUse>, DbError> {
    let before = page.after.unwrap_or(OrderId::LAST);
    let rows = db.rows(&USES, &[&id, &before, &page.fetch_limit()]).await?;
    let read = |row: &Row| {
        Ok(DiscountUse {
            order: row.get("order_id"),
            code: row.get("code"),
            amount: Money { minor: row.get("amount_minor"), currency: currency(&USES, row)? },
            used_at: row.get("used_at"),
            released_at: row.get("released_at"),
        })
    };
    rows.iter().map(read).collect()
}

fn returned(query: &Query, row: Option<Row>) -> Result<Discount, DbError> {
    read(query, &row.ok_or(DbError::invalid_row(query, "no row was returned"))?)
}

fn read(query: &Query, row: &Row) -> Result<Discount, DbError> {
    let invalid_row = |what| DbError::invalid_row(query, what);
    let money = |minor| Ok::<_, DbError>(Money { minor, currency: currency(query, row)? });
    let off = match (row.get("kind"), row.get("percent_bp"), row.get("value_minor")) {
        ("percent", Some(bp), None) => Off::Percent { bp },
        ("fixed", None, Some(minor)) => Off::Fixed(money(minor)?),
        _ => return Err(invalid_row("kind")),
    };
    let target = target(row.get("target")).ok_or_else(|| invalid_row("target"))?;
    let (products, categories) = (row.get("products"), row.get("categories"));
    Ok(Discount {
        id: row.get("id"),
        title: DiscountTitle(row.get("title")),
        code: row.get::<_, Option<_>>("code").map(DiscountCode),
        scope: Scope { target, products, categories },
        value: Value::from_stored(
            off,
            row.get::<_, Option<i64>>("minimum_minor").map(money).transpose()?,
        ),
        window: Window { starts_at: row.get("starts_at"), ends_at: row.get("ends_at") },
        max_uses: row.get::<_, Option<_>>("max_uses").map(Limit),
        used: row.get("used"),
        max_per_buyer: row.get::<_, Option<_>>("max_per_buyer").map(BuyersLimit),
        combines: row.get("combines"),
        priority: Priority(row.get("priority")),
        is_active: row.get("active"),
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

fn currency(query: &Query, row: &Row) -> Result<Currency, DbError> {
    let code: Option<&str> = row.get("currency");
    code.and_then(Currency::from_code).ok_or(DbError::invalid_row(query, "currency"))
}

fn target_name(target: DiscountTarget) -> &'static str {
    match target {
        DiscountTarget::Products => "products",
        DiscountTarget::Order => "order",
        DiscountTarget::Shipping => "shipping",
    }
}

fn target(name: &str) -> Option<DiscountTarget> {
    let all = [DiscountTarget::Products, DiscountTarget::Order, DiscountTarget::Shipping];
    all.into_iter().find(|target| target_name(*target) == name)
}
