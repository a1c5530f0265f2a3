//! The step `format_date`: dates and times from HL7 timestamps to other forms, and back, and between zones.

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::JsonSchema;
use serde::Deserialize;

use super::moment::Moment;
use super::otherwise::Otherwise;
use super::paths::{Written, written_field};
use super::{Doc, Run, StepError};
use crate::hl7::{FieldPath, Level, Message, Selector, State};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::Text;

pub(super) const DOC: Doc = Doc {
    kind: "format_date",
    summary: "writes dates and times in another form or zone",
    details: "`from` and `to` are patterns as in `%d.%m.%Y %H:%M:%S`; without one the value is an HL7 timestamp.\n\
              %Y year, %m month, %d day, %H hour, %M minute, %S second, %y year of two digits, %b name of the month, \
              %I hour to 12 with %p, %f fraction, %z offset.\n\
              Of a year of two digits, `69` to `99` are 1969 to 1999 and `00` to `68` are 2000 to 2068; `year: past` \
              takes the century before where the date would lie after the day of receipt, as for births.\n\
              The precision stays: what was given to the day gets no hour, and where the pattern asks for more than \
              was given, `otherwise` says what becomes of the value: `fail` (the default), `keep`, `clear`, or a \
              value (`{ value: U }`).\n\
              `zone` is where times without an offset were written down; `to_zone` is where they are to be read: a \
              name as `Europe/Berlin`. Dates without a time are in no zone.\n\
              A field without a value is left as it is.",
    tables: "",
    example: "format_date: { field: PID-7, from: \"%d.%m.%Y\" }",
    given: "MSH|^~\\&|EHR\rPID|1||12||DOE||24.12.1970\r",
    becomes: "MSH|^~\\&|EHR\rPID|1||12||DOE||19701224\r",
};

/// What was typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The field that holds the date.
    pub field: Text,
    /// The form it has; an HL7 timestamp without it.
    #[serde(default)]
    pub from: Option<Text>,
    /// Which century a year of two digits in `from` is of; 1969 to 2068 without it.
    #[serde(default)]
    pub year: Option<Year>,
    /// The form it gets; an HL7 timestamp without it.
    #[serde(default)]
    pub to: Option<Text>,
    /// Where times without an offset were written down.
    #[serde(default)]
    pub zone: Option<Text>,
    /// Where the times are to be read.
    #[serde(default)]
    pub to_zone: Option<Text>,
    /// What becomes of a value that is no such date.
    #[serde(default)]
    pub otherwise: Otherwise,
}

/// Which century a year of two digits is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Year {
    /// The last in which the date is not after the day of receipt.
    Past,
}

/// A field, and the forms its date has and gets.
#[derive(Debug, Clone)]
pub(super) struct FormatDate {
    field: Selector,
    from: Option<String>,
    year: Option<Year>,
    to: Option<String>,
    zone: Option<TimeZone>,
    to_zone: Option<TimeZone>,
    otherwise: Otherwise,
}

impl Settings {
    pub(super) fn check(self, place: &Place<'_>, problems: &mut Problems) -> Option<FormatDate> {
        let errors_before = problems.error_count();
        let field = written_field(&self.field.0, Written::Value(&place.key("field")), problems);
        if self.from.is_none() && self.to.is_none() && self.zone.is_none() && self.to_zone.is_none() {
            let message = "none of `from`, `to`, `zone` and `to_zone` is given, so nothing changes";
            problems.push(Problem::error(ProblemName::NothingToDo, message).at(place));
        }
        let mut checked = |key: &str, pattern: Option<Text>| {
            let Text(pattern) = pattern?;
            if let Some(problem) = wrong_pattern(&pattern, key == "from") {
                problems.push(problem.at(&place.key(key)));
            }
            Some(pattern)
        };
        let from = checked("from", self.from);
        let to = checked("to", self.to);
        if self.year.is_some() && !from.as_deref().is_some_and(has_short_year) {
            let message = "`year` is about a year of two digits, and `from` has no `%y`";
            problems.push(Problem::error(ProblemName::ContradictoryStep, message).at_key(&place.key("year")));
        }
        let mut zone = |key: &str, name: Option<Text>| time_zone(&name?.0, &place.key(key), problems);
        let format = FormatDate {
            from,
            year: self.year,
            to,
            zone: zone("zone", self.zone),
            to_zone: zone("to_zone", self.to_zone),
            otherwise: self.otherwise,
            field: field?,
        };
        (problems.error_count() == errors_before).then_some(format)
    }
}

/// Why this is no pattern: it cannot write a date, or not read what it wrote.
fn wrong_pattern(pattern: &str, is_read: bool) -> Option<Problem> {
    /// A time that no pattern can take for another.
    const SAMPLE: &str = "20011122131415.1617+0000";
    let wrong = |message: &str| Some(Problem::error(ProblemName::BadPattern, message));
    if !pattern.contains('%') {
        let guess = [
            ("yyyy", "%Y"),
            ("MM", "%m"),
            ("dd", "%d"),
            ("HH", "%H"),
            ("mm", "%M"),
            ("ss", "%S"),
        ]
        .iter()
        .fold(pattern.to_owned(), |guess, (theirs, ours)| {
            guess.replace(theirs, ours)
        });
        let problem = wrong("expected a pattern as `%Y-%m-%d %H:%M`")?;
        return Some(if guess == pattern {
            problem
        } else {
            problem.suggest(&guess)
        });
    }
    let sample = Moment::of_hl7(SAMPLE);
    let Some(written) = sample.and_then(|sample| sample.to_pattern(pattern)) else {
        return wrong("the pattern has a directive that there is not");
    };
    if is_read && Moment::of_pattern(pattern, &written).is_none() {
        return wrong("the pattern cannot be read back: it needs at least a year, with `%Y` or `%y`");
    }
    None
}

/// Whether a pattern has a year of two digits.
fn has_short_year(pattern: &str) -> bool {
    ["%y", "%D"].iter().any(|directive| pattern.contains(directive))
}

/// The zone of this name, from the tables within weir: the same on every machine.
fn time_zone(name: &str, place: &Place<'_>, problems: &mut Problems) -> Option<TimeZone> {
    let zones = TimeZoneDatabase::bundled();
    if let Ok(zone) = zones.get(name) {
        return Some(zone);
    }
    let known: Vec<String> = zones.available().map(|name| name.to_string()).collect();
    let problem = Problem::error(
        ProblemName::InvalidValue,
        format!("there is no time zone `{name}`"),
    );
    problems.push(
        problem
            .at(place)
            .nearest(name, known.iter().map(String::as_str))
            .help("zones have names as `Europe/Berlin`, `America/New_York` or `UTC`"),
    );
    None
}

impl FormatDate {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), StepError> {
        for place in run.places(&self.field) {
            let time = place_of_time(&run.message, place);
            let Some(text) = run.message.text(&time) else {
                continue;
            };
            let today = run.context.received().map(Zoned::date);
            if let Some(formatted) = self.formatted(&text, today) {
                run.edit(&time, |message| message.set(&time, &formatted))?;
                continue;
            }
            let reason = "the value is no date of the form that is expected, or not precise enough";
            let value = self.otherwise.value(reason);
            if let Some(value) = value.map_err(|reason| StepError::at(place, reason))? {
                run.edit(&place, |message| message.set(&place, value))?;
            }
        }
        Ok(())
    }

    /// `today` is the day of receipt.
    fn formatted(&self, text: &str, today: Option<Date>) -> Option<String> {
        let mut moment = match &self.from {
            Some(pattern) => Moment::of_pattern(pattern, text)?,
            None => Moment::of_hl7(text)?,
        };
        if let Some(Year::Past) = self.year {
            moment = moment.not_after(today?)?;
        }
        if let Some(zone) = &self.zone {
            moment = moment.in_zone(zone)?;
        }
        if let Some(zone) = &self.to_zone {
            moment = moment.to_zone(zone)?;
        }
        match &self.to {
            Some(pattern) => moment.to_pattern(pattern),
            None => moment.to_hl7(),
        }
    }
}

/// Where the time stands in a field or repetition with a degree of precision behind it, `19800102^D`: in the first
/// component. Of a field with several repetitions none is meant.
fn place_of_time(message: &Message, place: FieldPath) -> FieldPath {
    let is_there = |path: FieldPath| message.read(&path).state() != State::Absent;
    let is_one = place.level() > Level::Field || !is_there(place.of_repetition(2));
    let has_more = place.level() <= Level::Repetition && is_there(place.of_component(2));
    if is_one && has_more {
        place.first_component()
    } else {
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Source;

    /// The settings as YAML, without the field; a value; and what becomes of it.
    #[track_caller]
    fn check(settings: &str, value: &str, expected: &str) {
        let typed: Settings = serde_yaml::from_str(&format!("{{ field: PID-7, {settings} }}")).unwrap();
        let source = Source {
            id: 0,
            name: String::new(),
            text: String::new(),
            root: crate::problem::Node {
                bytes: 0..0,
                content: crate::problem::Content::Mapping(Vec::new()),
            },
        };
        let mut problems = Problems::new();
        let shown = match typed.check(&Place::root(&source), &mut problems) {
            Some(format) => {
                let today = Date::new(2026, 11, 22).unwrap();
                let formatted = format.formatted(value, Some(today));
                formatted.unwrap_or_else(|| "-".to_owned())
            }
            None => problems.iter().map(|problem| problem.message.clone()).collect(),
        };
        assert_eq!(shown, expected, "{settings} {value}");
    }

    #[test]
    fn hl7_to_patterns() {
        check("to: '%d.%m.%Y'", "19701224", "24.12.1970");
        check("to: '%d.%m.%Y'", "197012241530", "24.12.1970");
        check(
            "to: '%Y-%m-%dT%H:%M:%S%:z'",
            "20240102030405+0130",
            "2024-01-02T03:04:05+01:30",
        );
        check(
            "to: '%b %d, %Y %I:%M %p'",
            "202401021504",
            "Jan 02, 2024 03:04 PM",
        );
        check("to: '%Y'", "1970", "1970");
        check("to: '%H:%M:%S'", "20161231235960", "23:59:59");
        check(
            "to: '%Y-%m-%d %H:%M:%S.%f'",
            "20240102030405.12",
            "2024-01-02 03:04:05.12",
        );
    }

    #[test]
    fn patterns_to_hl7_keep_the_precision() {
        check("from: '%d.%m.%Y'", "24.12.1970", "19701224");
        check("from: '%d.%m.%Y'", "1.2.1970", "19700201");
        check("from: '%m/%d/%y'", "12/24/70", "19701224");
        check(
            "from: '%Y-%m-%dT%H:%M:%S%z'",
            "2024-01-02T03:04:05-0500",
            "20240102030405-0500",
        );
        check("from: '%Y-%m-%d %I:%M %p'", "2024-01-02 03:04 PM", "202401021504");
        check("from: '%m/%Y'", "02/1970", "197002");
        check("from: '%Y'", "1970", "1970");
        check("from: '%d.%m.%Y', to: '%Y/%m/%d'", "24.12.1970", "1970/12/24");
        check(
            "from: '%Y-%m-%d %H:%M:%S%.f'",
            "2024-01-02 03:04:05.6",
            "20240102030405.6",
        );
        let fraction = |text: &str, fraction: &str| {
            let expected = format!("19701224030405{fraction}");
            check(
                "from: '%d.%m.%Y %H:%M:%S%.f'",
                &format!("24.12.1970 03:04:05{text}"),
                &expected,
            );
        };
        fraction(".5", ".5");
        fraction(".50", ".50");
        fraction(".000", ".000");
        fraction(".123456", ".1234");
        fraction("", "");
        check(
            "from: '%d.%m.%Y %S,%f %H:%M'",
            "24.12.1970 05,25 03:04",
            "19701224030405.25",
        );
    }

    #[test]
    fn years_of_two_digits_have_a_century() {
        check("from: '%m/%d/%y'", "12/24/68", "20681224");
        check("from: '%m/%d/%y'", "12/24/69", "19691224");
        let past = "from: '%m/%d/%y', year: past";
        check(past, "12/24/68", "19681224");
        check(past, "12/24/69", "19691224");
        check(past, "11/22/26", "20261122");
        check(past, "11/23/26", "19261123");
        check(past, "02/29/68", "19680229");
        check("from: '%D', year: past", "12/24/68", "19681224");
        let refused = "`year` is about a year of two digits, and `from` has no `%y`";
        check("from: '%d.%m.%Y', year: past", "", refused);
        check("to: '%y', year: past", "", refused);
    }

    #[test]
    fn what_is_no_such_date_or_not_precise_enough() {
        for (settings, value) in [
            ("to: '%d.%m.%Y'", "1970"),
            ("to: '%d.%m.%Y'", "1970-12-24"),
            ("to: '%d.%m.%Y'", "19700231"),
            ("to: '%Y %H:%M'", "19701224"),
            ("to: '%Y %H:%M:%S'", "197012241530"),
            ("to: '%Y %H:%M %z'", "197012241530"),
            ("from: '%d.%m.%Y'", "19701224"),
            ("from: '%d.%m.%Y'", "31.02.1970"),
            ("from: '%d.%m.%Y'", "24.12.1970 "),
            ("to_zone: UTC", "197012241530"),
        ] {
            check(settings, value, "-");
        }
    }

    #[test]
    fn zones_are_the_same_everywhere() {
        check("zone: Europe/Berlin", "202407011200", "202407011200+0200");
        check("zone: Europe/Berlin", "202401011200", "202401011200+0100");
        check("zone: Europe/Berlin", "202401011200-0500", "202401011200-0500");
        check("zone: Europe/Berlin", "20240101", "20240101");
        check(
            "zone: Europe/Berlin, to_zone: UTC",
            "20240701013000",
            "20240630233000+0000",
        );
        check(
            "to_zone: America/New_York",
            "202401010030+0000",
            "202312311930-0500",
        );
        check("to_zone: Asia/Kolkata", "2024010112+0000", "-");
        check(
            "zone: UTC, to_zone: Asia/Kolkata, to: '%H:%M'",
            "202401011200",
            "17:30",
        );
        // Clocks are set back at 3 and forward at 2.
        check("zone: Europe/Berlin", "202410270230", "202410270230+0200");
        check("zone: Europe/Berlin", "202403310230", "202403310330+0200");
    }

    #[test]
    fn wrong_settings() {
        check("to: 'yyyy-MM-dd'", "", "expected a pattern as `%Y-%m-%d %H:%M`");
        check("to: '%Q%!'", "", "the pattern has a directive that there is not");
        check(
            "from: '%d.%m.'",
            "",
            "the pattern cannot be read back: it needs at least a year, with `%Y` or `%y`",
        );
        check("zone: Europe/Berln", "", "there is no time zone `Europe/Berln`");
        check(
            "otherwise: keep",
            "",
            "none of `from`, `to`, `zone` and `to_zone` is given, so nothing changes",
        );
    }
}
