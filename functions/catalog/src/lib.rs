//! `/v1/products` and `/v1/categories`: the product catalog; `/v1/discounts`.

mod categories;
mod discounts;
mod products;
mod reader;

use lambda::http::App;

lambda::interface! {
    pub fn routes() -> Router<App>;
    products::create::create_product,
    products::list::list_products,
    products::show::show_product,
    products::change::change_product,
    products::archive::archive_product,
    categories::create::create_category,
    categories::list::list_categories,
    categories::show::show_category,
    categories::change::change_category,
    categories::delete::delete_category,
    discounts::create::create_discount,
    discounts::list::list_discounts,
    discounts::show::show_discount,
    discounts::change::change_discount,
    discounts::uses::list_discount_uses,
}
