//! Calls of functions: how many arguments there are, and of which kind.

use super::{Check, Checked, Value, field, pattern, text_literal};
use crate::expression::ExpressionError;
use crate::expression::function::Function;
use crate::expression::groups::{UnknownGroup, unknown_group};
use crate::expression::syntax::{Form, Operand};
use crate::expression::value::{Number, Part, Text};
use crate::hl7::{Selector, TargetSelector};
use crate::problem::{self, ProblemName};
use crate::table::Table;

/// A call on its way to what can run.
#[derive(Clone, Copy)]
struct Call<'a> {
    function: Function,
    arguments: &'a [Operand],
    /// The whole of it.
    whole: &'a Operand,
}

impl<'a> Call<'a> {
    /// The argument of this number, from 0, which must be there.
    fn at(&self, index: usize) -> Checked<&'a Operand> {
        self.arguments.get(index).ok_or_else(|| {
            let end = self.whole.bytes.end.saturating_sub(1);
            ExpressionError::at(&(end..end), format!("more: {}", self.function.doc().form))
        })
    }

    /// The one argument there is.
    fn only(&self) -> Checked<&'a Operand> {
        self.at_most(1)?;
        self.at(0)
    }

    /// Says that there is an argument too many, if there is.
    fn at_most(&self, count: usize) -> Checked<()> {
        match self.arguments.get(count) {
            None => Ok(()),
            Some(surplus) => Err(ExpressionError::at(
                &surplus.bytes,
                format!("`)`: {}", self.function.doc().form),
            )),
        }
    }
}

impl Check<'_> {
    pub(super) fn call(
        &mut self,
        function: Function,
        arguments: &[Operand],
        whole: &Operand,
    ) -> Checked<Value> {
        let call = Call {
            function,
            arguments,
            whole,
        };
        let text = match function {
            Function::Length => return Ok(Value::Number(Number::Length(self.one_text(call)?))),
            Function::Number => return Ok(Value::Number(Number::Of(self.one_text(call)?))),
            Function::Round => return self.round(call).map(Value::Number),
            Function::Count => return count(call).map(Value::Number),
            Function::Age => return self.age(call).map(Value::Number),
            Function::Upper => Text::Upper(self.one_text(call)?),
            Function::Lower => Text::Lower(self.one_text(call)?),
            Function::Trim => Text::Trim(self.one_text(call)?),
            Function::Hash => Text::Hash(self.one_text(call)?),
            Function::Left => self.text_and_number(call, Text::Left)?,
            Function::Right => self.text_and_number(call, Text::Right)?,
            Function::AddDays => self.text_and_number(call, Text::AddDays)?,
            Function::Mid => self.mid(call)?,
            Function::Pad => self.pad(call)?,
            Function::Replace => self.replace(call)?,
            Function::Split => self.split(call)?,
            Function::Concat => self.list(call, Text::Concat)?,
            Function::Join => self.join(call)?,
            Function::Coalesce => self.list(call, Text::Coalesce)?,
            Function::First => Text::First(several(call.only()?)?),
            Function::Last => Text::Last(several(call.only()?)?),
            Function::Lookup => self.lookup(call)?,
            Function::Date => self.date(call)?,
            Function::Now => self.of_receipt(call, Text::Now)?,
            Function::Uuid => self.of_receipt(call, Text::Uuid)?,
            Function::Raw => raw(call)?,
        };
        Ok(Value::Text(text))
    }

    fn one_text(&mut self, call: Call<'_>) -> Checked<Box<Text>> {
        self.text(call.only()?).map(Box::new)
    }

    fn text_and_number(&mut self, call: Call<'_>, make: fn(Box<Text>, Box<Number>) -> Text) -> Checked<Text> {
        call.at_most(2)?;
        let text = self.boxed(call, 0)?;
        Ok(make(text, Box::new(self.number(call.at(1)?)?)))
    }

    fn round(&mut self, call: Call<'_>) -> Checked<Number> {
        call.at_most(2)?;
        let number = Box::new(self.number(call.at(0)?)?);
        Ok(Number::Round(number, self.optional_number(call, 1)?))
    }

    fn age(&mut self, call: Call<'_>) -> Checked<Number> {
        call.at_most(2)?;
        let born = self.boxed(call, 0)?;
        if call.arguments.len() > 1 {
            return Ok(Number::Age(born, Some(self.boxed(call, 1)?)));
        }
        self.received(call)?;
        Ok(Number::Age(born, None))
    }

    fn mid(&mut self, call: Call<'_>) -> Checked<Text> {
        call.at_most(3)?;
        let text = self.boxed(call, 0)?;
        let start = Box::new(self.number(call.at(1)?)?);
        Ok(Text::Mid(text, start, self.optional_number(call, 2)?))
    }

    fn pad(&mut self, call: Call<'_>) -> Checked<Text> {
        call.at_most(3)?;
        let value = Box::new(self.shown(call.at(0)?)?);
        let width = Box::new(self.number(call.at(1)?)?);
        let Some(operand) = call.arguments.get(2) else {
            return Ok(Text::Pad(value, width, ' '));
        };
        let fill = text_literal(operand)?;
        let mut characters = fill.chars();
        match (characters.next(), characters.next()) {
            (Some(fill), None) => Ok(Text::Pad(value, width, fill)),
            _ => Err(ExpressionError::at(
                &operand.bytes,
                "one character to fill with, in quotes",
            )),
        }
    }

    fn replace(&mut self, call: Call<'_>) -> Checked<Text> {
        call.at_most(3)?;
        let text = self.boxed(call, 0)?;
        if let Form::Pattern(what) = &call.at(1)?.form {
            let what = pattern::compile(what)?;
            let by = call.at(2)?;
            if let Form::Text(with) = &by.form
                && let Some(unknown) = unknown_group(with, &what)
            {
                let UnknownGroup { name, help, .. } = unknown;
                let expected = format!("groups that the pattern has, and it has no `{name}`: {help}");
                return Err(ExpressionError {
                    problem: ProblemName::BadPattern,
                    ..ExpressionError::at(&by.bytes, expected)
                });
            }
            return Ok(Text::ReplacePattern(text, what, self.boxed(call, 2)?));
        }
        let what = self.boxed(call, 1)?;
        Ok(Text::Replace(text, what, self.boxed(call, 2)?))
    }

    fn split(&mut self, call: Call<'_>) -> Checked<Text> {
        call.at_most(3)?;
        let text = self.boxed(call, 0)?;
        let separator = self.boxed(call, 1)?;
        Ok(Text::Split(text, separator, Box::new(self.number(call.at(2)?)?)))
    }

    fn list(&mut self, call: Call<'_>, make: fn(Vec<Part>) -> Text) -> Checked<Text> {
        call.at(0)?;
        Ok(make(self.parts(call.arguments)?))
    }

    fn join(&mut self, call: Call<'_>) -> Checked<Text> {
        let separator = self.boxed(call, 0)?;
        call.at(1)?;
        let parts = self.parts(call.arguments.get(1..).unwrap_or_default())?;
        Ok(Text::Join(separator, parts))
    }

    /// Values of which some may be several.
    fn parts(&mut self, operands: &[Operand]) -> Checked<Vec<Part>> {
        let part = |operand: &Operand| {
            if let Form::Path(TargetSelector::Field(path)) = &operand.form
                && path.is_many()
            {
                return Ok(Part::All(path.clone()));
            }
            self.shown(operand).map(Part::One)
        };
        operands.iter().map(part).collect()
    }

    fn date(&mut self, call: Call<'_>) -> Checked<Text> {
        call.at_most(3)?;
        let time = self.boxed(call, 0)?;
        let pattern = pattern::date(call.at(1)?)?;
        let zone = call.arguments.get(2).map(pattern::zone).transpose()?;
        Ok(Text::Date(time, pattern, zone))
    }

    fn of_receipt(&mut self, call: Call<'_>, text: Text) -> Checked<Text> {
        call.at_most(0)?;
        self.received(call)?;
        Ok(text)
    }

    fn lookup(&mut self, call: Call<'_>) -> Checked<Text> {
        let tables = self.known.tables;
        let operand = call.at(0)?;
        let name = text_literal(operand)?;
        let Some(table) = tables.get(name.as_str()).cloned() else {
            let near = problem::nearest(&name, tables.keys().map(AsRef::as_ref));
            return Err(ExpressionError {
                suggestion: near.map(|near| format!("\"{near}\"")),
                problem: ProblemName::UnknownTable,
                ..ExpressionError::at(&operand.bytes, "the name of a table of the site")
            });
        };
        let code = self.boxed(call, 1)?;
        let column = column(&table, call)?;
        Ok(Text::Lookup(table, column, code))
    }

    fn boxed(&mut self, call: Call<'_>, index: usize) -> Checked<Box<Text>> {
        self.text(call.at(index)?).map(Box::new)
    }

    fn optional_number(&mut self, call: Call<'_>, index: usize) -> Checked<Option<Box<Number>>> {
        let operand = call.arguments.get(index);
        operand
            .map(|operand| self.number(operand).map(Box::new))
            .transpose()
    }

    /// That the message was received is known where this expression stands.
    fn received(&self, call: Call<'_>) -> Checked<()> {
        if self.known.is_received {
            return Ok(());
        }
        Err(ExpressionError::at(
            &call.whole.bytes,
            "a function that does not ask when the message was received: here, that is not known",
        ))
    }
}

/// How many segments or values there are.
fn count(call: Call<'_>) -> Checked<Number> {
    let operand = call.only()?;
    if let Form::Path(TargetSelector::Segments(segments)) = &operand.form {
        return Ok(Number::CountSegments(segments.clone()));
    }
    several(operand).map(Number::CountValues)
}

fn raw(call: Call<'_>) -> Checked<Text> {
    let operand = call.only()?;
    let path = field(operand)?;
    if path.is_many() {
        return Err(ExpressionError::at(&operand.bytes, "a path without `[*]`"));
    }
    Ok(Text::Raw(path))
}

/// The number of the column that is named or meant.
fn column(table: &Table, call: Call<'_>) -> Checked<usize> {
    // What is wrong with the table has been told.
    if table.is_wrong() {
        return Ok(0);
    }
    let names: Vec<&str> = table.columns().collect();
    let Some(operand) = call.arguments.get(2) else {
        return table.default_column().ok_or_else(|| {
            let end = call.whole.bytes.end.saturating_sub(1);
            let expected = format!("a column, as the table has several: {}", names.join(", "));
            ExpressionError {
                problem: ProblemName::UnknownColumn,
                ..ExpressionError::at(&(end..end), expected)
            }
        });
    };
    let name = text_literal(operand)?;
    table.column(&name).ok_or_else(|| {
        let near = problem::nearest(&name, names.iter().copied());
        ExpressionError {
            suggestion: near.map(|near| format!("\"{near}\"")),
            problem: ProblemName::UnknownColumn,
            ..ExpressionError::at(
                &operand.bytes,
                format!("a column of the table: {}", names.join(", ")),
            )
        }
    })
}

/// A path that may have several values.
fn several(operand: &Operand) -> Checked<Selector> {
    let path = field(operand)?;
    if path.is_many() || path.is_by_value() {
        return Ok(path);
    }
    Err(ExpressionError {
        suggestion: Some(path.in_each_repetition().to_string()),
        ..ExpressionError::at(
            &operand.bytes,
            "a path with `[*]`: this one has one value at most",
        )
    })
}
