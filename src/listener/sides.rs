//! The two sides of a connection, which are read and written at the same time, plain or within TLS.
//!
//! A plain socket is read when it has something, so that idle connections hold no room to read into; within TLS the
//! room is given back while there is nothing.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::{TcpStream, tcp};
use tokio_rustls::server::TlsStream;

use super::budget::Share;
use crate::tls::Stream;

/// How much is read at a time, at least.
const READ_BYTES: usize = 16 * 1024;

/// The side that is read.
pub(super) enum ReadSide<'a> {
    Plain(tcp::ReadHalf<'a>),
    Tls(ReadHalf<&'a mut TlsStream<TcpStream>>),
}

/// The side that is written.
pub(super) enum WriteSide<'a> {
    Plain(tcp::WriteHalf<'a>),
    Tls(WriteHalf<&'a mut TlsStream<TcpStream>>),
}

/// Both sides of a connection.
pub(super) fn split(stream: &mut Stream) -> (ReadSide<'_>, WriteSide<'_>) {
    match stream {
        Stream::Plain(stream) => {
            let (reader, writer) = stream.split();
            (ReadSide::Plain(reader), WriteSide::Plain(writer))
        }
        Stream::Tls(stream) => {
            let (reader, writer) = tokio::io::split(stream.as_mut());
            (ReadSide::Tls(reader), WriteSide::Tls(writer))
        }
    }
}

impl ReadSide<'_> {
    /// Reads what there is, at least a byte; 0 at the end of the stream. Cancel safe.
    pub(super) async fn read_some(&mut self, buffer: &mut BytesMut, share: &mut Share) -> io::Result<usize> {
        if buffer.is_empty() {
            *buffer = BytesMut::new();
        }
        share.cover(buffer.len() + READ_BYTES).await;
        match self {
            ReadSide::Plain(reader) => loop {
                reader.readable().await?;
                buffer.reserve(READ_BYTES);
                match reader.try_read_buf(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => return read,
                }
            },
            ReadSide::Tls(reader) => {
                poll_fn(|context| {
                    buffer.reserve(READ_BYTES);
                    let read = pin!(reader.read_buf(buffer)).poll(context);
                    if read.is_pending() && buffer.is_empty() {
                        *buffer = BytesMut::new();
                    }
                    read
                })
                .await
            }
        }
    }
}

impl WriteSide<'_> {
    /// Writes it all, and lets it leave. Cancel safe, if it is called again.
    pub(super) async fn write_out(&mut self, out: &mut BytesMut) -> io::Result<()> {
        match self {
            WriteSide::Plain(writer) => writer.write_all_buf(out).await,
            WriteSide::Tls(writer) => {
                writer.write_all_buf(out).await?;
                writer.flush().await
            }
        }
    }
}
