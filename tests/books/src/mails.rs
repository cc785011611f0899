//! The mails that went out beside our notes of them, mail by mail.

use crate::{Books, Error, Found};
use stack::aws::Mail;
use std::collections::BTreeMap;

/// A mail as it left for the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The sender's receipt for it.
    pub receipt: String,
    pub to: String,
    pub subject: String,
}

const NOTED: &str = "select dedupe_key, attempts, ses_message_id from emails where status = 'sent' order by dedupe_key";

impl From<Mail> for Posted {
    fn from(Mail { receipt, to, subject, .. }: Mail) -> Self {
        Self { receipt, to: to.join(", "), subject }
    }
}

/// Who sends a mail and dies before noting it leaves the next one to send it again. The note is of the last one; that
/// the others are the same mail is seen by whom and what they are for.
pub(crate) async fn look(
    books: &Books<'_>,
    mails: &[Posted],
    found: &mut Found,
) -> Result<(), Error> {
    let mut unnoted: Vec<_> = mails.iter().collect();
    // By address and subject: the keys of the mails that are such, each with how often it was claimed again.
    let mut claimed: BTreeMap<(&str, &str), Vec<(String, i32)>> = BTreeMap::new();
    for row in books.owner.query(NOTED, &[]).await? {
        let (key, attempts, receipt): (String, i32, &str) = (row.get(0), row.get(1), row.get(2));
        let Some(place) = unnoted.iter().position(|mail| mail.receipt == receipt) else {
            found.lost("I7", format!("the mail {key} is noted as sent ({receipt}), and was not"));
            continue;
        };
        let Posted { to, subject, .. } = unnoted.remove(place);
        claimed.entry((to, subject)).or_default().push((key, attempts - 1));
    }
    for Posted { receipt, to, subject } in unnoted {
        let Some(such) = claimed.get_mut(&(to.as_str(), subject.as_str())) else {
            if books.is_quiet {
                found.lost("I7", format!("a mail to {to} ({receipt}: {subject}) is noted nowhere"));
            }
            continue;
        };
        if let Some((key, again)) = such.iter_mut().find(|(_, again)| *again > 0) {
            *again -= 1;
            found.mails_again.push(key.clone());
        } else {
            let keys: Vec<_> = such.iter().map(|(key, _)| key.as_str()).collect();
            let keys = keys.join(" or ");
            found.twice("I7", format!("the mail {keys} went out again ({receipt}), claimed once"));
        }
    }
    Ok(())
}
