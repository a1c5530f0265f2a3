//! What goes on with `--keep`: the hospital sends, and whoever sits there takes a receiving system away and back.

use std::io::{BufRead, IsTerminal, Write, stdin};
use std::thread;

use tokio::signal::unix::Signal;
use tokio::sync::mpsc;

use super::super::CannotRun;
use super::super::serving::Serving;
use super::receivers::{Order, Receivers};
use super::{Event, hospital, show};
use crate::hl7::Message;

/// What there is to do now.
pub(super) fn introduce(
    serving: &Serving,
    receivers: &Receivers,
    out: &mut dyn Write,
) -> Result<(), CannotRun> {
    writeln!(
        out,
        "\nEverything keeps running until Ctrl-C, its console too: http://{}/",
        serving.console
    )?;
    if let Some(token) = &serving.setup_token {
        writeln!(
            out,
            "To log in at the console, make the first administrator with this token: {token}"
        )?;
    }
    writeln!(out, "The hospital goes on, with a message every two seconds.")?;
    let names: Vec<_> = receivers.addresses().keys().copied().collect();
    writeln!(
        out,
        "To take a receiving system away, type `stop` and its name ({}); `start` brings it back.",
        names.join(", ")
    )?;
    writeln!(out, "To send a message of your own:")?;
    for (name, address) in serving.engine.addresses() {
        writeln!(out, "  weir send FILE --to {address:<22} ({name})")?;
    }
    Ok(out.flush()?)
}

/// Shows what goes on, and does what is typed, until Ctrl-C.
pub(super) async fn keep(
    serving: &Serving,
    receivers: &Receivers,
    happened: &mut mpsc::Receiver<Event>,
    interrupt: &mut Signal,
    out: &mut dyn Write,
) -> Result<(), CannotRun> {
    let hospital = tokio::spawn(hospital::go_on(serving.engine.addresses().clone()));
    let mut typed = typed();
    loop {
        tokio::select! {
            _ = interrupt.recv() => break,
            Some(event) = happened.recv() => {
                if !is_of_hospital(&event) {
                    show(&event, out)?;
                }
            }
            Some(line) = typed.recv() => {
                writeln!(out, "  {}", obey(&line, receivers).await)?;
                out.flush()?;
            }
        }
    }
    hospital.abort();
    Ok(())
}

/// What the hospital sends by itself is seen in the console; lines for it would hide what is said here.
fn is_of_hospital(event: &Event) -> bool {
    let Event::Arrived { message, .. } = event else {
        return false;
    };
    let message = Message::parse(message.clone());
    message.is_ok_and(|message| {
        message
            .header()
            .control_id()
            .starts_with(hospital::AGAIN.as_bytes())
    })
}

/// Does what a line says; what to tell of it.
async fn obey(line: &str, receivers: &Receivers) -> String {
    let words: Vec<_> = line.split_whitespace().collect();
    let (order, done) = match words.first() {
        Some(&"stop") => (Order::Stop, "is away: what is for it waits"),
        Some(&"start") => (Order::Start, "is there again"),
        _ => return "expected `stop` or `start` and the name of a receiving system, or Ctrl-C".to_owned(),
    };
    let name = words.get(1).copied().unwrap_or_default();
    if receivers.tell(name, order).await {
        format!("{name} {done}")
    } else {
        let names: Vec<_> = receivers.addresses().keys().copied().collect();
        format!(
            "there is no receiving system `{name}`: expected {}",
            names.join(" or ")
        )
    }
}

/// The lines that are typed. Read on a thread that nobody waits for: it ends with the process.
fn typed() -> mpsc::Receiver<String> {
    let (sender, typed) = mpsc::channel(1);
    if may_read() {
        thread::spawn(move || {
            for line in stdin().lock().lines().map_while(Result::ok) {
                if sender.blocking_send(line).is_err() {
                    return;
                }
            }
        });
    }
    typed
}

/// A command in the background of a terminal is stopped when it reads from it.
fn may_read() -> bool {
    let input = stdin();
    !input.is_terminal()
        || rustix::termios::tcgetpgrp(&input).is_ok_and(|group| group == rustix::process::getpgrp())
}
