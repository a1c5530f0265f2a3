//! `weir token`: programs that may ask the API of a running weir, asked on its control socket.

use std::io::Write;

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::json;

use crate::access::Role;
use crate::console::api::tokens::{Made, Token as Shown};

use super::control::{self, WhichByName};
use super::queue::{Asked, escaped, not_there};
use super::user::role;
use super::{CannotRun, Finding, runtime};

/// Makes and removes the tokens by which programs ask the API of a running weir.
///
/// Everything is written into the audit log. Exit status: 0 done, 1 there is no such token, 2 it could not be done.
#[derive(Args)]
pub(super) struct Token {
    #[command(subcommand)]
    order: Order,
    #[command(flatten)]
    running: WhichByName,
}

#[derive(Subcommand)]
enum Order {
    /// What tokens there are, but not the tokens themselves
    List(List),
    /// Make a token and print it, this once
    Add(Add),
    /// Remove a token: who holds it is nobody from now on
    Remove(Remove),
}

#[derive(Args)]
struct List {
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Add {
    /// What to call it, as the program that is to hold it
    name: String,
    /// A role; give it several times for several
    #[arg(long = "role", required = true, value_name = "ROLE", value_parser = role())]
    roles: Vec<Role>,
    /// How long it holds
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    days: u32,
}

#[derive(Args)]
struct Remove {
    /// What it is called
    name: String,
}

impl Token {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let running = &self.running;
        let asked = match &self.order {
            Order::List(_) => runtime()?.block_on(running.ask(Method::GET, "/api/v1/tokens"))?,
            Order::Add(Add { name, roles, days }) => {
                let body = json!({ "name": name, "roles": roles, "days": days });
                runtime()?.block_on(running.send(Method::POST, "/api/v1/tokens", Some(&body)))?
            }
            Order::Remove(Remove { name }) => {
                let path = format!("/api/v1/tokens/{}", escaped(name));
                runtime()?.block_on(running.ask(Method::DELETE, &path))?
            }
        };
        let answer = match asked {
            Asked::Done(answer) => answer,
            Asked::NotThere(why) => return not_there(&why),
        };
        match &self.order {
            Order::List(List { json: true }) => {
                out.write_all(&answer.body)?;
                writeln!(out)?;
            }
            Order::List(List { json: false }) => show(&control::read::<Vec<Shown>>(&answer)?, out)?,
            Order::Add(_) => writeln!(out, "{}", control::read::<Made>(&answer)?.token)?,
            Order::Remove(Remove { name }) => writeln!(out, "{name}: removed")?,
        }
        Ok(Finding::Fine)
    }
}

fn show(tokens: &[Shown], out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{:<24} {:<20} {:<20} roles", "name", "expires", "made by")?;
    tokens.iter().try_for_each(|token| {
        let roles: Vec<_> = token.roles.iter().map(|role| role.as_str()).collect();
        let expires = token.expires_at.get(..19).unwrap_or(&token.expires_at);
        let (name, by) = (&token.name, &token.created_by);
        writeln!(out, "{name:<24} {expires:<20} {by:<20} {}", roles.join(" "))
    })
}
