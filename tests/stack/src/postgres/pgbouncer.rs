//! A connection pooler in front of a server.

use super::{Error, Postgres, ServerUrl, ServerUser, check_connection, spawn_blocking};
use crate::{ProcessGuard, Progress, process_guard::GuardedCommand, temp, tools};
use std::{env, fs, time::Duration};
use tokio::time;

const START_TIMEOUT: Duration = Duration::from_secs(20);

/// What a client of the pooler has for itself: a session of the server, or one for each transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolMode {
    Session,
    Transaction,
}

/// Debian's `PgBouncer`, of a version that knows no prepared statements when it pools by transaction. It stops when this
/// is dropped.
#[derive(Debug)]
pub struct PgBouncer {
    server_url: ServerUrl,
    _process: ProcessGuard,
}

impl PgBouncer {
    /// With at most `sessions` of the server, for each database and role.
    pub async fn start(server: &Postgres, mode: PoolMode, sessions: u32) -> Result<Self, Error> {
        let url = server.url("postgres");
        let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next());
        let server_port = port.ok_or_else(|| Error::Url(url.clone()))?.to_owned();
        let start = move || launch(&server_port, mode, sessions);
        let (process, port) = spawn_blocking(start).await?;
        let server_url = ServerUrl {
            prefix: format!("postgres://postgres@127.0.0.1:{port}/"),
            options: String::new(),
        };
        let ready = async {
            while check_connection(&server_url.url("postgres")).await.is_err() {
                time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            () = ready => {}
            _ = process.wait() => return Err(Error::Start { reason: process.last_output() }),
            () = time::sleep(START_TIMEOUT) => return Err(Error::Start { reason: process.last_output() }),
        }
        Ok(Self { server_url, _process: process })
    }

    /// The URL of a database of the server, through the pooler.
    pub fn url(&self, database: &str) -> String {
        self.server_url.url(database)
    }

    pub fn url_as(&self, role: &str, database: &str) -> String {
        self.server_url.with_role(role).url(database)
    }
}

fn launch(server_port: &str, mode: PoolMode, sessions: u32) -> Result<(ProcessGuard, u16), Error> {
    let program = tools::pgbouncer(&Progress::silent())?;
    let folder = temp::folder("pgbouncer")
        .map_err(|source| Error::Folder { path: env::temp_dir(), source })?;
    let failed = |source| Error::Folder { path: folder.clone(), source };
    let port = temp::free_port().map_err(failed)?;
    let mode = match mode {
        PoolMode::Session => "session",
        PoolMode::Transaction => "transaction",
    };
    let (users, config) = (folder.join("users"), folder.join("pgbouncer.ini"));
    fs::write(&users, "\"postgres\" \"\"\n\"app_rw\" \"\"\n").map_err(failed)?;
    let settings = format!(
        "[databases]\n* = host=127.0.0.1 port={server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {}\n\
         pool_mode = {mode}\ndefault_pool_size = {sessions}\n",
        users.display()
    );
    fs::write(&config, settings).map_err(failed)?;
    let user = ServerUser::find();
    user.own(&folder)?;
    let command_line = user.command_line(&program);
    let command = GuardedCommand::new(&command_line[0], folder.join("log"))
        .args(&command_line[1..])
        .args([&config])
        .stop_with("TERM", Duration::from_secs(3))
        .remove_on_exit(&folder);
    Ok((ProcessGuard::start(&command)?, port))
}
