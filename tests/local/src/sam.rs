//! What `sam local` and `cargo lambda` need of an open shop: its settings, events without gaps, and a way in for containers.

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
/// What a container calls the machine that it runs on.
const HOST: &str = "host.docker.internal";

/// Why `sam local` cannot be helped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} could not be used", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{file} cannot be filled")]
    Event { file: String, source: event::Error },
}

/// The way in for containers. It closes when this is dropped.
#[derive(Debug)]
pub struct WayIn(#[expect(dead_code, reason = "held, for its tasks end with it")] JoinSet<()>);

/// Writes `env.json` for `sam local`, `watch.env` for `cargo lambda watch`, and `events/` into `folder`. What stands there
/// is good while the shop is open, and its tokens for a quarter of an hour.
pub async fn prepare(shop: &Shop, folder: &Path) -> Result<WayIn, Error> {
    let events = folder.join("events");
    fs::create_dir_all(&events).map_err(|source| Error::File { path: events.clone(), source })?;
    // The empty ones as well: they take away what the template says.
    let inside = shop.settings.iter().map(|(name, value)| (name, value.replace(LOOPBACK, HOST)));
    let inside: BTreeMap<_, _> = inside.collect();
    write(&folder.join("env.json"), &format!("{:#}\n", json!({"Parameters": inside})))?;
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
    Ok(WayIn(forward(&ports(&shop.settings)).await))
}

/// A value that holds spaces or quotes, as an env file takes it. A PEM loses its line ends and stays one.
fn one_line(value: &str) -> String {
    format!("'{}'", value.trim_end().replace('\n', " "))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::File { path: path.to_path_buf(), source })
}

/// Where something listens on loopback, according to these settings.
fn ports(settings: &BTreeMap<String, String>) -> BTreeSet<u16> {
    let after = settings.values().flat_map(|value| value.split("127.0.0.1:").skip(1));
    let digits = after.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    digits.filter_map(|digits| digits?.parse().ok()).collect()
}

/// Listens where Docker's containers look for this machine, and passes on what comes. Docker Desktop does so by itself:
/// there the address of the bridge is not ours to listen at, and nothing is.
async fn forward(ports: &BTreeSet<u16>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let Some(bridge) = bridge().await else { return tasks };
    for port in ports.iter().copied() {
        let Ok(listener) = TcpListener::bind((bridge, port)).await else { continue };
        tasks.spawn(async move {
            while let Ok((mut guest, _)) = listener.accept().await {
                tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect((LOOPBACK, port)).await {
                        let _ = tokio::io::copy_bidirectional(&mut guest, &mut server).await;
                    }
                });
            }
        });
    }
    tasks
}

/// Our address on Docker's bridge.
async fn bridge() -> Option<Ipv4Addr> {
    let network = "{{with index .IPAM.Config 0}}{{or .Gateway .Subnet}}{{end}}";
    let args = ["network", "inspect", "bridge", "-f", network];
    let said = Command::new("docker").args(args).output().await.ok()?;
    gateway(String::from_utf8(said.stdout).ok()?.trim())
}

/// The gateway; where an engine names the subnet only, the subnet's first address.
fn gateway(said: &str) -> Option<Ipv4Addr> {
    match said.split_once('/') {
        Some((subnet, _)) => {
            Some(Ipv4Addr::from_bits(subnet.parse::<Ipv4Addr>().ok()?.to_bits() + 1))
        }
        None => said.parse().ok(),
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
