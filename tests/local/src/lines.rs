//! The lines between the functions and what they reach, each with somebody on it who can hold it.

use stack::Proxy;
use std::collections::BTreeMap;
use std::io;

/// A line for each of those that functions speak to. Nobody but the functions uses them.
#[derive(Debug)]
pub struct Lines {
    pub database: Proxy,
    /// To SQS.
    pub queues: Proxy,
    /// To SES.
    pub mails: Proxy,
    pub stripe: Proxy,
}

impl Lines {
    /// Puts itself before the addresses that the functions are given.
    pub(crate) async fn before(values: &mut BTreeMap<String, String>) -> io::Result<Self> {
        Ok(Self {
            database: detour(values, "DATABASE_URL").await?,
            queues: detour(values, "AWS_ENDPOINT_URL_SQS").await?,
            mails: detour(values, "AWS_ENDPOINT_URL_SESV2").await?,
            stripe: detour(values, "STRIPE_API_URL").await?,
        })
    }
}

async fn detour(values: &mut BTreeMap<String, String>, name: &str) -> io::Result<Proxy> {
    let address = values.get_mut(name).ok_or_else(|| io::Error::other(format!("no {name}")))?;
    let proxy = Proxy::before_url(address).await?;
    *address = proxy.url(address);
    Ok(proxy)
}
