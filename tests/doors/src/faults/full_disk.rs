//! PostgreSQL's disk is full. A small file system of one's own takes rights that a container rarely gives, and a limit
//! on the size of files is another error (EFBIG); so a library tells the server ENOSPC whenever a file would grow.

use super::{Scene, wish};
use stack::postgres::Place;
use stack::{Postgres, Progress};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use testkit::{Call, Person, Shop};

/// A folder on a disk that is full when the test says so.
struct Disk {
    folder: PathBuf,
    sign: PathBuf,
}

impl Disk {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/faults/full_disk.c");
        // Where Rust is linked there is a C compiler.
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-o"]).arg(folder.join("full_disk.so")).arg(source);
        assert!(cc.arg("-ldl").status().unwrap().success());
        Self { sign: folder.join("full"), folder }
    }

    async fn server(&self) -> Postgres {
        let library = self.folder.join("full_disk.so");
        let env = vec![("LD_PRELOAD", library), ("FULL_DISK", self.sign.clone())];
        let place = Place::Behind { folder: self.folder.clone(), env };
        Postgres::start(&place, &Progress::silent()).await.unwrap()
    }

    fn fill(&self) {
        std::fs::write(&self.sign, "").unwrap();
    }

    fn make_room(&self) {
        std::fs::remove_file(&self.sign).unwrap();
    }

    /// What the server has written about it.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("postgres.log")).unwrap()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The order number `n`, of somebody who has few, since nobody may leave many unpaid.
fn order(scene: &Scene, buyers: &[Person], n: usize) -> Call {
    let call = scene.door.post("/v1/orders", &wish(scene.mug));
    call.by(&buyers[n % buyers.len()]).key(&format!("into a full disk, {n}"))
}

#[tokio::test]
async fn where_no_table_can_grow_nothing_is_promised_and_with_room_the_shop_goes_on() {
    const MOST: usize = 80;
    let disk = Disk::new("full-tables");
    let server = disk.server().await;
    let scene = Scene::with(Shop::open_on(&server).await, 1).await;
    let buyers = scene.shop.customers(MOST / 4).await;
    // The log of changes has room: its files have their whole size from the start.
    scene.shop.admin.batch_execute("select pg_switch_wal()").await.unwrap();
    assert_eq!(order(&scene, &buyers, 0).await.status, 201);
    disk.fill();

    let mut answers = Vec::new();
    let mut refused = 0;
    while refused < 5 {
        let answer = order(&scene, &buyers, 1 + answers.len()).await;
        refused += usize::from(answer.status != 201);
        answers.push(answer);
        assert!(answers.len() < MOST, "the disk never fills");
    }

    for answer in &answers {
        assert!(matches!(answer.refusal(), (201, "") | (503, "unavailable")), "{}", answer.body);
        assert!(answer.status == 201 || answer.header("retry-after").is_some());
    }
    assert!(disk.log().contains("could not extend file"), "{}", disk.log());
    assert!(disk.log().contains("No space left on device"), "{}", disk.log());
    let taken = answers.len() - refused + 1;
    assert_eq!(scene.orders().await, i64::try_from(taken).unwrap(), "what was answered 201");
    assert_eq!(scene.shop.stock(scene.mug).await, (1000, i32::try_from(taken).unwrap()));
    assert_eq!(scene.door.get("/v1/orders").by(&buyers[0]).await.status, 200, "it still reads");
    scene.hold().await;
    disk.make_room();
    for (n, before) in answers.iter().enumerate() {
        let again = order(&scene, &buyers, 1 + n).await;
        assert_eq!(again.status, 201, "{}", again.body);
        assert!(before.status == 503 || before.bytes == again.bytes, "an answered order is gone");
    }
    assert_eq!(scene.orders().await, i64::try_from(1 + answers.len()).unwrap());
    assert_eq!(server.leash().unwrap().status(), None, "it was never down");
    scene.hold().await;
}

#[tokio::test]
async fn where_the_log_of_changes_cannot_grow_the_database_gives_up_and_forgets_nothing() {
    const MOST: usize = 32;
    let disk = Disk::new("full-log");
    let server = disk.server().await;
    let mut scene = Scene::with(Shop::open_on(&server).await, 1).await;
    let buyers = scene.shop.customers(MOST / 4).await;
    assert_eq!(order(&scene, &buyers, 0).await.status, 201);
    disk.fill();

    let mut answers = Vec::new();
    while answers.len() < MOST && answers.last().is_none_or(|(status, _)| *status == 201) {
        // Takes the next file of the log, of which there are few; it is the server's end that breaks this off.
        let _ = scene.shop.admin.batch_execute("select pg_switch_wal()").await;
        let answer = order(&scene, &buyers, 1 + answers.len()).await;
        assert!(matches!(answer.refusal(), (201, "") | (503, "unavailable")), "{}", answer.body);
        answers.push((answer.status, answer.bytes));
    }
    let down = tokio::time::timeout(Duration::from_secs(30), server.leash().unwrap().ended());
    assert!(!down.await.expect("it gives up").success());

    assert!(disk.log().contains("PANIC:  could not write to file"), "{}", disk.log());
    assert!(disk.log().contains("No space left on device"), "{}", disk.log());
    let (last, before) = answers.split_last().unwrap();
    assert_eq!(last.0, 503);
    assert_eq!(order(&scene, &buyers, 0).await.refusal(), (503, "unavailable"));
    drop(server);
    disk.make_room();
    let server = disk.server().await;
    scene.comes_back(&server).await;
    let taken = i64::try_from(1 + before.len()).unwrap();
    assert_eq!(scene.orders().await, taken, "what was answered 201");
    for (n, (status, bytes)) in answers.iter().enumerate() {
        let again = order(&scene, &buyers, 1 + n).await;
        assert_eq!(again.status, 201, "{}", again.body);
        assert!(*status == 503 || *bytes == again.bytes, "an answered order is gone");
    }
    assert_eq!(scene.orders().await, taken + 1);
    scene.hold().await;
}
