//! Who is posted to by weir: requests read by hand, so that they do not share weir's own mistakes.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver as Arrivals};

/// The head and the body of the one request of a connection; `None` where it ends before that.
pub fn read_request(stream: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let from = head.len();
        reader.read_line(&mut head).ok().filter(|count| *count > 0)?;
        if let Some(value) = head[from..].to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// Serves each connection and gives on what it took, until the test ends.
pub fn serve(take: fn(TcpStream) -> Option<String>) -> (SocketAddr, Arrivals<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, arrivals) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if let Some(taken) = take(stream)
                && sender.send(taken).is_err()
            {
                return;
            }
        }
    });
    (address, arrivals)
}
