use axum::extract::State;
use axum::http::Uri;
use domain::audit::{self, Action, EntityType, Entry, Filter};
use domain::db::Db;
use domain::id::UserId;
use domain::page::PageRequest;
use lambda::http::caller::Admin;
use lambda::http::{List, Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAuditLog {
    /// Only changes of entities of this type.
    #[param(inline)]
    entity_type: Option<EntityType>,
    /// Only changes of this entity: its id, or what identifies it, such as `DE` for a country.
    #[param(example = "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87", min_length = 1, max_length = 200)]
    entity: Option<String>,
    /// Only changes by this member of staff.
    actor: Option<UserId>,
    /// Only changes at or after this time (RFC 3339).
    #[serde(rename = "at[gte]", with = "time::serde::rfc3339::option", default)]
    since: Option<OffsetDateTime>,
    /// Only changes before this time (RFC 3339).
    #[serde(rename = "at[lt]", with = "time::serde::rfc3339::option", default)]
    until: Option<OffsetDateTime>,
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// A change by staff.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEntryView {
    /// Counts the entries from 1 on, in the order of their commits and without gaps.
    #[schema(minimum = 1)]
    seq: i64,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Who made the change.
    actor: UserId,
    /// `acknowledgement`, `category`, `discount`, `fulfillment`, `order`, `order_comment`, `order_guest`,
    /// `payment`, `product`, `refund`, `shipping_method`, `shop_settings`, `tax_country`, `tax_exemption`, `tax_rate`
    /// or `user`. Later versions may add types.
    #[schema(example = "product")]
    entity_type: String,
    /// The id, or what identifies it, such as `DE` for a country and `shop` for the settings.
    #[schema(example = "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87")]
    entity: String,
    action: Action,
    /// The members that changed, as they were; null for what was created. The members are those of the shop's records, and
    /// later versions may add some.
    #[schema(required, value_type = Option<Object>, example = json!({"price_minor": 1200}))]
    before: Option<Value>,
    /// The same members after the change; null for what was deleted.
    #[schema(required, value_type = Option<Object>, example = json!({"price_minor": 1500}))]
    after: Option<Value>,
    /// Members that changed, too, but are of a person: the log never has their values.
    #[schema(example = json!(["ship_to_line1"]))]
    withheld: Vec<String>,
    /// The SHA-256 of this entry and of the hash before, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    hash: String,
}

impl From<Entry> for AuditEntryView {
    fn from(entry: Entry) -> Self {
        let Entry { seq, at, actor, entity_type, entity, action, before, after, withheld, hash } =
            entry;
        let hash = hash.to_string();
        Self { seq, at, actor, entity_type, entity, action, before, after, withheld, hash }
    }
}

/// List the audit log
///
/// What staff have changed, newest first: products, categories, stock, pricing rules, orders, parcels, comments, refunds and
/// users, each with who did it and the values before and after. Entries are written together with their change and never change or expire.
/// What customers do themselves is not in it.
#[utoipa::path(
    get,
    path = "/v1/audit-log",
    tag = "operations",
    security(("bearer" = [])),
    params(ListAuditLog),
    responses(
        (status = 200, description = "A page of changes", body = List<AuditEntryView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_audit_log(
    State(db): State<Db>,
    _: Admin,
    uri: Uri,
    Query(query): Query<ListAuditLog>,
) -> Result<List<AuditEntryView>, Problem> {
    let ListAuditLog { entity_type, entity, actor, since, until, limit, cursor } = query;
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let about = Filter::about(entity.as_deref())?;
    let filter = Filter { entity_type, actor, since, until, ..about };
    let entries = audit::list(&db, &filter, &page).await?;
    Ok(List::new(&uri, entries, AuditEntryView::from))
}
