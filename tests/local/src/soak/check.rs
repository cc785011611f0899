//! All books side by side, once all is quiet.

use super::load::{PASSWORD, address};
use super::{Day, Failed, Soak};
use books::{Found, Harm};

/// What functions may complain of on such a day: of what is done to them, and of nothing else.
const FAILURES: [&str; 16] = [
    // Functions are killed.
    "Killed",
    "(exit status: 137)",
    // Connections are cut, and databases frozen.
    "terminating connection due to administrator command",
    "connection closed",
    "error communicating with the server",
    // Stripe fails, and so do the rounds that need it.
    "Stripe did not answer",
    "things failed and will be tried again",
    "things do not agree with Stripe",
    // Whose forerunner was killed waits until its time is over.
    "somebody else is at it",
    "out of time",
    // Whatever is done again by somebody, whichever cut or death was the cause.
    "it will come again",
    "left for another round",
    "left to the sweep",
    "database failed",
    "upstream failed",
    // A message whose workers were killed five times lies there until the drain sends it on its way again.
    "dead letters wait for a person",
];

pub(super) async fn compare(soak: &Soak<'_>) -> Result<Day, Failed> {
    let shop = soak.shop;
    let ledgers = shop.ledgers().await?;
    let canaries = [PASSWORD.to_owned(), shop.admin_password.clone()];
    let canaries = canaries.into_iter().chain((1..=4).map(address));
    let logs = shop.logs().map_err(books::Error::from)?.without(canaries).failing_only(FAILURES);
    let books = shop.books(&ledgers).map_err(books::Error::from)?.when_quiet().with_logs(logs);

    let Found { breaches, mails_again } = books.with_all_answers(&soak.notes).look().await?;

    let rows = |harm: Harm| {
        breaches.iter().filter(|breach| breach.harm == harm).map(ToString::to_string).collect()
    };
    let (lost, twice) = (rows(Harm::Lost), rows(Harm::Twice));
    Ok(Day { done: soak.tally.all(), lost, twice, mails_again })
}
