//! Proxies between the functions and the services they use, to inject network faults.

use stack::Proxy;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

/// A proxy for each service. Only the functions connect through them.
#[derive(Debug)]
pub struct Proxies {
    pub database: Proxy,
    /// SQS.
    pub queues: Proxy,
    /// SES.
    pub mails: Proxy,
    pub stripe: Proxy,
}

impl Proxies {
    /// Starts the proxies and replaces the addresses in the settings of the functions.
    pub(crate) async fn start(values: &mut BTreeMap<String, String>) -> io::Result<Self> {
        Ok(Self {
            database: through_proxy(values, "DATABASE_URL").await?,
            queues: through_proxy(values, "AWS_ENDPOINT_URL_SQS").await?,
            mails: through_proxy(values, "AWS_ENDPOINT_URL_SESV2").await?,
            stripe: through_proxy(values, "STRIPE_API_URL").await?,
        })
    }
}

/// Delays all packets between the functions and the database, unless the delay is zero.
pub(crate) async fn delay_database(
    values: &mut BTreeMap<String, String>,
    delay: Duration,
) -> io::Result<Option<Proxy>> {
    if delay.is_zero() {
        return Ok(None);
    }
    let proxy = through_proxy(values, "DATABASE_URL").await?;
    proxy.set_delay(delay)?;
    Ok(Some(proxy))
}

async fn through_proxy(values: &mut BTreeMap<String, String>, name: &str) -> io::Result<Proxy> {
    let missing = || io::Error::other(format!("there is no setting {name}"));
    let address = values.get_mut(name).ok_or_else(missing)?;
    let proxy = Proxy::to_url(address).await?;
    *address = proxy.url(address);
    Ok(proxy)
}
