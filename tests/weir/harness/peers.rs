//! Sending and receiving systems on real sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{PATIENCE, field};

/// MSH-10. Looks at no more than the first segment: a message may have megabytes.
pub fn control_id(message: &[u8]) -> String {
    let header = message.split(|&byte| byte == b'\r').next();
    field(header.unwrap_or_default(), "MSH", 10)
}

/// Where the first frame ends in what was read, of which so many bytes were looked at before. To look at all of them
/// with each read took longer for a message of 5 MB than weir waits for the answer.
fn frame_end(read: &[u8], seen: &mut usize) -> Option<usize> {
    let from = seen.saturating_sub(1);
    let end = memchr::memmem::find(&read[from..], &[0x1C, 0x0D]);
    *seen = if end.is_some() { 0 } else { read.len() };
    end.map(|end| from + end)
}

/// A sending system: one connection.
pub struct Sender {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Sender {
    pub fn connect(address: SocketAddr) -> Sender {
        Sender::over(TcpStream::connect(address).expect("weir listens"))
    }

    /// The same where weir may have gone elsewhere.
    pub fn try_connect(address: SocketAddr) -> Option<Sender> {
        TcpStream::connect(address).ok().map(Sender::over)
    }

    fn over(stream: TcpStream) -> Sender {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Sender {
            stream,
            read: Vec::new(),
        }
    }

    /// Writes bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Writes one message in a frame.
    pub fn send(&mut self, message: &[u8]) -> std::io::Result<()> {
        let mut frame = Vec::with_capacity(message.len() + 3);
        frame.push(0x0B);
        frame.extend_from_slice(message);
        frame.extend_from_slice(&[0x1C, 0x0D]);
        self.write(&frame)
    }

    /// The next reply; `None` when the connection was closed first.
    pub fn reply(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = self.read.windows(2).position(|two| two == [0x1C, 0x0D]) {
                let frame: Vec<u8> = self.read.drain(..end + 2).collect();
                assert_eq!(frame[0], 0x0B, "a reply begins with 0x0B");
                return Some(frame[1..end].to_vec());
            }
            let mut chunk = [0; 16 * 1024];
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(count) => self.read.extend_from_slice(&chunk[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                    return None;
                }
                Err(error) => panic!("waiting for a reply: {error}"),
            }
        }
    }

    /// Sends one message and returns its reply.
    pub fn exchange(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        self.send(message).ok()?;
        self.reply()
    }

    /// No more bytes will be written.
    pub fn finish_writing(&self) {
        self.stream.shutdown(std::net::Shutdown::Write).unwrap();
    }
}

/// How a receiver answers a message.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This code, with the right control id.
    Code(&'static str),
    /// A code with an ERR segment of this table 0357 code.
    CodeBecause(&'static str, u16),
    /// These bytes, framed; `{id}` stands for the control id.
    Text(&'static str),
    /// These bytes, not framed.
    Bytes(&'static [u8]),
    /// Nothing, and the connection stays open.
    Silence,
    /// Nothing, and the connection is closed.
    Close,
    /// The same before the message is looked at: nobody is there.
    Away,
}

type Script = dyn Fn(usize, &[u8]) -> Answer + Send + Sync;

#[derive(Default)]
struct Arrivals {
    messages: Mutex<Vec<Vec<u8>>>,
    came: Condvar,
}

/// A receiving system.
pub struct Receiver {
    address: SocketAddr,
    arrivals: Arc<Arrivals>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Accepts everything.
    pub fn accepting() -> Receiver {
        Receiver::scripted(|_, _| Answer::Code("AA"))
    }

    /// Answers by a script, given how many messages came before and the message.
    pub fn scripted(script: impl Fn(usize, &[u8]) -> Answer + Send + Sync + 'static) -> Receiver {
        Receiver::at("127.0.0.1:0".parse().unwrap(), script)
    }

    /// The same at a given address: a receiver that comes back.
    pub fn at(
        address: SocketAddr,
        script: impl Fn(usize, &[u8]) -> Answer + Send + Sync + 'static,
    ) -> Receiver {
        let deadline = Instant::now() + PATIENCE;
        let listener = loop {
            match TcpListener::bind(address) {
                Ok(listener) => break listener,
                Err(error) => assert!(Instant::now() < deadline, "binding {address}: {error}"),
            }
            std::thread::yield_now();
        };
        let address = listener.local_addr().unwrap();
        let (arrivals, stop) = (Arc::<Arrivals>::default(), Arc::new(AtomicBool::new(false)));
        let (seen, told, script): (_, _, Arc<Script>) =
            (Arc::clone(&arrivals), Arc::clone(&stop), Arc::new(script));
        let thread = std::thread::spawn(move || {
            let mut connections = Vec::new();
            for stream in listener.incoming() {
                if told.load(Ordering::SeqCst) {
                    break;
                }
                let (seen, told, script) = (Arc::clone(&seen), Arc::clone(&told), Arc::clone(&script));
                connections.push(std::thread::spawn(move || {
                    serve(stream.unwrap(), &seen, &told, &*script);
                }));
            }
            drop(listener);
            for connection in connections {
                connection.join().unwrap();
            }
        });
        Receiver {
            address,
            arrivals,
            stop,
            thread: Some(thread),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What came, in order.
    pub fn messages(&self) -> Vec<Vec<u8>> {
        self.arrivals.messages.lock().unwrap().clone()
    }

    /// The control ids of what came, in order.
    pub fn control_ids(&self) -> Vec<String> {
        self.arrivals
            .messages
            .lock()
            .unwrap()
            .iter()
            .map(|message| control_id(message))
            .collect()
    }

    /// Waits until `enough` holds of what came.
    pub fn wait_until(&self, enough: impl Fn(&[Vec<u8>]) -> bool) -> Vec<Vec<u8>> {
        let messages = self.arrivals.messages.lock().unwrap();
        let (messages, waited) = self
            .arrivals
            .came
            .wait_timeout_while(messages, PATIENCE, |messages| !enough(messages))
            .unwrap();
        assert!(!waited.timed_out(), "only {} messages arrived", messages.len());
        messages.clone()
    }

    /// Waits for `count` messages.
    pub fn wait_for(&self, count: usize) -> Vec<Vec<u8>> {
        self.wait_until(|messages| messages.len() >= count)
    }

    /// Goes away: closes the port and every connection.
    pub fn stop(mut self) -> Vec<Vec<u8>> {
        self.end();
        self.messages()
    }

    fn end(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.stop.store(true, Ordering::SeqCst);
            // Wakes the accept loop.
            drop(TcpStream::connect(self.address));
            let ended = thread.join();
            // A test that fails already says why.
            assert!(ended.is_ok() || std::thread::panicking(), "the receiver panicked");
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.end();
    }
}

/// One connection of a receiver.
fn serve(mut stream: TcpStream, arrivals: &Arrivals, stop: &AtomicBool, script: &Script) {
    // Short, so that a stop is noticed between two reads.
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut read, mut seen, mut chunk) = (Vec::new(), 0, vec![0; 256 * 1024]);
    while !stop.load(Ordering::SeqCst) {
        match stream.read(&mut chunk) {
            Ok(0) => return,
            Ok(count) => read.extend_from_slice(&chunk[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(_) => return,
        }
        while let Some(end) = frame_end(&read, &mut seen) {
            let frame: Vec<u8> = read.drain(..end + 2).collect();
            let message = frame[1..end].to_vec();
            let answer = {
                let mut messages = arrivals.messages.lock().unwrap();
                let answer = script(messages.len(), &message);
                if matches!(answer, Answer::Away) {
                    return;
                }
                messages.push(message.clone());
                arrivals.came.notify_all();
                answer
            };
            match reply(&answer, &message) {
                Some(bytes) => drop(stream.write_all(&bytes)),
                None if matches!(answer, Answer::Close) => return,
                None => {}
            }
        }
    }
}

fn reply(answer: &Answer, message: &[u8]) -> Option<Vec<u8>> {
    let id = control_id(message);
    let framed = |text: String| Some([b"\x0B", text.as_bytes(), b"\x1C\r"].concat());
    let msh = "MSH|^~\\&|RECEIVER|TEST|||20260301080510||ACK|R1|P|2.5.1\r";
    match answer {
        Answer::Code(code) => framed(format!("{msh}MSA|{code}|{id}\r")),
        Answer::CodeBecause(code, error) => {
            framed(format!("{msh}MSA|{code}|{id}\rERR|||{error}^x^HL70357|E\r"))
        }
        Answer::Text(text) => framed(text.replace("{id}", &id)),
        Answer::Bytes(bytes) => Some(bytes.to_vec()),
        Answer::Silence | Answer::Close | Answer::Away => None,
    }
}
