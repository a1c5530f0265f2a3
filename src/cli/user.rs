//! `weir user`: who may log in at the console of a running weir, asked on its control socket.
//!
//! Whoever may open the socket needs no password: a lost one is replaced here.

use std::io::{BufRead, IsTerminal, Write};

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::json;
use terminal::Term;
use zeroize::Zeroizing;

use crate::access::Role;
use crate::console::api::users::User as Shown;

use super::control::{self, WhichByName};
use super::queue::{Asked, escaped, not_there};
use super::{CannotRun, Finding, runtime};

/// Adds, changes and removes those who may log in at the console of a running weir.
///
/// A password is asked for on the terminal, or read as one line from standard input. Everything is written into the
/// audit log. Exit status: 0 done, 1 there is no such user, 2 it could not be done.
#[derive(Args)]
pub(super) struct User {
    #[command(subcommand)]
    order: Order,
    #[command(flatten)]
    running: WhichByName,
}

#[derive(Subcommand)]
enum Order {
    /// Who there is, and their roles
    List(List),
    /// Add a user
    Add(WithRoles),
    /// Give a user other roles, which count at once
    Roles(WithRoles),
    /// Give a user another password, which ends all their sessions
    Password(Name),
    /// Remove a user and end all their sessions
    Remove(Name),
}

#[derive(Args)]
struct List {
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Name {
    /// The name
    name: String,
}

#[derive(Args)]
struct WithRoles {
    /// The name: lower-case letters, digits and `.`, `_`, `-`, `@`
    name: String,
    /// A role; give it several times for several
    #[arg(long = "role", required = true, value_name = "ROLE", value_parser = role())]
    roles: Vec<Role>,
}

/// Roles, with the names there are in the help.
pub(super) fn role() -> impl clap::builder::TypedValueParser<Value = Role> {
    use clap::builder::{PossibleValuesParser, TypedValueParser as _};
    PossibleValuesParser::new(Role::ALL.map(Role::as_str)).try_map(|name| name.parse::<Role>())
}

impl User {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let (method, path, body, done) = match &self.order {
            Order::List(list) => return list.run(&self.running, out),
            Order::Add(WithRoles { name, roles }) => {
                let password = new_password()?;
                let body = json!({ "name": name, "password": password.as_str(), "roles": roles });
                (
                    Method::POST,
                    "/api/v1/users".to_owned(),
                    Some(body),
                    format!("{name}: added"),
                )
            }
            Order::Roles(WithRoles { name, roles }) => {
                let body = json!({ "roles": roles });
                (Method::PATCH, path(name), Some(body), format!("{name}: changed"))
            }
            Order::Password(Name { name }) => {
                let password = new_password()?;
                let body = json!({ "password": password.as_str() });
                (
                    Method::PATCH,
                    path(name),
                    Some(body),
                    format!("{name}: another password"),
                )
            }
            Order::Remove(Name { name }) => (Method::DELETE, path(name), None, format!("{name}: removed")),
        };
        match runtime()?.block_on(self.running.send(method, &path, body.as_ref()))? {
            Asked::Done(_) => writeln!(out, "{done}")?,
            Asked::NotThere(why) => return not_there(&why),
        }
        Ok(Finding::Fine)
    }
}

fn path(name: &str) -> String {
    format!("/api/v1/users/{}", escaped(name))
}

impl List {
    fn run(&self, running: &WhichByName, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let answer = match runtime()?.block_on(running.ask(Method::GET, "/api/v1/users"))? {
            Asked::Done(answer) => answer,
            Asked::NotThere(why) => return not_there(&why),
        };
        if self.json {
            out.write_all(&answer.body)?;
            writeln!(out)?;
            return Ok(Finding::Fine);
        }
        writeln!(out, "{:<32} roles", "name")?;
        for user in control::read::<Vec<Shown>>(&answer)? {
            let roles: Vec<_> = user.roles.iter().map(|role| role.as_str()).collect();
            writeln!(out, "{:<32} {}", user.name, roles.join(" "))?;
        }
        Ok(Finding::Fine)
    }
}

/// Asks for a password twice on a terminal; elsewhere it is the first line of standard input.
fn new_password() -> Result<Zeroizing<String>, CannotRun> {
    if !std::io::stdin().is_terminal() {
        let mut line = Zeroizing::new(String::new());
        std::io::stdin().lock().read_line(&mut line)?;
        return Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()));
    }
    let term = Term::stderr();
    let ask = |what: &str| -> Result<Zeroizing<String>, CannotRun> {
        term.write_str(what)?;
        Ok(Zeroizing::new(term.read_secure_line()?))
    };
    let first = ask("New password: ")?;
    if first != ask("Once more: ")? {
        return Err(CannotRun::Because(
            "the two are not the same: nothing was changed".to_owned(),
        ));
    }
    Ok(first)
}
