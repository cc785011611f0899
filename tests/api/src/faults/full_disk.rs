//! PostgreSQL's disk is full. Mounting a small file system takes privileges that a container rarely has, and a limit on
//! the size of files gives another error (EFBIG). So a preloaded library (`full_disk.c`) fails every write that would
//! extend a file with ENOSPC.

use super::{Fixture, order_body};
use stack::postgres::Location;
use stack::{Postgres, Progress};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use testkit::{Call, Shop, User};

/// The folder of a server, on a disk that is full while the file `full_marker` exists.
struct Disk {
    folder: PathBuf,
    full_marker: PathBuf,
}

impl Disk {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/faults/full_disk.c");
        // Rust links with `cc`, so there is a C compiler.
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-o"]).arg(folder.join("full_disk.so")).arg(source);
        assert!(cc.arg("-ldl").status().unwrap().success());
        Self { full_marker: folder.join("full"), folder }
    }

    async fn server(&self) -> Postgres {
        let library = self.folder.join("full_disk.so");
        let env = vec![("LD_PRELOAD", library), ("FULL_DISK", self.full_marker.clone())];
        let location = Location::FolderWithEnv { folder: self.folder.clone(), env };
        Postgres::start(&location, &Progress::silent()).await.unwrap()
    }

    fn fill(&self) {
        std::fs::write(&self.full_marker, "").unwrap();
    }

    fn free(&self) {
        std::fs::remove_file(&self.full_marker).unwrap();
    }

    /// The server's log.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("postgres.log")).unwrap()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Order number `n`. The buyers take turns, since each may have at most five unpaid orders.
fn order(fixture: &Fixture, buyers: &[User], n: usize) -> Call {
    let call = fixture.api.post("/v1/orders", &order_body(fixture.mug));
    call.by(&buyers[n % buyers.len()]).key(&format!("into a full disk, {n}"))
}

#[tokio::test]
async fn where_no_table_can_grow_nothing_is_promised_and_with_room_the_shop_goes_on() {
    const MAX_ORDERS: usize = 80;
    let disk = Disk::new("full-tables");
    let server = disk.server().await;
    let fixture = Fixture::with_connections(Shop::open_on(&server).await, 1).await;
    let buyers = fixture.shop.customers(MAX_ORDERS / 4).await;
    // The WAL still has room: its segments have their full size from the start.
    fixture.shop.admin.batch_execute("select pg_switch_wal()").await.unwrap();
    assert_eq!(order(&fixture, &buyers, 0).await.status, 201);
    disk.fill();

    let mut answers = Vec::new();
    let mut refused = 0;
    while refused < 5 {
        let answer = order(&fixture, &buyers, 1 + answers.len()).await;
        refused += usize::from(answer.status != 201);
        answers.push(answer);
        assert!(answers.len() < MAX_ORDERS, "the disk never fills");
    }

    for answer in &answers {
        assert!(matches!(answer.refusal(), (201, "") | (503, "unavailable")), "{}", answer.body);
        assert!(answer.status == 201 || answer.header("retry-after").is_some());
    }
    assert!(disk.log().contains("could not extend file"), "{}", disk.log());
    assert!(disk.log().contains("No space left on device"), "{}", disk.log());
    let taken = answers.len() - refused + 1;
    assert_eq!(fixture.order_count().await, i64::try_from(taken).unwrap(), "those answered 201");
    assert_eq!(fixture.shop.stock(fixture.mug).await, (1000, i32::try_from(taken).unwrap()));
    assert_eq!(fixture.api.get("/v1/orders").by(&buyers[0]).await.status, 200, "reads still work");
    fixture.check_invariants().await;
    disk.free();
    for (n, before) in answers.iter().enumerate() {
        let again = order(&fixture, &buyers, 1 + n).await;
        assert_eq!(again.status, 201, "{}", again.body);
        assert!(before.status == 503 || before.bytes == again.bytes, "an answered order is gone");
    }
    assert_eq!(fixture.order_count().await, i64::try_from(1 + answers.len()).unwrap());
    assert_eq!(server.process_guard().unwrap().status(), None, "the server never stopped");
    fixture.check_invariants().await;
}

#[tokio::test]
async fn where_the_log_of_changes_cannot_grow_the_database_gives_up_and_forgets_nothing() {
    const MAX_ORDERS: usize = 32;
    let disk = Disk::new("full-log");
    let server = disk.server().await;
    let mut fixture = Fixture::with_connections(Shop::open_on(&server).await, 1).await;
    let buyers = fixture.shop.customers(MAX_ORDERS / 4).await;
    assert_eq!(order(&fixture, &buyers, 0).await.status, 201);
    disk.fill();

    let mut answers = Vec::new();
    while answers.len() < MAX_ORDERS && answers.last().is_none_or(|(status, _)| *status == 201) {
        // Moves on to the next WAL segment, few of which exist. The call fails once the server stops.
        let _ = fixture.shop.admin.batch_execute("select pg_switch_wal()").await;
        let answer = order(&fixture, &buyers, 1 + answers.len()).await;
        assert!(matches!(answer.refusal(), (201, "") | (503, "unavailable")), "{}", answer.body);
        answers.push((answer.status, answer.bytes));
    }
    let down =
        tokio::time::timeout(Duration::from_secs(30), server.process_guard().unwrap().wait());
    assert!(!down.await.expect("the server stops").success());

    assert!(disk.log().contains("PANIC:  could not write to file"), "{}", disk.log());
    assert!(disk.log().contains("No space left on device"), "{}", disk.log());
    let (last, before) = answers.split_last().unwrap();
    assert_eq!(last.0, 503);
    assert_eq!(order(&fixture, &buyers, 0).await.refusal(), (503, "unavailable"));
    drop(server);
    disk.free();
    let server = disk.server().await;
    fixture.reconnect(&server).await;
    let taken = i64::try_from(1 + before.len()).unwrap();
    assert_eq!(fixture.order_count().await, taken, "those answered 201");
    for (n, (status, bytes)) in answers.iter().enumerate() {
        let again = order(&fixture, &buyers, 1 + n).await;
        assert_eq!(again.status, 201, "{}", again.body);
        assert!(*status == 503 || *bytes == again.bytes, "an answered order is gone");
    }
    assert_eq!(fixture.order_count().await, taken + 1);
    fixture.check_invariants().await;
}
