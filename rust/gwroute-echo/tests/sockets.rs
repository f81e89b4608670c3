//! What needs a client that a plain one is not: HTTP/2, WebSocket, resets, many servers.
#![allow(clippy::unwrap_used)]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use gwroute_echo::{Config, Server};

fn server() -> Server {
    let any = Some("127.0.0.1:0".parse().unwrap());
    Server::start(Config {
        http: any,
        h2c: any,
        ..Config::default()
    })
    .unwrap()
}

fn exchange(address: SocketAddr, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[tokio::test]
async fn both_ports_speak_http2_to_those_who_know() {
    let server = server();
    for address in [server.http().unwrap(), server.h2c().unwrap()] {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        let request = http::Request::get("http://shop.example.com/a?b=c")
            .header("x-one", "1")
            .body(Empty::<Bytes>::new())
            .unwrap();
        let response = client.send_request(request).await.unwrap();
        assert_eq!(response.version(), http::Version::HTTP_2);
        let json = response.into_body().collect().await.unwrap().to_bytes();
        let seen: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(seen["path"], "/a?b=c");
        assert_eq!(seen["host"], "shop.example.com");
        assert_eq!(seen["proto"], "HTTP/2.0");
        assert_eq!(seen["headers"]["X-One"][0], "1");
    }
}

#[tokio::test]
async fn websocket_messages_come_back() {
    let server = server();
    let mut stream = tokio::net::TcpStream::connect(server.http().unwrap())
        .await
        .unwrap();
    let handshake = "GET /ws HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, Upgrade\r\nupgrade: \
         WebSocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, handshake.as_bytes())
        .await
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tokio::io::AsyncReadExt::read_u8(&mut stream).await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    // The key and its answer are the example of RFC 6455, 1.3.
    assert!(
        head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="),
        "{head}"
    );
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    for message in [Message::text("hello"), Message::binary(vec![0, 255])] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    socket
        .send(Message::Ping(Bytes::from_static(b"p")))
        .await
        .unwrap();
    assert!(socket.next().await.unwrap().unwrap().is_pong());
    socket.close(None).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().is_close());
}

#[test]
fn a_retry_without_a_code_fails_by_a_reset() {
    let server = server();
    let request =
        "GET /retry/x?uuid=a&succeedAfter=1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let failed = exchange(server.http().unwrap(), request).unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::ConnectionReset);
    let answer = exchange(server.http().unwrap(), request).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn what_is_stopped_no_longer_answers_and_leaves_the_others_alone() {
    let servers: Vec<_> = (0..20).map(|_| server()).collect();
    let addresses: Vec<_> = servers
        .iter()
        .map(|server| server.http().unwrap())
        .collect();
    let request = "GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let mut idle = TcpStream::connect(addresses[0]).unwrap();
    let mut servers = servers.into_iter();
    servers.next().unwrap().stop();
    assert!(TcpStream::connect(addresses[0]).is_err());
    assert!(matches!(idle.read(&mut [0]), Ok(0) | Err(_)));
    for address in &addresses[1..] {
        assert!(exchange(*address, request).unwrap().ends_with("OK"));
    }
}

#[test]
fn an_address_that_is_taken_is_named() {
    let server = server();
    let taken = server.http();
    let failed = Server::start(Config {
        http: taken,
        ..Config::default()
    })
    .unwrap_err();
    assert_eq!(failed.address(), taken);
    let named = format!("cannot listen on {}: ", taken.unwrap());
    assert!(failed.to_string().starts_with(&named), "{failed}");
}
