//! `/ws`: every message comes back.

use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::service::{self, Body};

/// The answer to a handshake; None if the request is none (RFC 6455, 4.2.1).
pub(crate) fn accept(headers: &HeaderMap) -> Option<Response<Body>> {
    let asks = |name, token: &str| {
        let lines = headers.get_all(name).into_iter();
        let mut words = lines.flat_map(|line| line.as_bytes().split(|b| *b == b','));
        words.any(|word| word.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    };
    if !asks(header::UPGRADE, "websocket") || !asks(header::CONNECTION, "upgrade") {
        return None;
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    let accepted = HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok()?;
    let mut response = Response::new(service::whole(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let answers = response.headers_mut();
    answers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    answers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    answers.insert(header::SEC_WEBSOCKET_ACCEPT, accepted);
    Some(response)
}

/// Sends messages back until either side ends it.
pub(crate) async fn echo(upgrade: OnUpgrade) {
    let Ok(upgraded) = upgrade.await else { return };
    let stream = TokioIo::new(upgraded);
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    while let Some(Ok(message)) = socket.next().await {
        // Pings and the closing handshake are answered by the library.
        if (message.is_text() || message.is_binary()) && socket.send(message).await.is_err() {
            return;
        }
    }
}
