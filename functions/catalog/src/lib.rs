//! `/v1/products` and `/v1/categories`: what the shop sells.

mod categories;
mod products;
mod reader;

use lambda::http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(products::create::create_product, products::list::list_products))
        .routes(routes!(
            products::show::show_product,
            products::change::change_product,
            products::archive::archive_product,
        ))
        .routes(routes!(categories::create::create_category, categories::list::list_categories,))
        .routes(routes!(
            categories::show::show_category,
            categories::change::change_category,
            categories::delete::delete_category,
        ))
}
