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

/// How much is read at a time, at least.
const READ_BYTES: usize = 4 * 1024;

/// The connection.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Reads what the receiver has sent since it was last read: `None` when that is nothing, 0 when it has closed the
    /// connection.
    ///
    /// This asks the system and not Tokio, which may not have heard of it yet. What TLS has to say of itself, as its
    /// tickets after the handshake, is read on the way and is no answer.
    pub(super) async fn read_waiting(&mut self, buffer: &mut BytesMut) -> io::Result<Option<usize>> {
        match self {
            Stream::Plain(stream) if nothing_waits(stream) => Ok(None),
            Stream::Plain(_) => self.read_some(buffer).await.map(Some),
            Stream::Tls(stream) => {
                buffer.reserve(READ_BYTES);
                poll_fn(|context| match pin!(stream.read_buf(buffer)).poll(context) {
                    Poll::Ready(read) => Poll::Ready(read.map(Some)),
                    Poll::Pending if nothing_waits(stream.get_ref().0) => Poll::Ready(Ok(None)),
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
        buffer.reserve(READ_BYTES);
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
