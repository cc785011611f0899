use crate::{Folder, is_alive, until};
use stack::{ProcessGuard, process_guard::GuardedCommand};
use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

const PARENT: &str = "PROCESS_GUARD_PARENT";

fn sleeper(folder: &Path) -> GuardedCommand {
    GuardedCommand::new("sleep", folder.join("log")).args(["600"])
}

#[tokio::test]
async fn a_child_is_gone_when_its_guard_is_dropped() {
    let folder = Folder::new();
    let process_guard = ProcessGuard::start(&sleeper(&folder.0)).unwrap();
    let pid = process_guard.pid();
    assert!(is_alive(pid));

    drop(process_guard);

    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_child_that_ignores_the_signal_is_killed_with_what_it_started() {
    let folder = Folder::new();
    let ignores_term =
        "sleep 600 & echo $! > draft; trap '' TERM; mv draft grandchild; wait; sleep 600";
    let script = format!("cd {}; {ignores_term}", folder.0.display());
    let command = GuardedCommand::new("sh", folder.0.join("log"))
        .args(["-c", &script])
        .stop_with("TERM", Duration::from_millis(200));
    let process_guard = ProcessGuard::start(&command).unwrap();
    let pid_file = folder.0.join("grandchild");
    until("the grandchild runs", async || pid_file.exists()).await;
    let grandchild = fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap();

    process_guard.stop();

    assert!(!is_alive(process_guard.pid()));
    until("the grandchild is gone", async || !is_alive(grandchild)).await;
}

#[tokio::test]
async fn a_frozen_child_is_ended_as_well() {
    let folder = Folder::new();
    let command = sleeper(&folder.0).stop_with("TERM", Duration::from_millis(200));
    let process_guard = ProcessGuard::start(&command).unwrap();
    process_guard.suspend().unwrap();

    process_guard.stop();

    assert!(!is_alive(process_guard.pid()));
}

#[tokio::test]
async fn the_end_of_a_child_is_noticed_and_its_folder_is_removed() {
    let (folder, throwaway) = (Folder::new(), Folder::new());
    let command = GuardedCommand::new("sh", folder.0.join("log"))
        .args(["-c", "echo last words; exit 7"])
        .remove_on_exit(&throwaway.0);
    let process_guard = ProcessGuard::start(&command).unwrap();

    let status = process_guard.wait().await;

    assert_eq!(status.code(), Some(7));
    assert_eq!(process_guard.last_output(), "last words");
    assert!(!throwaway.0.exists());
}

#[tokio::test]
async fn a_child_dies_with_its_holder_even_if_the_holder_is_killed() {
    let folder = Folder::new();
    let mut parent = Command::new(env::current_exe().unwrap())
        .args(["--exact", "process_guard::only_guards_a_child_for_another_test"])
        .env(PARENT, &folder.0)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid_file = folder.0.join("pid");
    until("the parent has its child", async || pid_file.exists()).await;
    let pid = fs::read_to_string(&pid_file).unwrap().parse().unwrap();
    assert!(is_alive(pid));

    parent.kill().unwrap();
    parent.wait().unwrap();

    until("the child is gone", async || !is_alive(pid)).await;
}

/// The parent process of the test above. In a normal run it does nothing.
#[test]
fn only_guards_a_child_for_another_test() {
    let Some(folder) = env::var_os(PARENT) else { return };
    let folder = Path::new(&folder);
    let process_guard = ProcessGuard::start(&sleeper(folder)).unwrap();
    fs::write(folder.join("draft"), process_guard.pid().to_string()).unwrap();
    fs::rename(folder.join("draft"), folder.join("pid")).unwrap();
    std::thread::sleep(Duration::from_mins(10));
}
