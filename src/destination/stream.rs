//! A connection to an MLLP receiver, plain or within TLS.

use std::future::{Future, poll_fn};
use std::io;
use std::mem::MaybeUninit;
use std::pin::pin;
use std::task::Poll;

use bytes::BytesMut;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// The connection.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Whether the receiver has neither closed the connection nor sent anything since it was last read.
    ///
    /// This asks the system and not Tokio, which may not have heard of it yet. What TLS has to say of itself, as its
    /// tickets after the handshake, is read on the way and is no answer.
    pub(super) async fn is_silent(&mut self) -> bool {
        match self {
            Stream::Plain(stream) => nothing_waits(stream),
            Stream::Tls(stream) => {
                let mut byte = [0];
                poll_fn(|context| match pin!(stream.read(&mut byte)).poll(context) {
                    Poll::Ready(_) => Poll::Ready(false),
                    Poll::Pending if nothing_waits(stream.get_ref().0) => Poll::Ready(true),
                    // Tokio has not heard of it yet, and will wake us.
                    Poll::Pending => Poll::Pending,
                })
                .await
            }
        }
    }

    /// Writes some of it and lets that leave.
    pub(super) async fn write_some(&mut self, bytes: &mut BytesMut) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.write_buf(bytes).await,
            Stream::Tls(stream) => {
                let written = stream.write_buf(bytes).await?;
                stream.flush().await.map(|()| written)
            }
        }
    }

    /// Reads what there is; 0 at the end of the stream.
    pub(super) async fn read_some(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read_buf(buffer).await,
            Stream::Tls(stream) => stream.read_buf(buffer).await,
        }
    }
}

fn nothing_waits(socket: &TcpStream) -> bool {
    let mut byte = [MaybeUninit::uninit()];
    let peeked = SockRef::from(socket).peek(&mut byte);
    matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}
