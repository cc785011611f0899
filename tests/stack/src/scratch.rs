//! Throwaway folders and free ports.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
};
use uuid::Uuid;

/// A new folder that every user may enter, since a server may run as somebody else than we do.
pub(crate) fn folder(purpose: &str) -> io::Result<PathBuf> {
    let name = Uuid::new_v4().simple().to_string();
    let path = std::env::temp_dir().join(format!("tradepost-{purpose}-{}", &name[..12]));
    fs::create_dir(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// A port that was free a moment ago; whoever uses it must cope with losing it to somebody else.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
