//! What can be told of a script before it runs: functions that are not there, and paths, tables and columns that
//! stand in it as they are and are wrong.
//!
//! Told is only what fails whenever the script comes to it; a path that is put together is read when it runs.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rhai::{AST, ASTNode, Expr, FnCallExpr, FuncInfo, Position, Stmt};

use super::super::paths;
use super::Home;
use super::sandbox::SANDBOX;
use crate::hl7::TargetSelector;
use crate::problem::{Problem, ProblemName, Problems, nearest};
use crate::table::{Table, Tables};

/// Every function of the sandbox, with how many values it takes.
static FUNCTIONS: LazyLock<BTreeSet<(String, usize)>> = LazyLock::new(|| {
    let named = |function: FuncInfo<'_>| {
        let function = function.metadata;
        Some((function.name.to_string(), function.num_params))
    };
    let mut functions: BTreeSet<_> = SANDBOX
        .collect_fn_metadata(None, named, true)
        .into_iter()
        .collect();
    // The engine has this one in itself.
    functions.insert(("type_of".to_owned(), 1));
    functions
});

/// A call as it stands in the script.
struct Call<'a> {
    name: &'a str,
    position: Position,
    /// Without what stands before the dot.
    arguments: &'a [Expr],
    /// Whether it stands behind a dot.
    is_method: bool,
}

/// Tells what is wrong with the calls of a script.
pub(super) fn calls(script: &AST, home: &Home<'_>, tables: &Tables, problems: &mut Problems) {
    let own: BTreeSet<(&str, usize)> = script
        .iter_functions()
        .map(|function| (function.name, function.params.len()))
        .collect();
    script.walk(&mut |path| {
        let Some(call) = path.last().and_then(call) else {
            return true;
        };
        // What the script defines goes before what the sandbox has, and its object is no parameter.
        if own.contains(&(call.name, call.arguments.len())) {
            return true;
        }
        let count = call.arguments.len() + usize::from(call.is_method);
        if !FUNCTIONS.contains(&(call.name.to_owned(), count)) {
            let at = home.written(call.position);
            problems.push(at.place(missing(&call, count, &own), 0, call.name.len()));
        } else if !call.is_method {
            texts(&call, home, tables, problems);
        }
        true
    });
}

fn call<'a>(node: &ASTNode<'a>) -> Option<Call<'a>> {
    let (call, position): (&'a FnCallExpr, _) =
        if let ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position))
        | ASTNode::Stmt(Stmt::FnCall(call, position)) = *node
        {
            (call, *position)
        } else {
            return None;
        };
    let is_method = matches!(node, ASTNode::Expr(Expr::MethodCall(..)));
    (!call.is_operator_call()).then_some(Call {
        name: &call.name,
        position,
        arguments: &call.args,
        is_method,
    })
}

/// That there is no function of this name, or none that takes so many values.
fn missing(call: &Call<'_>, count: usize, own: &BTreeSet<(&str, usize)>) -> Problem {
    let known = || {
        let of_sandbox = FUNCTIONS.iter().map(|(name, count)| (name.as_str(), *count));
        let of_script = own
            .iter()
            .map(|(name, count)| (*name, count + usize::from(call.is_method)));
        of_sandbox.chain(of_script)
    };
    let name = call.name;
    let counts: BTreeSet<usize> = known()
        .filter(|(known, _)| *known == name)
        .map(|(_, count)| count)
        .collect();
    if counts.is_empty() {
        let problem = Problem::error(ProblemName::BadScript, format!("there is no function `{name}`"));
        return match nearest(name, known().map(|(name, _)| name)) {
            Some(near) => problem.suggest(near),
            None => problem,
        };
    }
    let values = if counts.iter().eq([&1]) { "value" } else { "values" };
    let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
    let message = format!("`{name}` takes {} {values}, not {count}", counts.join(" or "));
    Problem::error(ProblemName::BadScript, message)
}

/// Reads the texts among the values of a call that mean something.
fn texts(call: &Call<'_>, home: &Home<'_>, tables: &Tables, problems: &mut Problems) {
    let text = |index: usize| {
        if let Some(Expr::StringConstant(text, position)) = call.arguments.get(index) {
            home.literal(text, *position).map(|at| (text.as_str(), at))
        } else {
            None
        }
    };
    let first = text(0);
    match (call.name, first) {
        ("get" | "get_raw" | "get_all" | "exists" | "valued" | "is_null", Some((path, at))) => {
            paths::field(path, at, problems);
        }
        ("set" | "set_raw" | "set_null", Some((path, at))) => {
            paths::written_field(path, at, problems);
        }
        ("count", Some((path, at))) => {
            paths::read::<TargetSelector>(path, at, problems);
        }
        ("remove", Some((path, at))) => {
            paths::target(path, at, problems);
        }
        ("insert_after", first) => {
            if let Some((path, at)) = first {
                paths::segments(path, at, problems);
            }
            if let Some((name, at)) = text(1) {
                paths::written_name(name, at, problems);
            }
        }
        ("lookup", Some((name, at))) => match tables.get(name) {
            None => problems.push(at.place(unknown_table(name, tables), 0, name.len())),
            // What is wrong with the table has been told.
            Some(table) if table.is_wrong() => {}
            Some(table) if call.arguments.len() == 3 => {
                if let Some((column, at)) = text(2).filter(|(name, _)| table.column(name).is_none()) {
                    problems.push(at.place(unknown_column(column, table), 0, column.len()));
                }
            }
            Some(table) if table.default_column().is_none() => {
                problems.push(at.place(no_column(table), 0, name.len()));
            }
            Some(_) => {}
        },
        _ => {}
    }
}

fn unknown_table(name: &str, tables: &Tables) -> Problem {
    let message = format!("table `{name}` is not defined");
    let problem = Problem::error(ProblemName::UnknownTable, message);
    problem
        .nearest(name, tables.keys().map(AsRef::as_ref))
        .help("define it under `tables` in any file of the site")
}

fn unknown_column(name: &str, table: &Table) -> Problem {
    let known: Vec<&str> = table.columns().collect();
    let help = format!("its columns are `{}`", known.join("`, `"));
    let message = format!("table `{}` has no column `{name}`", table.name());
    let problem = Problem::error(ProblemName::UnknownColumn, message);
    problem.nearest(name, known).help(help)
}

fn no_column(table: &Table) -> Problem {
    let known: Vec<&str> = table.columns().collect();
    let message = format!("table `{}` has several columns, and none is named", table.name());
    let help = format!("name one of `{}` as the third value", known.join("`, `"));
    Problem::error(ProblemName::UnknownColumn, message).help(help)
}
