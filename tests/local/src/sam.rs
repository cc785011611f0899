//! Files for `sam local` and `cargo lambda` against a running shop, and port forwarding for containers.

use crate::Shop;
use crate::event::{self, Filler};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::{fs, io};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::task::JoinSet;

const LOOPBACK: &str = "127.0.0.1";
/// The name of the host machine inside a container.
const HOST: &str = "host.docker.internal";

/// Why the files could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not use {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("could not fill in {file}")]
    Event { file: String, source: event::Error },
}

/// Forwards ports for containers until this is dropped.
#[derive(Debug)]
pub struct ContainerForwarder(
    #[expect(dead_code, reason = "the tasks end when it is dropped")] JoinSet<()>,
);

/// Writes `env.json` for `sam local`, `watch.env` for `cargo lambda watch`, and filled-in `events/` to `folder`. They
/// are valid while the shop runs; the tokens in the events for 15 minutes.
pub async fn prepare(shop: &Shop, folder: &Path) -> Result<ContainerForwarder, Error> {
    let events = folder.join("events");
    fs::create_dir_all(&events).map_err(|source| Error::File { path: events.clone(), source })?;
    // Empty values as well: they override those of the template.
    let in_container =
        shop.settings.iter().map(|(name, value)| (name, value.replace(LOOPBACK, HOST)));
    let in_container: BTreeMap<_, _> = in_container.collect();
    write(&folder.join("env.json"), &format!("{:#}\n", json!({"Parameters": in_container})))?;
    let aws = shop.aws().env();
    let lines = shop
        .settings
        .iter()
        .chain(&aws)
        .map(|(name, value)| format!("{name}={}\n", one_line(value)));
    write(&folder.join("watch.env"), &lines.collect::<String>())?;

    let mut filler = Filler::new(shop);
    let source = stack::tools::workspace().join("events");
    let unreadable = |path: &Path| {
        let path = path.to_path_buf();
        move |source| Error::File { path, source }
    };
    for entry in fs::read_dir(&source).map_err(unreadable(&source))? {
        let path = entry.map_err(unreadable(&source))?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
        let event = filler.fill(&text).await;
        let event = event.map_err(|source| Error::Event { file: file.clone(), source })?;
        write(&events.join(file), &event.to_string())?;
    }
    Ok(ContainerForwarder(forward(&ports(&shop.settings)).await))
}

/// A value quoted for an env file. Line breaks become spaces, which keeps a PEM valid.
fn one_line(value: &str) -> String {
    format!("'{}'", value.trim_end().replace('\n', " "))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::File { path: path.to_path_buf(), source })
}

/// The loopback ports that the settings refer to.
fn ports(settings: &BTreeMap<String, String>) -> BTreeSet<u16> {
    let after = settings.values().flat_map(|value| value.split("127.0.0.1:").skip(1));
    let digits = after.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    digits.filter_map(|digits| digits?.parse().ok()).collect()
}

/// Forwards the ports from the address of Docker's bridge to loopback. Docker Desktop does that itself: there the
/// address of the bridge cannot be bound, and nothing is forwarded.
async fn forward(ports: &BTreeSet<u16>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let Some(bridge) = bridge().await else { return tasks };
    for port in ports.iter().copied() {
        let Ok(listener) = TcpListener::bind((bridge, port)).await else { continue };
        tasks.spawn(async move {
            while let Ok((mut container, _)) = listener.accept().await {
                tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect((LOOPBACK, port)).await {
                        let _ = tokio::io::copy_bidirectional(&mut container, &mut server).await;
                    }
                });
            }
        });
    }
    tasks
}

/// The address of this machine on Docker's bridge.
async fn bridge() -> Option<Ipv4Addr> {
    let network = "{{with index .IPAM.Config 0}}{{or .Gateway .Subnet}}{{end}}";
    let args = ["network", "inspect", "bridge", "-f", network];
    let output = Command::new("docker").args(args).output().await.ok()?;
    gateway(String::from_utf8(output.stdout).ok()?.trim())
}

/// The gateway; if the engine reports only the subnet, the first address of that.
fn gateway(output: &str) -> Option<Ipv4Addr> {
    match output.split_once('/') {
        Some((subnet, _)) => {
            Some(Ipv4Addr::from_bits(subnet.parse::<Ipv4Addr>().ok()?.to_bits() + 1))
        }
        None => output.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ports_of_this_machine_are_found_wherever_a_setting_names_them() {
        let settings = BTreeMap::from([
            ("A".to_owned(), "postgres://app@127.0.0.1:5432/shop".to_owned()),
            ("B".to_owned(), "http://127.0.0.1:4566/queue".to_owned()),
            ("C".to_owned(), "https://example.com:443/".to_owned()),
        ]);

        assert_eq!(ports(&settings), BTreeSet::from([4566, 5432]));
    }

    #[test]
    fn the_bridge_is_found_whether_its_gateway_is_named_or_its_subnet() {
        let here = Some(Ipv4Addr::new(172, 17, 0, 1));

        assert_eq!(gateway("172.17.0.1"), here);
        assert_eq!(gateway("172.17.0.0/16"), here);
        assert_eq!(gateway(""), None);
    }
}
