//! IAM policies, secrets, and the parameters of deployments.

use super::Faults;
use super::functions::events;
use super::yaml::{Yaml, branches, items};
use serde_json::{Value, json};

/// How secrets of Stripe and AWS begin.
const SECRET_PREFIXES: [&str; 6] = ["sk_live", "sk_test", "rk_live", "rk_test", "whsec_", "AKIA"];
/// The variables that hold a secret in local runs, where there is no Secrets Manager.
const ONLY_LOCAL: [&str; 5] =
    ["LINK_KEY", "REFRESH_KEY", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS", "TOKEN_SIGNING_KEY"];
/// Each secret with the functions that may read it.
const READERS: [(&str, &[&str]); 4] = [
    ("LinkSecret", &["Accounts", "SendEmail"]),
    ("StripeSecret", &["Payments", "Reconcile", "Sweep"]),
    ("StripeWebhookSecret", &["StripeWebhook"]),
    ("TokenSecret", &["Accounts"]),
];

pub(super) fn are_exact(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    for (place, text) in yaml.texts() {
        let last = place.rsplit('/').next().unwrap_or_default();
        // A statement that denies may name any resource.
        let is_denial = place.contains("/QueuesNeedTls/");
        if matches!(last, "Action" | "NotAction") && text.contains('*') {
            faults.push(format!("{place}: {text}"));
        }
        let resource = place.contains("/Resource") && !place.ends_with("/Ref");
        if resource && (text == "*" || text.ends_with(":*") || text.ends_with("/*")) && !is_denial {
            faults.push(format!("{place}: {text}"));
        }
        if matches!(last, "NotAction" | "NotResource") {
            faults.push(format!("{place}: grants all but what it names"));
        }
    }
    for (id, own) in yaml.functions() {
        if own.get("Role").is_some() {
            faults.push(format!("{id}: shares a role"));
        }
        for (kind, about) in items(&own["Policies"]).filter_map(Value::as_object).flatten() {
            if kind == "SESCrudPolicy" {
                faults.push(format!("{id}: {kind} may verify senders as well"));
            }
            let queue = about["QueueName"]["Fn::GetAtt"].as_str().unwrap_or_default();
            let queue = queue.split('.').next().unwrap_or_default();
            let is_admin_access = id == "Operations" && queue.ends_with("DeadLetters");
            if kind == "SQSPollerPolicy" && !is_admin_access {
                faults.push(format!("{id}: reads {queue}"));
            }
        }
        let fed: Vec<_> = events(own).map(|event| &event["Properties"]["Queue"]).collect();
        let pauses = items(&own["Policies"]).flat_map(|policy| items(&policy["Statement"]));
        for pause in pauses.filter(|pause| pause["Action"] == "sqs:ChangeMessageVisibility") {
            if !fed.contains(&&pause["Resource"]) {
                faults.push(format!("{id}: changes the visibility of messages of another queue"));
            }
        }
        let sends = items(&own["Policies"]).flat_map(|policy| items(&policy["Statement"]));
        for statement in sends.filter(|statement| statement["Action"] == "ses:SendEmail") {
            if statement["Condition"]["StringEquals"]["ses:FromAddress"]
                != json!({"Ref": "MailFrom"})
            {
                faults.push(format!("{id}: may send from any address"));
            }
        }
    }
    faults
}

pub(super) fn keep_secrets(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    for (place, text) in yaml.texts() {
        let looks = SECRET_PREFIXES.iter().any(|look| text.contains(look));
        let digits = text.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= 32);
        if looks || digits {
            faults.push(format!("{place} looks like a secret"));
        }
        if text.contains("{{resolve:") {
            faults.push(format!("{place} is resolved into plain text"));
        }
        if text
            .strip_prefix("postgres://")
            .is_some_and(|rest| rest.split_once('@').is_some_and(|(who, _)| who.contains(':')))
        {
            faults.push(format!("{place} has a password"));
        }
    }
    for (id, parameter) in yaml.template["Parameters"].as_object().unwrap() {
        let secret = ["Password", "Secret", "Key"].iter().any(|word| id.ends_with(word));
        if secret && (parameter["NoEcho"] != true || parameter.get("Default").is_some()) {
            faults.push(format!("{id} would be shown: it needs NoEcho and no default"));
        }
    }
    let globals = &yaml.template["Globals"]["Function"];
    for (id, own) in yaml.functions().chain([("Globals", globals)]) {
        let variables = own["Environment"]["Variables"].as_object().into_iter().flatten();
        for (name, value) in variables {
            if ONLY_LOCAL.contains(&&**name) && value != "" {
                faults.push(format!("{id}: {name} has a value"));
            }
            let arn = branches(value).iter().all(|arn| !arn.is_string() || *arn == "");
            if name.ends_with("_ARN") && !arn {
                faults.push(format!("{id}: {name} is not an ARN"));
            }
        }
    }
    for (secret, readers) in READERS {
        if yaml.properties(secret).is_null() {
            faults.push(format!("{secret}: is missing"));
        }
        let reads =
            json!({"AWSSecretsManagerGetSecretValuePolicy": {"SecretArn": {"Ref": secret}}});
        for (id, own) in yaml.functions() {
            let may = items(&own["Policies"]).any(|policy| *policy == reads);
            if may != readers.contains(&id) {
                faults.push(format!("{id}: {secret}"));
            }
        }
    }
    faults
}

pub(super) fn are_set_up_with_care(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    let set = |line: &str| yaml.samconfig.lines().filter(|known| known.trim() == line).count();
    let deploys = yaml.samconfig.matches(".deploy.parameters]").count();
    if set("confirm_changeset = true") != deploys {
        faults.push("samconfig.toml: confirm_changeset is not true".to_owned());
    }
    if set("capabilities = \"CAPABILITY_IAM\"") != deploys {
        faults.push("samconfig.toml: capabilities are not CAPABILITY_IAM".to_owned());
    }
    if SECRET_PREFIXES.iter().any(|look| yaml.samconfig.contains(look))
        || yaml.samconfig.contains("SecretKey=")
        || yaml.samconfig.contains("SigningKey=")
    {
        faults.push("samconfig.toml: a secret".to_owned());
    }
    for setting in
        ["Architecture=arm64", "Canary=true", "DatabaseStandby=true", "ReservedConcurrency=true"]
    {
        let production = yaml.samconfig.split("[production.deploy.parameters]").nth(1);
        if !production.is_some_and(|production| production.contains(setting)) {
            faults.push(format!("samconfig.toml: production without {setting}"));
        }
    }
    let release = yaml.manifest.split("[profile.release]").nth(1).unwrap_or_default();
    if !release.contains("overflow-checks = true") || release.contains("panic = \"abort\"") {
        faults.push(
            "Cargo.toml: the release profile needs overflow-checks and must not abort on panic"
                .to_owned(),
        );
    }
    let schedules = yaml.functions().flat_map(|(_, own)| events(own));
    assert!(schedules.count() > 60, "events are missing");
    faults
}
