//! Temporary folders and free ports.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
};
use uuid::Uuid;

/// Creates a folder below the system's temporary one. Every user may read it, since a server may run as another user.
pub(crate) fn folder(purpose: &str) -> io::Result<PathBuf> {
    let name = Uuid::new_v4().simple().to_string();
    let path = std::env::temp_dir().join(format!("tradepost-{purpose}-{}", &name[..12]));
    fs::create_dir(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// A TCP port that was free a moment ago. Another process may take it first, so callers retry.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
