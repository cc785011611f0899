use super::{At, Break, Proxy, Way};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

/// A server that says everything again.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await.ok();
            });
        }
    });
    address
}

struct Call {
    stream: TcpStream,
}

impl Call {
    async fn through(proxy: &Proxy) -> Self {
        Self { stream: TcpStream::connect(proxy.address()).await.unwrap() }
    }

    async fn say(&mut self, words: &str) {
        self.stream.write_all(words.as_bytes()).await.unwrap();
    }

    /// What comes back within a moment, up to `bytes`.
    async fn hear(&mut self, bytes: usize) -> Option<String> {
        let mut heard = vec![0; bytes];
        let read = self.stream.read_exact(&mut heard);
        timeout(Duration::from_millis(300), read).await.ok()?.ok()?;
        String::from_utf8(heard).ok()
    }

    /// How it ends.
    async fn end(&mut self) -> io::Result<String> {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).await.map(|_| rest)
    }
}

#[tokio::test]
async fn a_sound_line_carries_everything() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    let mut call = Call::through(&proxy).await;

    let long = "0123456789".repeat(10_000);
    call.say(&long).await;

    assert_eq!(call.hear(long.len()).await.unwrap(), long);
    assert_eq!(proxy.struck(), 0);
}

#[tokio::test]
async fn a_line_is_cut_at_its_byte_and_the_next_one_is_sound() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    proxy.script(Way::ToServer, At::Byte(3), Break::Cut);
    let mut call = Call::through(&proxy).await;

    call.say("abcdef").await;
    // What the server had already said may arrive, or not.
    assert!("abc".starts_with(&call.end().await.unwrap()));
    let mut next = Call::through(&proxy).await;
    next.say("abcdef").await;

    assert_eq!(next.hear(6).await.unwrap(), "abcdef");
    assert_eq!(proxy.struck(), 1);
}

#[tokio::test]
async fn an_answer_is_cut_before_the_text_that_was_named() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    proxy.script(Way::ToClient, At::text("COMMIT"), Break::Cut);
    let mut call = Call::through(&proxy).await;

    call.say("begin; COMMIT; begin").await;

    assert_eq!(call.end().await.unwrap(), "begin; ");
    proxy.has_struck(1).await;
}

#[tokio::test]
async fn a_reset_is_seen_as_one() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    proxy.script(Way::ToServer, At::Byte(0), Break::Reset);
    let mut call = Call::through(&proxy).await;

    call.say("abc").await;

    assert_eq!(call.end().await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_stalled_line_says_nothing_until_it_is_mended() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    proxy.script(Way::ToClient, At::text("c"), Break::Stall);
    let mut call = Call::through(&proxy).await;

    call.say("abcdef").await;

    assert_eq!(call.hear(2).await.unwrap(), "ab");
    assert_eq!(call.hear(1).await, None);
    proxy.mend();
    assert_eq!(call.end().await.unwrap(), "");
    let mut next = Call::through(&proxy).await;
    next.say("abc").await;
    assert_eq!(next.hear(3).await.unwrap(), "abc");
}

#[tokio::test]
async fn a_delayed_line_carries_everything_late() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    proxy.script(Way::ToServer, At::Byte(1), Break::Delay(Duration::from_millis(100)));
    let mut call = Call::through(&proxy).await;

    let started = Instant::now();
    call.say("abc").await;

    assert_eq!(call.hear(3).await.unwrap(), "abc");
    assert!(started.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn a_line_closed_to_the_server_still_brings_what_it_says() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    proxy.script(Way::ToServer, At::Byte(3), Break::HalfClose);
    let mut call = Call::through(&proxy).await;

    call.say("abcdef").await;
    call.stream.shutdown().await.unwrap();

    assert_eq!(call.end().await.unwrap(), "abc");
}

#[tokio::test]
async fn a_closed_line_takes_nobody_until_it_is_mended() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    let mut before = Call::through(&proxy).await;
    before.say("a").await;
    before.hear(1).await.unwrap();

    proxy.close();

    assert_eq!(before.end().await.unwrap(), "");
    let mut during = Call::through(&proxy).await;
    assert!(during.end().await.is_ok_and(|heard| heard.is_empty()));
    proxy.mend();
    let mut after = Call::through(&proxy).await;
    after.say("b").await;
    assert_eq!(after.hear(1).await.unwrap(), "b");
}

#[tokio::test]
async fn a_url_leads_through_the_proxy() {
    let proxy = Proxy::before_url("postgres://app_rw:word@127.0.0.1:5432/shop").await.unwrap();
    let address = proxy.address();

    let url = |url: &str| proxy.url(url);
    assert_eq!(
        url("postgres://me:word@127.0.0.1:1/shop"),
        format!("postgres://me:word@{address}/shop")
    );
    assert_eq!(url("http://127.0.0.1:1"), format!("http://{address}"));
    assert_eq!(url("http://127.0.0.1:1/"), format!("http://{address}/"));
}

#[tokio::test]
async fn what_is_held_passes_when_it_is_let_go_and_never_if_the_line_is_cut() {
    let proxy = Proxy::before(echo().await).await.unwrap();
    proxy.script(Way::ToServer, At::text("COMMIT"), Break::Hold);
    let mut call = Call::through(&proxy).await;

    call.say("begin COMMIT").await;
    proxy.has_struck(1).await;

    assert_eq!(call.hear(6).await.unwrap(), "begin ");
    assert_eq!(call.hear(1).await, None);
    proxy.let_go();
    assert_eq!(call.hear(6).await.unwrap(), "COMMIT");

    proxy.script(Way::ToClient, At::text("done"), Break::Hold);
    call.say("all done").await;
    proxy.has_struck(2).await;
    proxy.cut();
    assert_eq!(call.end().await.unwrap(), "all ");
}
