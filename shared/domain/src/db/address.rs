//! Where the database is, how its certificate is verified, and how we sign in.

use super::CONNECT_TIMEOUT;
use deadpool_postgres::{Connect, Manager, ManagerConfig, RecyclingMethod};
use futures_util::future::BoxFuture;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::error::Error;
use std::fmt::Debug;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A password that is fetched for each new connection, so that a rotated one needs no restart.
pub trait Password: Debug + Send + Sync {
    fn fetch(&self) -> BoxFuture<'_, Result<String, Box<dyn Error + Send + Sync>>>;
}

/// Everything that opening a connection takes. A database on another machine is reached over TLS only, and only if its
/// certificate is valid for the host in the address, whatever `sslmode` says.
#[derive(Clone, Debug)]
pub struct Address {
    config: Config,
    password: Option<Arc<dyn Password>>,
    tls: bool,
    roots: &'static [u8],
}

#[derive(Debug, thiserror::Error)]
pub enum BadAddress {
    #[error("not a PostgreSQL address")]
    Unreadable(#[from] tokio_postgres::Error),
    #[error("names no host")]
    NoHost,
    #[error("sslmode=disable is for a database on this machine; this one is at {0}")]
    NoTls(String),
    #[error("no certificate can be checked")]
    Roots(#[source] Box<dyn Error + Send + Sync>),
    #[error("no pool can be made of it")]
    Pool(#[from] deadpool_postgres::BuildError),
}

impl Address {
    /// From `postgres://user@host:port/database`. `sslmode=verify-full` asks for TLS on this machine, too.
    pub fn parse(url: &str) -> Result<Self, BadAddress> {
        // We always verify in full, as libpq's `verify-full` asks; the driver knows only `require`.
        let url = url
            .replace("sslmode=verify-full", "sslmode=require")
            .replace("sslmode=verify-ca", "sslmode=require");
        let mut config: Config = url.parse()?;
        let far = config.get_hosts().iter().find(|host| !is_local(host));
        let tls = match (config.get_ssl_mode(), far) {
            _ if config.get_hosts().is_empty() => return Err(BadAddress::NoHost),
            (SslMode::Disable, Some(Host::Tcp(far))) => return Err(BadAddress::NoTls(far.clone())),
            (SslMode::Require, _) | (_, Some(_)) => true,
            _ => false,
        };
        config.ssl_mode(if tls { SslMode::Require } else { SslMode::Disable });
        config.connect_timeout(CONNECT_TIMEOUT).keepalives_idle(Duration::from_mins(1));
        Ok(Self { config, password: None, tls, roots: &[] })
    }

    /// Trusts these certificates, in PEM, besides those of the public authorities.
    #[must_use]
    pub fn trusting(self, roots: &'static [u8]) -> Self {
        Self { roots, ..self }
    }

    #[must_use]
    pub fn signing_in_with(self, password: Arc<dyn Password>) -> Self {
        Self { password: Some(password), ..self }
    }

    /// The host and its port; none if there are several hosts or only a socket.
    pub fn host(&self) -> Option<(&str, u16)> {
        match (self.config.get_hosts(), self.config.get_ports()) {
            ([Host::Tcp(host)], []) => Some((host, 5432)),
            ([Host::Tcp(host)], [port]) => Some((host, *port)),
            _ => None,
        }
    }

    pub fn user(&self) -> Option<&str> {
        self.config.get_user()
    }

    pub(super) fn manager(self) -> Result<Manager, BadAddress> {
        let Self { config, password, tls, roots } = self;
        // `liveness` checks idle connections instead, and only those idle for a while.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        if !tls {
            return Ok(Manager::from_connect(config, SignIn { password, tls: NoTls }, recycling));
        }
        let tls = MakeRustlsConnect::new(verifying(roots).map_err(BadAddress::Roots)?);
        Ok(Manager::from_connect(config, SignIn { password, tls }, recycling))
    }
}

/// What containers call the machine that they run on, with `sam local` for example.
const CONTAINER_HOST: &str = "host.docker.internal";

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name == CONTAINER_HOST
                || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
    }
}

fn verifying(extra: &[u8]) -> Result<ClientConfig, Box<dyn Error + Send + Sync>> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in CertificateDer::pem_slice_iter(extra) {
        roots.add(root?)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

struct SignIn<T> {
    password: Option<Arc<dyn Password>>,
    tls: T,
}

impl<T> Connect for SignIn<T>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + Sync,
    T::TlsConnect: Send + Sync,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    fn connect(
        &self,
        config: &Config,
    ) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), tokio_postgres::Error>> {
        let mut config = config.clone();
        Box::pin(async move {
            if let Some(password) = &self.password {
                match password.fetch().await {
                    Ok(fresh) => drop(config.password(fresh)),
                    // The driver will report that a password is missing; only this line can say why.
                    Err(why) => tracing::error!(
                        error = crate::failure::chain(&*why),
                        "could not fetch the database's password"
                    ),
                }
            }
            let (client, connection) = config.connect(self.tls.clone()).await?;
            let connection = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(error = crate::failure::chain(&error), "connection lost");
                }
            });
            Ok((client, connection))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_behind_tls(url: &str) -> bool {
        Address::parse(url).unwrap().tls
    }

    #[test]
    fn a_database_on_another_machine_is_spoken_to_behind_tls_only() {
        assert!(is_behind_tls("postgres://app_rw@db.example.com/shop"));
        assert!(is_behind_tls("postgres://app_rw@10.0.3.7/shop?sslmode=prefer"));
        assert!(is_behind_tls("postgres://app_rw@127.0.0.1,db.example.com/shop"));
        let refused = Address::parse("postgres://app_rw@db.example.com/shop?sslmode=disable");
        assert_eq!(
            refused.unwrap_err().to_string(),
            "sslmode=disable is for a database on this machine; this one is at db.example.com"
        );
    }

    #[test]
    fn a_database_on_this_machine_may_do_without() {
        for here in ["127.0.0.1:5432", "localhost", "[::1]", "127.8.8.8", "host.docker.internal"] {
            assert!(!is_behind_tls(&format!("postgres://app_rw@{here}/shop")), "{here}");
        }
        assert!(is_behind_tls("postgres://app_rw@localhost/shop?sslmode=verify-full"));
    }

    #[test]
    fn an_address_without_a_host_is_refused() {
        assert!(matches!(Address::parse("user=app_rw"), Err(BadAddress::NoHost)));
        assert!(matches!(Address::parse("mysql://x"), Err(BadAddress::Unreadable(_))));
    }
}
