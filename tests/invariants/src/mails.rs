//! Compares the emails that were sent with the table `emails`.

use crate::{Audit, AuditReport, Error};
use stack::aws::Mail;
use tokio_postgres::Row;

/// An email that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMail {
    /// The message id that SES returned.
    pub message_id: String,
    pub to: String,
    pub subject: String,
}

const MAIL_RECORDS: &str =
    "select dedupe_key, attempts, ses_message_id from emails order by dedupe_key";

impl From<Mail> for SentMail {
    fn from(Mail { message_id, to, subject, .. }: Mail) -> Self {
        Self { message_id, to: to.join(", "), subject }
    }
}

/// A row of `emails`.
struct MailRecord {
    key: String,
    /// How often it was claimed again after the first time.
    resends: i32,
    /// None while it is being sent, and if it cannot be sent.
    message_id: Option<String>,
}

/// A worker that crashes between sending an email and recording it leaves it to another worker, which sends it again.
/// Only the last message id is recorded; the others are matched by recipient and subject.
pub(crate) async fn check(audit: &Audit<'_>, report: &mut AuditReport) -> Result<(), Error> {
    let before = records(audit).await?;
    let mails = sent_mails(audit).await?;
    let mut after = records(audit).await?;

    let was_sent = |message_id: &str| mails.iter().any(|mail| mail.message_id == message_id);
    for MailRecord { key, message_id, .. } in &before {
        if let Some(message_id) = message_id.as_deref().filter(|message_id| !was_sent(message_id)) {
            report
                .lost("I7", format!("the mail {key} is noted as sent ({message_id}), and was not"));
        }
    }
    let record_of =
        |message_id: &str| after.iter().position(|it| it.message_id.as_deref() == Some(message_id));
    let (known, unknown): (Vec<_>, Vec<_>) = mails
        .iter()
        .map(|mail| (mail, record_of(&mail.message_id)))
        .partition(|(_, record)| record.is_some());
    // A worker may be about to record one of them.
    if !audit.is_idle && after.iter().any(|record| record.message_id.is_none()) {
        return Ok(());
    }
    for (SentMail { message_id, to, subject }, _) in unknown {
        let same_mail = known.iter().filter(|(mail, _)| mail.to == *to && mail.subject == *subject);
        let same_mail: Vec<_> = same_mail.filter_map(|(_, record)| *record).collect();
        if let Some(record) = same_mail.iter().find(|record| after[**record].resends > 0) {
            after[*record].resends -= 1;
            report.resent_mails.push(after[*record].key.clone());
        } else if same_mail.is_empty() {
            report.lost("I7", format!("a mail to {to} ({message_id}: {subject}) is noted nowhere"));
        } else {
            let keys: Vec<_> = same_mail.iter().map(|record| after[*record].key.as_str()).collect();
            let keys = keys.join(" or ");
            report.duplicate(
                "I7",
                format!("the mail {keys} went out again ({message_id}), claimed once"),
            );
        }
    }
    Ok(())
}

async fn records(audit: &Audit<'_>) -> Result<Vec<MailRecord>, Error> {
    let rows = audit.owner.query(MAIL_RECORDS, &[]).await?;
    let record = |row: &Row| MailRecord {
        key: row.get(0),
        resends: row.get::<_, i32>(1) - 1,
        message_id: row.get(2),
    };
    Ok(rows.iter().map(record).collect())
}

async fn sent_mails(audit: &Audit<'_>) -> Result<Vec<SentMail>, Error> {
    match (&audit.mails, audit.aws) {
        (Some(mails), _) => Ok(mails.clone()),
        (None, Some(aws)) => Ok(aws.mails().await?.into_iter().map(SentMail::from).collect()),
        (None, None) => Ok(Vec::new()),
    }
}
