use super::Error;
use std::{
    io,
    path::Path,
    process::{Command, Stdio},
};

/// The user that runs a server in place of root, which PostgreSQL and `PgBouncer` refuse: name, user id and group id. None
/// if this process does not run as root.
pub(super) struct ServerUser(Option<(&'static str, String, String)>);

impl ServerUser {
    pub(super) fn find() -> Self {
        let is_root = id(&["-u"]).is_some_and(|id| id == "0");
        let user = ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Some((name, id(&["-u", name])?, id(&["-g", name])?)));
        Self(user.filter(|_| is_root))
    }

    pub(super) fn name(&self) -> &'static str {
        self.0.as_ref().map_or("you", |(name, ..)| name)
    }

    /// Makes it the owner of a folder or file.
    pub(super) fn own(&self, path: &Path) -> Result<(), Error> {
        let Some((name, ..)) = &self.0 else { return Ok(()) };
        let status = Command::new("chown").arg(name).arg(path).status();
        status
            .and_then(
                |status| {
                    if status.success() { Ok(()) } else { Err(io::Error::other("chown failed")) }
                },
            )
            .map_err(|source| Error::Folder { path: path.to_path_buf(), source })
    }

    /// Whether this user may read and run a program, or this process is that user.
    pub(super) fn may_run(&self, program: &Path) -> bool {
        if self.0.is_none() {
            return true;
        }
        let command = self.command_line(Path::new("test"));
        let found = Command::new(&command[0]).args(&command[1..]).arg("-x").arg(program).status();
        found.is_ok_and(|found| found.success())
    }

    /// The command that runs a program as this user.
    pub(super) fn command_line(&self, program: &Path) -> Vec<String> {
        let program = program.display().to_string();
        match &self.0 {
            Some((_, user, group)) => {
                ["setpriv", "--reuid", user, "--regid", group, "--init-groups", "--", &program]
                    .map(str::to_owned)
                    .to_vec()
            }
            None => vec![program],
        }
    }
}

fn id(args: &[&str]) -> Option<String> {
    let output = Command::new("id").args(args).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
