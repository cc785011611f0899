//! All HTTP functions in one process, with one shop and one database.

use crate::document::{Operation, schemas};
use accounts::Accounts;
use domain::accounts::{Hasher, RefreshKey};
use domain::id::OrderId;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use payments::Payments;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use stripe_gateway::webhook::SigningSecrets;
use stripe_gateway::{Mode, Stripe};
use stripe_webhook::Webhook;
use testkit::{ApiClient, Call, Category, Intent, Order, Product, Shop, User, WEBHOOK_SECRET};

/// A client for each HTTP function, all with the same shop.
pub(crate) struct AllFunctions {
    pub(crate) shop: Shop,
    /// By the folder of the function below `functions/`.
    pub(crate) apis: BTreeMap<&'static str, ApiClient>,
    /// The schemas of the OpenAPI document by name.
    pub(crate) schemas: BTreeMap<String, serde_json::Value>,
}

impl AllFunctions {
    pub(crate) async fn open() -> Self {
        let shop = Shop::open().await;
        let (app, db, dispatcher) = (shop.app(), shop.db.clone(), OutboxDispatcher::deferred());
        let refresh_key =
            RefreshKey::from_base64("c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldCE=");
        let accounts = Accounts {
            app: app.clone(),
            dispatcher: dispatcher.clone(),
            signer: testkit::signer(),
            keys: testkit::token_keys(),
            refresh_key: refresh_key.unwrap(),
            link_key: testkit::link_key(),
            hasher: Hasher::with_cost(64, 1),
            min_response_time: Duration::ZERO,
        };
        // An address at which nothing listens: calls of Stripe fail.
        let stripe =
            Stripe::new("sk_test_nobody", Some("http://127.0.0.1:1/"), Mode::Test).unwrap();
        let webhook = Webhook {
            db: db.clone(),
            clock: testkit::clock(),
            dispatcher: dispatcher.clone(),
            secrets: SigningSecrets::parse(WEBHOOK_SECRET).unwrap().into(),
            live: false,
        };
        let payments =
            Payments { app: app.clone(), dispatcher: dispatcher.clone(), stripe: stripe.into() };
        let apis = [
            ("accounts", ApiClient::new(accounts::routes(), accounts)),
            ("catalog", ApiClient::new(catalog::routes(), app.clone())),
            ("checkouts", ApiClient::new(checkouts::routes(), app.clone())),
            ("docs", ApiClient::new(docs::routes(), db)),
            (
                "inventory",
                ApiClient::new(
                    inventory::routes(),
                    inventory::Inventory { app: app.clone(), dispatcher: dispatcher.clone() },
                ),
            ),
            (
                "operations",
                ApiClient::new(
                    operations::routes(),
                    operations::Operations {
                        app: app.clone(),
                        dead_letters: lambda::dead_letters::DeadLetters::none(),
                    },
                ),
            ),
            ("orders", ApiClient::new(orders::routes(), Orders { app, dispatcher })),
            ("payments", ApiClient::new(payments::routes(), payments)),
            ("stripe-webhook", ApiClient::new(stripe_webhook::routes(), webhook)),
        ];
        Self { shop, apis: apis.into(), schemas: schemas() }
    }

    /// A request for the operation, with the examples of the document in its path.
    pub(crate) fn call(&self, operation: &Operation) -> Call {
        let method = operation.method.parse().unwrap();
        self.apis[operation.function].call(method, &operation.example_path(&self.schemas))
    }

    /// Creates a pending order with an open payment, a product, a category and a discount.
    pub(crate) async fn resources(&self) -> Resources {
        let owner = self.shop.customer().await;
        let product = self.shop.product(Product::any()).await;
        let category = self.shop.category(Category::any()).await;
        let discount = self.shop.percent_off(None, 1000).await;
        self.shop.tax_country("DE", true).await;
        let method = self.shop.shipping_method("EUR", "flat", &json!([])).await;
        let order = self.shop.order(&owner, Order { product, quantity: 1 }).await;
        let intent = self.shop.payment(order).await;
        let wish = serde_json::json!({"lines": [{"product": product, "quantity": 1}]});
        let checkout = self.apis["checkouts"].post("/v1/checkouts", &wish).by(&owner).await;
        let path_parameters = BTreeMap::from([
            ("{checkout_id}", checkout.text("/id").to_owned()),
            ("{order_id}", order.to_string()),
            ("{payment_id}", intent.payment.to_string()),
            ("{product_id}", product.to_string()),
            ("{category_id}", category.to_string()),
            ("{discount_id}", discount.to_string()),
            ("{country}", "DE".to_owned()),
            ("{method_id}", method.to_string()),
            ("{user_id}", owner.id.to_string()),
        ]);
        Resources { owner, order, intent, path_parameters }
    }

    /// A request for the operation, with the ids of `resources` in its path.
    pub(crate) fn call_on(&self, operation: &Operation, resources: &Resources) -> Call {
        let method = operation.method.parse().unwrap();
        self.apis[operation.function].call(method, &self.path(operation, resources))
    }

    /// The path of an operation with the ids of `resources`, or with the examples of the document if it names something else.
    pub(crate) fn path(&self, operation: &Operation, resources: &Resources) -> String {
        let path = resources.path_parameters.iter();
        let path = path.fold(operation.path.clone(), |path, (name, id)| path.replace(name, id));
        if path.contains('{') { operation.example_path(&self.schemas) } else { path }
    }

    /// The `ETag` that `GET` answers at the path of an operation, or `*` if there is none.
    pub(crate) async fn etag(
        &self,
        operation: &Operation,
        resources: &Resources,
        user: &User,
    ) -> String {
        let path = self.path(operation, resources);
        let shown = self.apis[operation.function].get(&path).by(user).await;
        shown.header("etag").unwrap_or("*").to_owned()
    }
}

/// Resources of a shop. The order and its payment belong to `owner`.
pub(crate) struct Resources {
    pub(crate) owner: User,
    order: OrderId,
    pub(crate) intent: Intent,
    /// The placeholders of paths, such as `{order_id}`, with the ids.
    pub(crate) path_parameters: BTreeMap<&'static str, String>,
}

impl Resources {
    /// The UUID of the order in hexadecimal, without hyphens.
    pub(crate) fn order_uuid(&self) -> String {
        let id = self.order.to_string();
        id.trim_start_matches("ord_").to_owned()
    }
}
