//! All HTTP functions side by side, before one shop.

use crate::document::{Operation, schemas};
use accounts::Accounts;
use domain::accounts::{Hasher, RefreshKey};
use domain::id::OrderId;
use lambda::dispatch::Dispatch;
use orders::Orders;
use payments::Payments;
use std::collections::BTreeMap;
use std::time::Duration;
use stripe_gateway::Stripe;
use stripe_gateway::webhook::Secrets;
use stripe_webhook::Webhook;
use testkit::{Call, Category, Door, Intent, Order, Person, Product, Shop, WEBHOOK_SECRET};

/// A street of doors, all into one shop.
pub(crate) struct Street {
    pub(crate) shop: Shop,
    pub(crate) doors: BTreeMap<&'static str, Door>,
    pub(crate) schemas: BTreeMap<String, serde_json::Value>,
}

impl Street {
    pub(crate) async fn open() -> Self {
        let shop = Shop::open().await;
        let (app, db, dispatch) = (shop.app(), shop.db.clone(), Dispatch::later());
        let refresh_key =
            RefreshKey::from_base64("c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldCE=");
        let accounts = Accounts {
            app: app.clone(),
            dispatch: dispatch.clone(),
            signer: testkit::signer(),
            keys: testkit::token_keys(),
            refresh_key: refresh_key.unwrap(),
            link_key: testkit::link_key(),
            hasher: Hasher::costing(64, 1),
            hush: Duration::ZERO,
        };
        // Nobody gets as far as Stripe.
        let stripe = Stripe::new("sk_test_nobody", Some("http://127.0.0.1:1/")).unwrap();
        let webhook = Webhook {
            db: db.clone(),
            clock: testkit::clock(),
            dispatch: dispatch.clone(),
            secrets: Secrets::parse(WEBHOOK_SECRET).unwrap().into(),
            live: false,
        };
        let payments =
            Payments { app: app.clone(), dispatch: dispatch.clone(), stripe: stripe.into() };
        let doors = [
            ("accounts", Door::new(accounts::routes(), accounts)),
            ("catalog", Door::new(catalog::routes(), app.clone())),
            ("docs", Door::new(docs::routes(), db)),
            (
                "inventory",
                Door::new(
                    inventory::routes(),
                    inventory::Inventory { app: app.clone(), dispatch: dispatch.clone() },
                ),
            ),
            (
                "operations",
                Door::new(
                    operations::routes(),
                    operations::Operations {
                        app: app.clone(),
                        dead_letters: lambda::dead_letters::DeadLetters::none(),
                    },
                ),
            ),
            ("orders", Door::new(orders::routes(), Orders { app, dispatch })),
            ("payments", Door::new(payments::routes(), payments)),
            ("stripe-webhook", Door::new(stripe_webhook::routes(), webhook)),
        ];
        Self { shop, doors: doors.into(), schemas: schemas() }
    }

    pub(crate) fn knock(&self, operation: &Operation) -> Call {
        let method = operation.method.parse().unwrap();
        self.doors[operation.function].call(method, &operation.address(&self.schemas))
    }

    /// An order with a payment that waits, a product and a category.
    pub(crate) async fn things(&self) -> Things {
        let owner = self.shop.customer().await;
        let product = self.shop.product(Product::any()).await;
        let category = self.shop.category(Category::any()).await;
        let order = self.shop.order(&owner, Order { product, quantity: 1 }).await;
        let intent = self.shop.payment(order).await;
        let addresses = BTreeMap::from([
            ("{order_id}", order.to_string()),
            ("{payment_id}", intent.payment.to_string()),
            ("{product_id}", product.to_string()),
            ("{category_id}", category.to_string()),
            ("{user_id}", owner.id.to_string()),
        ]);
        Things { owner, order, intent, addresses }
    }

    /// Like `knock`, at the address of these things.
    pub(crate) fn knock_at(&self, operation: &Operation, things: &Things) -> Call {
        let method = operation.method.parse().unwrap();
        self.doors[operation.function].call(method, &self.address(operation, things))
    }

    /// Where an operation meets these things.
    pub(crate) fn address(&self, operation: &Operation, things: &Things) -> String {
        let path = things.addresses.iter();
        let path = path.fold(operation.path.clone(), |path, (name, id)| path.replace(name, id));
        if path.contains('{') { operation.address(&self.schemas) } else { path }
    }

    /// The tag that somebody is shown at the address of an operation; one that fits nothing if there is none.
    pub(crate) async fn tag_of(
        &self,
        operation: &Operation,
        things: &Things,
        person: &Person,
    ) -> String {
        let address = self.address(operation, things);
        let shown = self.doors[operation.function].get(&address).by(person).await;
        shown.header("etag").unwrap_or("\"1\"").to_owned()
    }
}

/// What stands in a shop, and whose it is.
pub(crate) struct Things {
    pub(crate) owner: Person,
    order: OrderId,
    pub(crate) intent: Intent,
    /// What stands for it in a path, with its id.
    pub(crate) addresses: BTreeMap<&'static str, String>,
}

impl Things {
    /// The order's id as the database writes it.
    pub(crate) fn row(&self) -> String {
        let id = self.order.to_string();
        id.trim_start_matches("ord_").to_owned()
    }
}
