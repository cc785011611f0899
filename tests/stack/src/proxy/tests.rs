use super::{Direction, NetworkFault, Proxy, Trigger};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

/// A server that sends back what it receives.
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

struct Client {
    stream: TcpStream,
}

impl Client {
    async fn connect(proxy: &Proxy) -> Self {
        Self { stream: TcpStream::connect(proxy.address()).await.unwrap() }
    }

    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next `count` bytes, if they arrive within 300 ms.
    async fn receive(&mut self, count: usize) -> Option<String> {
        let mut received = vec![0; count];
        let read = self.stream.read_exact(&mut received);
        timeout(Duration::from_millis(300), read).await.ok()?.ok()?;
        String::from_utf8(received).ok()
    }

    /// Everything up to the end of the connection, or how it was aborted.
    async fn read_to_end(&mut self) -> io::Result<String> {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).await.map(|_| rest)
    }
}

#[tokio::test]
async fn a_sound_line_carries_everything() {
    let proxy = Proxy::to(echo().await).await.unwrap();
    let mut client = Client::connect(&proxy).await;

    let long = "0123456789".repeat(10_000);
    client.send(&long).await;

    assert_eq!(client.receive(long.len()).await.unwrap(), long);
    assert_eq!(proxy.fault_count(), 0);
}

#[tokio::test]
async fn a_line_is_cut_at_its_byte_and_the_next_one_is_sound() {
    let proxy = Proxy::to(echo().await).await.unwrap();
    proxy.inject(Direction::ToServer, Trigger::Byte(3), NetworkFault::Close);
    let mut client = Client::connect(&proxy).await;

    client.send("abcdef").await;
    // What the server had sent before the fault may arrive or not.
    assert!("abc".starts_with(&client.read_to_end().await.unwrap()));
    let mut next = Client::connect(&proxy).await;
    next.send("abcdef").await;

    assert_eq!(next.receive(6).await.unwrap(), "abcdef");
    assert_eq!(proxy.fault_count(), 1);
}

#[tokio::test]
async fn an_answer_is_cut_before_the_text_that_was_named() {
    let proxy = Proxy::to(echo().await).await.unwrap();
    proxy.inject(Direction::ToClient, Trigger::text("COMMIT"), NetworkFault::Close);
    let mut client = Client::connect(&proxy).await;

    client.send("begin; COMMIT; begin").await;

    assert_eq!(client.read_to_end().await.unwrap(), "begin; ");
    proxy.wait_for_faults(1).await;
}

#[tokio::test]
async fn a_reset_is_seen_as_one() {
    let proxy = Proxy::to(echo().await).await.unwrap();
    proxy.inject(Direction::ToServer, Trigger::Byte(0), NetworkFault::Reset);
    let mut client = Client::connect(&proxy).await;

    client.send("abc").await;

    assert_eq!(client.read_to_end().await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_stalled_line_says_nothing_until_it_is_mended() {
    let proxy = Proxy::to(echo().await).await.unwrap();
    proxy.inject(Direction::ToClient, Trigger::text("c"), NetworkFault::Stall);
    let mut client = Client::connect(&proxy).await;

    client.send("abcdef").await;

    assert_eq!(client.receive(2).await.unwrap(), "ab");
    assert_eq!(client.receive(1).await, None);
    proxy.restore();
    assert_eq!(client.read_to_end().await.unwrap(), "");
    let mut next = Client::connect(&proxy).await;
    next.send("abc").await;
    assert_eq!(next.receive(3).await.unwrap(), "abc");
}

#[tokio::test]
async fn a_delayed_line_carries_everything_late() {
    let proxy = Proxy::to(echo().await).await.unwrap();
    proxy.inject(
        Direction::ToServer,
        Trigger::Byte(1),
        NetworkFault::Delay(Duration::from_millis(100)),
    );
    let mut client = Client::connect(&proxy).await;

    let started = Instant::now();
    client.send("abc").await;

    assert_eq!(client.receive(3).await.unwrap(), "abc");
    assert!(started.elapsed() >= Duration::from_millis(100));
}

/// A proxy to the echo that delays each direction by 50 ms.
async fn far_away() -> Proxy {
    let proxy = Proxy::to(echo().await).await.unwrap();
    proxy.set_delay(Duration::from_millis(50)).unwrap();
    proxy
}

#[tokio::test]
async fn a_long_line_carries_every_byte_in_order() {
    let proxy = far_away().await;
    let mut client = Client::connect(&proxy).await;

    let long = (0..200_000).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
    let started = Instant::now();
    let (mut from, mut to) = client.stream.split();
    let mut received = String::new();
    let sent = async {
        to.write_all(long.as_bytes()).await.unwrap();
        to.shutdown().await.unwrap();
    };
    tokio::join!(sent, async { from.read_to_string(&mut received).await.unwrap() });

    assert!(received == long, "bytes were lost or exchanged");
    assert!(started.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn several_packets_on_a_long_line_take_one_delay() {
    let proxy = far_away().await;
    let mut client = Client::connect(&proxy).await;
    client.stream.set_nodelay(true).unwrap();

    let started = Instant::now();
    for packet in 0..20 {
        client.send(&format!("{packet:02}")).await;
        tokio::task::yield_now().await;
    }
    let expected = (0..20).map(|packet| format!("{packet:02}")).collect::<Vec<_>>().concat();
    let mut received = vec![0; expected.len()];
    client.stream.read_exact(&mut received).await.unwrap();
    let took = started.elapsed();

    assert_eq!(String::from_utf8(received).unwrap(), expected);
    assert!(took >= Duration::from_millis(100), "{took:?} for there and back");
    assert!(took < Duration::from_secs(1), "{took:?}: one by one they take two seconds");
}

#[tokio::test]
async fn a_delay_below_a_millisecond_is_kept() {
    let proxy = Proxy::to(echo().await).await.unwrap();
    proxy.set_delay(Duration::from_micros(300)).unwrap();
    let mut client = Client::connect(&proxy).await;

    let mut fastest = Duration::MAX;
    for _ in 0..200 {
        let started = Instant::now();
        client.send("a").await;
        client.stream.read_exact(&mut [0]).await.unwrap();
        fastest = fastest.min(started.elapsed());
    }

    assert!(fastest >= Duration::from_micros(600), "{fastest:?}");
    assert!(fastest < Duration::from_millis(2), "{fastest:?}: rounded up to milliseconds");
}

#[tokio::test]
async fn a_long_line_is_cut_at_its_byte_as_well() {
    let proxy = far_away().await;
    proxy.inject(Direction::ToClient, Trigger::text("COMMIT"), NetworkFault::Close);
    let mut client = Client::connect(&proxy).await;

    client.send("begin; COMMIT").await;

    assert_eq!(client.read_to_end().await.unwrap(), "begin; ");
}

#[tokio::test]
async fn a_garbled_byte_is_another_and_the_others_are_the_same() {
    let proxy = Proxy::to(echo().await).await.unwrap();
    proxy.inject(Direction::ToServer, Trigger::text("c"), NetworkFault::Garble);
    let mut client = Client::connect(&proxy).await;

    client.send("abcdec").await;

    assert_eq!(client.receive(6).await.unwrap(), "abbdec");
}

#[tokio::test]
async fn a_line_closed_to_the_server_still_brings_what_it_says() {
    let proxy = Proxy::to(echo().await).await.unwrap();
    proxy.inject(Direction::ToServer, Trigger::Byte(3), NetworkFault::HalfClose);
    let mut client = Client::connect(&proxy).await;

    client.send("abcdef").await;
    client.stream.shutdown().await.unwrap();

    assert_eq!(client.read_to_end().await.unwrap(), "abc");
}

#[tokio::test]
async fn a_closed_line_takes_nobody_until_it_is_mended() {
    let proxy = Proxy::to(echo().await).await.unwrap();
    let mut to = Client::connect(&proxy).await;
    to.send("a").await;
    to.receive(1).await.unwrap();

    proxy.disable();

    assert_eq!(to.read_to_end().await.unwrap(), "");
    let mut during = Client::connect(&proxy).await;
    assert!(during.read_to_end().await.is_ok_and(|received| received.is_empty()));
    proxy.restore();
    let mut after = Client::connect(&proxy).await;
    after.send("b").await;
    assert_eq!(after.receive(1).await.unwrap(), "b");
}

#[tokio::test]
async fn a_url_leads_through_the_proxy() {
    let proxy = Proxy::to_url("postgres://app_rw:word@127.0.0.1:5432/shop").await.unwrap();
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
    let proxy = Proxy::to(echo().await).await.unwrap();
    proxy.inject(Direction::ToServer, Trigger::text("COMMIT"), NetworkFault::Hold);
    let mut client = Client::connect(&proxy).await;

    client.send("begin COMMIT").await;
    proxy.wait_for_faults(1).await;

    assert_eq!(client.receive(6).await.unwrap(), "begin ");
    assert_eq!(client.receive(1).await, None);
    proxy.release();
    assert_eq!(client.receive(6).await.unwrap(), "COMMIT");

    proxy.inject(Direction::ToClient, Trigger::text("done"), NetworkFault::Hold);
    client.send("all done").await;
    proxy.wait_for_faults(2).await;
    proxy.close_connections();
    assert_eq!(client.read_to_end().await.unwrap(), "all ");
}
