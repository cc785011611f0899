//! Factories of products, categories and orders. A test sets what matters to it; the rest has defaults.

use crate::{Shop, User};
use domain::catalog::SearchedTexts;
use domain::id::{CategoryId, OrderId, ProductId};
use domain::ordering::OrderNumber;
use serde_json::{Value, json};
use uuid::Uuid;

/// A product to insert, such as `Product { stock: 1, ..Product::any() }`.
#[derive(Clone, Debug)]
pub struct Product {
    pub sku: String,
    pub name: String,
    /// In minor units.
    pub price: i64,
    pub currency: &'static str,
    pub stock: i32,
    pub category: Option<CategoryId>,
    pub status: &'static str,
}

/// A category to insert, a top-level one by default.
#[derive(Clone, Debug)]
pub struct Category {
    pub name: String,
    pub parent: Option<CategoryId>,
}

/// A stock count of a supplier, as in its message.
#[derive(Clone, Debug)]
pub struct Count {
    pub source: &'static str,
    pub sequence: i64,
    pub sku: String,
    pub on_hand: i64,
}

/// A pending order with one line, to insert directly into the database.
#[derive(Clone, Debug)]
pub struct Order {
    pub product: ProductId,
    pub quantity: i32,
}

impl Product {
    pub fn any() -> Self {
        let sku = format!("SKU-{}", Uuid::now_v7().simple());
        Self {
            name: format!("Product {sku}"),
            sku,
            price: 1250,
            currency: "EUR",
            stock: 10,
            category: None,
            status: "active",
        }
    }
}

impl Category {
    pub fn any() -> Self {
        Self { name: format!("Category {}", Uuid::now_v7().simple()), parent: None }
    }
}

impl Count {
    pub fn of(sku: &str) -> Self {
        Self { source: "acme", sequence: 1, sku: sku.to_owned(), on_hand: 40 }
    }

    pub fn message(&self) -> Value {
        let Self { source, sequence, sku, on_hand } = self;
        json!({"v": 1, "source": source, "sequence": sequence, "sku": sku, "on_hand": on_hand})
    }
}

impl Shop {
    pub async fn category(&self, category: Category) -> CategoryId {
        let id = CategoryId::generate();
        let Category { name, parent } = category;
        let sql = "insert into categories (id, name, parent_id) values ($1, $2, $3)";
        self.admin.execute(sql, &[&id, &name, &parent]).await.unwrap();
        id
    }

    pub async fn product(&self, product: Product) -> ProductId {
        let id = ProductId::generate();
        let Product { sku, name, price, currency, stock, category, status } = product;
        let SearchedTexts { search_terms, sort_name } = SearchedTexts::of(&sku, &name, "");
        let sql = "insert into products (id, sku, name, price_minor, currency, on_hand, category_id, status,
                                         search_terms, sort_name)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::tsvector, $10)";
        let row: [&(dyn tokio_postgres::types::ToSql + Sync); 10] = [
            &id,
            &sku,
            &name,
            &price,
            &currency,
            &stock,
            &category,
            &status,
            &search_terms,
            &sort_name,
        ];
        self.admin.execute(sql, &row).await.unwrap();
        if stock > 0 {
            let sql = "insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
                       values ($1, 'created', 'created', $2, 0)";
            self.admin.execute(sql, &[&id, &stock]).await.unwrap();
        }
        id
    }

    /// The stock on hand, and how much of it is reserved.
    pub async fn stock(&self, product: ProductId) -> (i32, i32) {
        let sql = "select on_hand, reserved from products where id = $1";
        let row = self.admin.query_one(sql, &[&product]).await.unwrap();
        (row.get(0), row.get(1))
    }

    /// Inserts an order with the rows that `POST /v1/orders` writes.
    pub async fn order(&self, buyer: &User, order: Order) -> OrderId {
        let id = OrderId::generate();
        let sql = "with product as (
                       update products set reserved = reserved + $4 where id = $3
                       returning id, sku, name, price_minor, currency
                   ), placed as (
                       insert into orders (id, user_id, currency, subtotal_minor, total_minor, expires_at)
                       select $1, $2, currency, price_minor * $4, price_minor * $4, now() + interval '30 minutes'
                       from product returning id
                   ), moved as (
                       insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
                       select product.id, 'order_placed', $5, 0, $4 from product
                   )
                   insert into order_lines (order_id, product_id, sku, name, currency, quantity, unit_minor)
                   select placed.id, product.id, product.sku, product.name, product.currency, $4, product.price_minor
                   from product, placed";
        let row: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&id, &buyer.id, &order.product, &order.quantity, &id.to_string()];
        self.admin.execute(sql, &row).await.unwrap();
        id
    }

    pub async fn order_number(&self, order: OrderId) -> OrderNumber {
        let sql = "select number from orders where id = $1";
        let row = self.admin.query_one(sql, &[&order]).await.unwrap();
        row.get::<_, &str>(0).parse().unwrap()
    }

    /// Marks a confirmed order as shipped, directly in the database, as a release does that knows no parcels.
    pub async fn ship(&self, order: OrderId) {
        let sql = "with shipped as (
                       update orders set status = 'shipped', shipped_at = now(), carrier = 'DHL' where id = $1
                   ), line as (
                       select product_id, quantity from order_lines where order_id = $1
                   ), moved as (
                       insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
                       select product_id, 'order_shipped', $2, -quantity, -quantity from line
                   )
                   update products set on_hand = on_hand - quantity, reserved = reserved - quantity
                   from line where id = product_id";
        self.admin.execute(sql, &[&order, &order.to_string()]).await.unwrap();
    }
}
