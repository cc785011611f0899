use crate::{Folder, is_alive, until};
use stack::{Leash, leash::Child};
use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

const HOLDER: &str = "LEASH_HOLDER";

fn sleeper(folder: &Path) -> Child {
    Child::new("sleep", folder.join("log")).args(["600"])
}

#[tokio::test]
async fn a_child_is_gone_when_its_leash_is_dropped() {
    let folder = Folder::new();
    let leash = Leash::start(&sleeper(&folder.0)).unwrap();
    let pid = leash.pid();
    assert!(is_alive(pid));

    drop(leash);

    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_child_that_ignores_the_signal_is_killed_with_what_it_started() {
    let folder = Folder::new();
    let stubborn =
        "sleep 600 & echo $! > draft; trap '' TERM; mv draft grandchild; wait; sleep 600";
    let script = format!("cd {}; {stubborn}", folder.0.display());
    let child = Child::new("sh", folder.0.join("log"))
        .args(["-c", &script])
        .ends_with("TERM", Duration::from_millis(200));
    let leash = Leash::start(&child).unwrap();
    let note = folder.0.join("grandchild");
    until("the grandchild runs", async || note.exists()).await;
    let grandchild = fs::read_to_string(&note).unwrap().trim().parse().unwrap();

    leash.end();

    assert!(!is_alive(leash.pid()));
    until("the grandchild is gone", async || !is_alive(grandchild)).await;
}

#[tokio::test]
async fn a_frozen_child_is_ended_as_well() {
    let folder = Folder::new();
    let child = sleeper(&folder.0).ends_with("TERM", Duration::from_millis(200));
    let leash = Leash::start(&child).unwrap();
    leash.freeze().unwrap();

    leash.end();

    assert!(!is_alive(leash.pid()));
}

#[tokio::test]
async fn the_end_of_a_child_is_noticed_and_its_folder_is_removed() {
    let (folder, throwaway) = (Folder::new(), Folder::new());
    let child = Child::new("sh", folder.0.join("log"))
        .args(["-c", "echo last words; exit 7"])
        .then_remove(&throwaway.0);
    let leash = Leash::start(&child).unwrap();

    let status = leash.ended().await;

    assert_eq!(status.code(), Some(7));
    assert_eq!(leash.last_words(), "last words");
    assert!(!throwaway.0.exists());
}

#[tokio::test]
async fn a_child_dies_with_its_holder_even_if_the_holder_is_killed() {
    let folder = Folder::new();
    let mut holder = Command::new(env::current_exe().unwrap())
        .args(["--exact", "leash::only_holds_a_leash_for_another_test"])
        .env(HOLDER, &folder.0)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let note = folder.0.join("pid");
    until("the holder has its child", async || note.exists()).await;
    let pid = fs::read_to_string(&note).unwrap().parse().unwrap();
    assert!(is_alive(pid));

    holder.kill().unwrap();
    holder.wait().unwrap();

    until("the child is gone", async || !is_alive(pid)).await;
}

/// The process that the test above kills; in an ordinary run there is nothing to hold.
#[test]
fn only_holds_a_leash_for_another_test() {
    let Some(folder) = env::var_os(HOLDER) else { return };
    let folder = Path::new(&folder);
    let leash = Leash::start(&sleeper(folder)).unwrap();
    fs::write(folder.join("draft"), leash.pid().to_string()).unwrap();
    fs::rename(folder.join("draft"), folder.join("pid")).unwrap();
    std::thread::sleep(Duration::from_mins(10));
}
