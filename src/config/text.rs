//! The text of each route as it was loaded, for whoever wants to read what runs.
//!
//! Kept with the site, since its files may have changed by the time somebody looks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::sections::Sections;

/// A route as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteText {
    /// The file, as shown to people.
    pub file: String,
    /// The first of its lines, from 1.
    pub line: usize,
    /// Its lines, as indented as the first, with the comments right above.
    pub text: String,
    /// How many cases it has, those in the section `cases` too.
    pub cases: usize,
}

/// The texts of all routes by name.
pub(super) fn of_routes(sections: &Sections<'_>) -> BTreeMap<Arc<str>, RouteText> {
    let routes = sections.routes().iter().map(|(name, place)| {
        let (line, lines) = place.lines();
        let own = place.node().get("cases").map_or(0, |list| list.elements().len());
        let apart = sections.cases().iter().filter(|(of, _)| of == name);
        let apart: usize = apart.map(|(_, list)| list.node().elements().len()).sum();
        let text = RouteText {
            file: place.location().file,
            line,
            text: outdented(lines),
            cases: own + apart,
        };
        (Arc::clone(name), text)
    });
    routes.collect()
}

/// Without the indentation of the first line.
fn outdented(lines: &str) -> String {
    let indent = lines.len() - lines.trim_start_matches(' ').len();
    let mut text = String::with_capacity(lines.len());
    for line in lines.lines() {
        // A line that is less indented, as a blank one, loses what it has.
        let own = line.len() - line.trim_start_matches(' ').len();
        text.push_str(line.get(own.min(indent)..).unwrap_or_default());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::sources;
    use super::*;
    use crate::config::files::SiteFile;
    use crate::problem::Problems;

    #[track_caller]
    fn check(text: &str, route: &str, expected: (usize, &str, usize)) {
        let mut problems = Problems::new();
        let file = SiteFile {
            name: "a.yaml".to_owned(),
            text: text.to_owned(),
        };
        let sources = sources(vec![file], &mut problems);
        let texts = of_routes(&Sections::gather(&sources, &mut problems));
        let found = &texts[route];
        assert_eq!((found.line, found.text.as_str(), found.cases), expected);
    }

    #[test]
    fn a_route_is_shown_as_it_was_written() {
        let site = "# the file\nroutes:\n  # why\n  # more\n  a:\n    from: x # the door\n\n    # of to\n    to: y\n\n  # of b\n  b: { from: x, to: y } # short\n  c:\n    from: x\n    cases:\n      - name: 1\n# of d\ncases:\n  a: [{ name: 1 }, { name: 2 }]\n";
        check(
            site,
            "a",
            (
                3,
                "# why\n# more\na:\n  from: x # the door\n\n  # of to\n  to: y\n",
                2,
            ),
        );
        check(site, "b", (11, "# of b\nb: { from: x, to: y } # short\n", 0));
        check(site, "c", (13, "c:\n  from: x\n  cases:\n    - name: 1\n", 1));
    }
}
