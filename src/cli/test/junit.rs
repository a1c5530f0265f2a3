//! The results of cases as JUnit XML, which build servers show: a suite for each route.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anstyle::Style;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::super::CannotRun;
use super::{Ran, told};

/// Writes the file.
pub(super) fn write(file: &Path, results: &[Ran<'_>]) -> Result<(), CannotRun> {
    let opened = File::create(file).map_err(|error| CannotRun::at(file.display(), error))?;
    let written = report(results).serialize(BufWriter::new(opened));
    written.map_err(|error| CannotRun::at(file.display(), error))
}

fn report(results: &[Ran<'_>]) -> Report {
    let mut report = Report::new("weir test");
    // The cases of a route stand together.
    for route in results.chunk_by(|one, other| one.case.route.name == other.case.route.name) {
        let Some(first) = route.first() else { continue };
        let mut suite = TestSuite::new(first.case.route.name.to_string());
        for result in route {
            let mut case = TestCase::new(result.case.name.to_string(), status(result));
            case.set_classname(result.case.route.name.to_string());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report
}

fn status(result: &Ran<'_>) -> TestCaseStatus {
    if result.is_passed() {
        return TestCaseStatus::success();
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message("not as expected");
    status.set_description(told::details(result, &Style::new()));
    status
}
