//! What a shop writes about taxes, shipping and discounts.

mod discounts;
mod give_back;
mod rules;
mod settings;
mod shipping;
mod taxes;

use axum::http::Method;
use serde_json::{Value, json};
use testkit::{ApiClient, Call, Shop, User};

fn api(shop: &Shop) -> ApiClient {
    ApiClient::new(catalog::routes(), shop.app())
}

fn put(api: &ApiClient, path: &str, body: &Value) -> Call {
    api.call(Method::PUT, path).json(body)
}

/// Taxes Germany through the API.
async fn tax_germany(api: &ApiClient, staff: &User) {
    let body = json!({"prices_include_tax": true, "shipping_rule": "follow"});
    let answer = put(api, "/v1/tax-countries/DE", &body).by(staff).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}
