//! The mails that went out beside our notes of them, mail by mail.

use crate::{Books, Error, Found};
use stack::aws::Mail;
use tokio_postgres::Row;

/// A mail as it left for the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The sender's receipt for it.
    pub receipt: String,
    pub to: String,
    pub subject: String,
}

const NOTED: &str = "select dedupe_key, attempts, ses_message_id from emails order by dedupe_key";

impl From<Mail> for Posted {
    fn from(Mail { receipt, to, subject, .. }: Mail) -> Self {
        Self { receipt, to: to.join(", "), subject }
    }
}

/// What we know of a mail.
struct Noted {
    key: String,
    /// How often it was claimed after the first time.
    again: i32,
    /// None as long as somebody is at it, and if it can never be sent.
    receipt: Option<String>,
}

/// Who sends a mail and dies before noting it leaves the next one to send it again. The note is of the last one; that
/// the others are the same mail is seen by whom and what they are for.
pub(crate) async fn look(books: &Books<'_>, found: &mut Found) -> Result<(), Error> {
    let before = noted(books).await?;
    let mails = posted(books).await?;
    let mut after = noted(books).await?;

    let is_posted = |receipt: &str| mails.iter().any(|mail| mail.receipt == receipt);
    for Noted { key, receipt, .. } in &before {
        if let Some(receipt) = receipt.as_deref().filter(|receipt| !is_posted(receipt)) {
            found.lost("I7", format!("the mail {key} is noted as sent ({receipt}), and was not"));
        }
    }
    let note_of =
        |receipt: &str| after.iter().position(|it| it.receipt.as_deref() == Some(receipt));
    let (known, unknown): (Vec<_>, Vec<_>) = mails
        .iter()
        .map(|mail| (mail, note_of(&mail.receipt)))
        .partition(|(_, note)| note.is_some());
    // Somebody may be about to note one of them.
    if !books.is_quiet && after.iter().any(|note| note.receipt.is_none()) {
        return Ok(());
    }
    for (Posted { receipt, to, subject }, _) in unknown {
        let such = known.iter().filter(|(mail, _)| mail.to == *to && mail.subject == *subject);
        let such: Vec<_> = such.filter_map(|(_, note)| *note).collect();
        if let Some(note) = such.iter().find(|note| after[**note].again > 0) {
            after[*note].again -= 1;
            found.mails_again.push(after[*note].key.clone());
        } else if such.is_empty() {
            found.lost("I7", format!("a mail to {to} ({receipt}: {subject}) is noted nowhere"));
        } else {
            let keys: Vec<_> = such.iter().map(|note| after[*note].key.as_str()).collect();
            let keys = keys.join(" or ");
            found.twice("I7", format!("the mail {keys} went out again ({receipt}), claimed once"));
        }
    }
    Ok(())
}

async fn noted(books: &Books<'_>) -> Result<Vec<Noted>, Error> {
    let rows = books.owner.query(NOTED, &[]).await?;
    let note =
        |row: &Row| Noted { key: row.get(0), again: row.get::<_, i32>(1) - 1, receipt: row.get(2) };
    Ok(rows.iter().map(note).collect())
}

async fn posted(books: &Books<'_>) -> Result<Vec<Posted>, Error> {
    match (&books.mails, books.aws) {
        (Some(mails), _) => Ok(mails.clone()),
        (None, Some(aws)) => Ok(aws.mails().await?.into_iter().map(Posted::from).collect()),
        (None, None) => Ok(Vec::new()),
    }
}
