//! `/v1/products` and `/v1/categories`: the product catalog. And what the shop writes about taxes, shipping and discounts.

mod categories;
mod country;
mod discounts;
mod pricing;
mod products;
mod reader;
mod shipping_methods;
mod tax_countries;
mod tax_rates;

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
    tax_countries::list::list_tax_countries,
    tax_countries::show::show_tax_country,
    tax_countries::set::set_tax_country,
    tax_rates::add::add_tax_rate,
    tax_rates::list::list_tax_rates,
    shipping_methods::create::create_shipping_method,
    shipping_methods::list::list_shipping_methods,
    shipping_methods::show::show_shipping_method,
    shipping_methods::change::change_shipping_method,
    pricing::show::show_pricing,
    pricing::set::set_pricing,
}
