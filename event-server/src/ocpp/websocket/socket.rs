//! The two halves of one upgraded connection. Both stay on the worker thread that accepted it.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::error::ErrorBadRequest;
use actix_web::http::header::{HeaderValue, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use super::codec::{self, Decoder, Message, Violation};
use super::handshake::deflate_answer;

/// A peer that lets more than this gather is given up.
const MAX_UNSENT_BYTES: usize = 256 << 10;

/// The receiving half.
pub(crate) struct Reader {
    payload: web::Payload,
    decoder: Decoder,
}

/// The sending half.
pub(crate) struct Writer {
    outgoing: Rc<RefCell<Outgoing>>,
    deflate: bool,
}

/// What waits to be sent; everything that has gathered goes out together.
#[derive(Default)]
struct Outgoing {
    bytes: BytesMut,
    /// Nothing may follow; the TCP connection ends once `finished`.
    closed: bool,
    finished: bool,
    waker: Option<Waker>,
}

/// The response's body: the server's side of the connection.
struct Body(Rc<RefCell<Outgoing>>);

/// Answers the handshake. The connection lives until the writer is dropped or the peer is gone.
pub(crate) fn upgrade(
    request: &HttpRequest,
    payload: web::Payload,
    subprotocol: Option<&'static str>,
) -> Result<(HttpResponse, Reader, Writer), actix_web::Error> {
    let mut response = actix_http::ws::handshake(request.head()).map_err(ErrorBadRequest)?;
    if let Some(name) = subprotocol {
        response.insert_header((SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(name)));
    }
    let deflate = deflate_answer(request.headers());
    if let Some(answer) = deflate {
        response.insert_header((SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(answer)));
    }
    let outgoing = Rc::<RefCell<Outgoing>>::default();
    let body = BoxBody::new(Body(outgoing.clone()));
    let (decoder, deflate) = (Decoder::new(deflate.is_some()), deflate.is_some());
    let reader = Reader { payload, decoder };
    let response = response.message_body(body).map_err(actix_web::Error::from)?;
    Ok((response.into(), reader, Writer { outgoing, deflate }))
}

impl Reader {
    /// The next message; `None` when the peer is gone. May be dropped while it waits.
    pub(crate) async fn next(&mut self) -> Result<Option<Message>, Violation> {
        loop {
            if let Some(message) = self.decoder.next()? {
                return Ok(Some(message));
            }
            match self.payload.next().await {
                Some(Ok(bytes)) => self.decoder.feed(&bytes),
                Some(Err(_)) | None => return Ok(None),
            }
        }
    }

    /// Throws away what comes until the peer ends the connection.
    pub(crate) async fn drain(&mut self) {
        while let Some(Ok(_)) = self.payload.next().await {}
    }
}

impl Writer {
    pub(crate) fn text(&self, text: &str) {
        self.put(|bytes| codec::put_text(bytes, text, self.deflate));
    }

    pub(crate) fn ping(&self) {
        self.put(codec::put_ping);
    }

    pub(crate) fn pong(&self, payload: &[u8]) {
        self.put(|bytes| codec::put_pong(bytes, payload));
    }

    /// Sends a close frame; whatever is written afterwards is dropped. `reason` has at most 123 bytes.
    pub(crate) fn close(&self, code: u16, reason: &str) {
        self.put(|bytes| codec::put_close(bytes, code, reason));
        self.outgoing.borrow_mut().closed = true;
    }

    fn put(&self, put: impl FnOnce(&mut BytesMut)) {
        let mut outgoing = self.outgoing.borrow_mut();
        if outgoing.closed || outgoing.finished {
            return;
        }
        put(&mut outgoing.bytes);
        if outgoing.bytes.len() > MAX_UNSENT_BYTES {
            outgoing.finish();
        }
        outgoing.wake();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let mut outgoing = self.outgoing.borrow_mut();
        outgoing.finished = true;
        outgoing.wake();
    }
}

impl Outgoing {
    /// Gives the peer up, with what it has not taken.
    fn finish(&mut self) {
        self.bytes = BytesMut::new();
        self.finished = true;
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl MessageBody for Body {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let mut outgoing = self.0.borrow_mut();
        if !outgoing.bytes.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut outgoing.bytes).freeze())));
        }
        if outgoing.finished {
            return Poll::Ready(None);
        }
        outgoing.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.0.borrow_mut().finish();
    }
}
