use axum::extract::State;
use domain::audit::{self, Fault, FaultKind, Hash, Head, Verification};
use domain::db::Db;
use domain::failure::Invalid;
use lambda::http::caller::Admin;
use lambda::http::{Json, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to verify.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"after_seq": 0}))]
pub(crate) struct VerifyAuditLog {
    /// Where to begin: the `next` of the response before, and 0 for the first entry.
    #[serde(default)]
    #[schema(minimum = 0, default = 0)]
    after_seq: i64,
    /// The most entries to verify in this request.
    #[serde(default = "most_at_once")]
    #[schema(minimum = 1, maximum = 50_000, default = 50_000)]
    limit: i64,
    /// An end of the chain that you kept from an earlier response or from the log: is it still a part of the chain?
    kept: Option<KeptHead>,
}

/// An end of the chain that was kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeptHead {
    #[schema(minimum = 0)]
    seq: i64,
    #[schema(
        pattern = "^[0-9A-Fa-f]{64}$",
        example = "f58f8eace9cc877ffab57f5b154ba0118895dfeb9dd5865d5905e0094f39e296"
    )]
    hash: String,
}

/// The result of a verification.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditVerificationView {
    /// How many entries this request has verified.
    checked: i64,
    head: AuditHeadView,
    /// Where the chain is broken: the first ten places of those that were verified.
    broken: Vec<AuditFaultView>,
    /// Send it as `after_seq` to go on; null when the end was reached.
    #[schema(required)]
    next: Option<i64>,
    /// Whether the chain has the entry that you kept, with this hash; null if you sent none.
    #[schema(required)]
    kept_is_in_chain: Option<bool>,
}

/// The end of the chain. Keep it elsewhere: it shows later that nothing up to here was replaced.
#[derive(Serialize, ToSchema)]
struct AuditHeadView {
    /// Zero before the first entry.
    seq: i64,
    #[schema(pattern = "^[0-9a-f]{64}$")]
    hash: String,
}

/// A place where the chain is broken.
#[derive(Serialize, ToSchema)]
struct AuditFaultView {
    seq: i64,
    kind: FaultKind,
}

const fn most_at_once() -> i64 {
    audit::MOST_AT_ONCE
}

impl VerifyAuditLog {
    fn most(&self) -> Result<i64, Invalid> {
        let detail = || format!("must be between 1 and {}", audit::MOST_AT_ONCE);
        let most = Some(self.limit).filter(|most| (1..=audit::MOST_AT_ONCE).contains(most));
        most.ok_or_else(|| Invalid::new("/limit", "out_of_range", detail()))
    }

    fn after(&self) -> Result<i64, Invalid> {
        let invalid = || Invalid::new("/after_seq", "out_of_range", "must not be negative");
        Some(self.after_seq).filter(|after| *after >= 0).ok_or_else(invalid)
    }
}

impl KeptHead {
    fn parse(self) -> Result<(i64, Hash), Invalid> {
        if self.seq < 0 {
            let detail = "must not be negative";
            return Err(Invalid::new("/kept/seq", "out_of_range", detail));
        }
        Ok((self.seq, Hash::parse("/kept/hash", &self.hash)?))
    }
}

impl From<Verification> for AuditVerificationView {
    fn from(verified: Verification) -> Self {
        let Verification { checked, head, faults, next, kept_is_in_chain } = verified;
        let Head { seq, hash } = head;
        let broken = faults.into_iter().map(|Fault { seq, kind }| AuditFaultView { seq, kind });
        let head = AuditHeadView { seq, hash: hash.to_string() };
        Self { checked, head, broken: broken.collect(), next, kept_is_in_chain }
    }
}

/// Verify the audit log
///
/// Computes the hashes of the entries anew: an entry that was changed, added or removed since it was written is found. Repeat
/// the request with `next` until it is null. Whoever owns the database could write the whole chain anew; that is found with an
/// end of the chain that was kept elsewhere: send it as `kept`. The hourly check of the records writes it into the log, too.
#[utoipa::path(
    post,
    path = "/v1/ops/audit/verify",
    tag = "operations",
    security(("bearer" = [])),
    request_body = VerifyAuditLog,
    responses(
        (status = 200, description = "What was found", body = AuditVerificationView),
        (status = 400, description = "`malformed_json`, `bad_body`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn verify_audit_log(
    State(db): State<Db>,
    _: Admin,
    Json(body): Json<VerifyAuditLog>,
) -> Result<Json<AuditVerificationView>, Problem> {
    let (after, most) = (body.after()?, body.most()?);
    let kept = body.kept.map(KeptHead::parse);
    let kept = kept.transpose().map_err(Problem::from)?;
    Ok(Json(audit::verify(&db, after, most, kept).await?.into()))
}
