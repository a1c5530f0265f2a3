//! The stable names of problems, and what each means.
//!
//! A name, once released, keeps its meaning: scripts, searches and `weir explain` rely on it.

/// What kind of problem; its name is shown in brackets and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemName {
    /// `unreadable-file`
    UnreadableFile,
    /// `site-too-large`
    SiteTooLarge,
    /// `empty-site`
    EmptySite,
    /// `yaml-syntax`
    YamlSyntax,
    /// `tab-indentation`
    TabIndentation,
    /// `unsupported-yaml`
    UnsupportedYaml,
    /// `duplicate-key`
    DuplicateKey,
    /// `unknown-key`
    UnknownKey,
    /// `missing-key`
    MissingKey,
    /// `wrong-type`
    WrongType,
    /// `invalid-value`
    InvalidValue,
    /// `bad-name`
    BadName,
    /// `duplicate-name`
    DuplicateName,
    /// `missing-kind`
    MissingKind,
    /// `several-kinds`
    SeveralKinds,
    /// `unknown-listener`
    UnknownListener,
    /// `unknown-destination`
    UnknownDestination,
    /// `unknown-table`
    UnknownTable,
    /// `unknown-profile`
    UnknownProfile,
    /// `unknown-contact`
    UnknownContact,
    /// `unused-listener`
    UnusedListener,
    /// `unused-destination`
    UnusedDestination,
    /// `unused-table`
    UnusedTable,
    /// `unused-profile`
    UnusedProfile,
    /// `same-address`
    SameAddress,
    /// `port-zero`
    PortZero,
    /// `destination-loop`
    DestinationLoop,
    /// `bad-path`
    BadPath,
    /// `bad-expression`
    BadExpression,
    /// `bad-message-type`
    BadMessageType,
    /// `unknown-message-type`
    UnknownMessageType,
    /// `unreachable-route`
    UnreachableRoute,
    /// `no-routes`
    NoRoutes,
    /// `missing-folder`
    MissingFolder,
    /// `unknown-place`
    UnknownPlace,
    /// `nothing-to-do`
    NothingToDo,
    /// `contradictory-step`
    ContradictoryStep,
    /// `unknown-route`
    UnknownRoute,
    /// `no-message`
    NoMessage,
    /// `contradictory-case`
    ContradictoryCase,
    /// `bad-table`
    BadTable,
    /// `duplicate-code`
    DuplicateCode,
    /// `unknown-column`
    UnknownColumn,
    /// `bad-pattern`
    BadPattern,
    /// `bad-script`
    BadScript,
    /// `removes-all`
    RemovesAll,
    /// `first-of-several`
    FirstOfSeveral,
    /// `escaped-delimiter`
    EscapedDelimiter,
    /// `needs-restart`
    NeedsRestart,
    /// `removed-destination`
    RemovedDestination,
    /// `cannot-bind`
    CannotBind,
    /// `no-rows`
    NoRows,
    /// `failed-case`
    FailedCase,
    /// `bad-certificate`
    BadCertificate,
    /// `certificate-not-valid`
    CertificateNotValid,
    /// `certificate-expires`
    CertificateExpires,
    /// `plaintext`
    Plaintext,
}

impl ProblemName {
    /// Every name there is.
    pub const ALL: &[ProblemName] = &[
        ProblemName::UnreadableFile,
        ProblemName::SiteTooLarge,
        ProblemName::EmptySite,
        ProblemName::YamlSyntax,
        ProblemName::TabIndentation,
        ProblemName::UnsupportedYaml,
        ProblemName::DuplicateKey,
        ProblemName::UnknownKey,
        ProblemName::MissingKey,
        ProblemName::WrongType,
        ProblemName::InvalidValue,
        ProblemName::BadName,
        ProblemName::DuplicateName,
        ProblemName::MissingKind,
        ProblemName::SeveralKinds,
        ProblemName::UnknownListener,
        ProblemName::UnknownDestination,
        ProblemName::UnknownTable,
        ProblemName::UnknownProfile,
        ProblemName::UnknownContact,
        ProblemName::UnusedListener,
        ProblemName::UnusedDestination,
        ProblemName::UnusedTable,
        ProblemName::UnusedProfile,
        ProblemName::SameAddress,
        ProblemName::PortZero,
        ProblemName::DestinationLoop,
        ProblemName::BadPath,
        ProblemName::BadExpression,
        ProblemName::BadMessageType,
        ProblemName::UnknownMessageType,
        ProblemName::UnreachableRoute,
        ProblemName::NoRoutes,
        ProblemName::MissingFolder,
        ProblemName::UnknownPlace,
        ProblemName::NothingToDo,
        ProblemName::ContradictoryStep,
        ProblemName::UnknownRoute,
        ProblemName::NoMessage,
        ProblemName::ContradictoryCase,
        ProblemName::BadTable,
        ProblemName::DuplicateCode,
        ProblemName::UnknownColumn,
        ProblemName::BadPattern,
        ProblemName::BadScript,
        ProblemName::RemovesAll,
        ProblemName::FirstOfSeveral,
        ProblemName::EscapedDelimiter,
        ProblemName::NeedsRestart,
        ProblemName::RemovedDestination,
        ProblemName::CannotBind,
        ProblemName::NoRows,
        ProblemName::FailedCase,
        ProblemName::BadCertificate,
        ProblemName::CertificateNotValid,
        ProblemName::CertificateExpires,
        ProblemName::Plaintext,
    ];

    /// The name as shown.
    pub fn as_str(self) -> &'static str {
        self.entry().0
    }

    /// One paragraph on what it means and what to do.
    pub fn explanation(self) -> &'static str {
        self.entry().1
    }

    #[expect(clippy::too_many_lines, reason = "a table: one entry a name")]
    fn entry(self) -> (&'static str, &'static str) {
        match self {
            ProblemName::UnreadableFile => (
                "unreadable-file",
                "A file or folder of the site could not be read, is no UTF-8 text, or is a link that \
                 leads out of the site's folder, or to a folder of such files. weir reads every `.yaml` \
                 and `.yml` file below the folder, never follows a link out of it, and follows links to \
                 files alone, not to folders. Check its owner, its permissions and its \
                 encoding.",
            ),
            ProblemName::SiteTooLarge => (
                "site-too-large",
                "A file, or the site as a whole, is larger than weir reads: files, bytes, values and \
                 depth all have a limit, so that no file can make a start or a reload slow. Split the \
                 file; put large code tables into several.",
            ),
            ProblemName::EmptySite => (
                "empty-site",
                "The folder holds no `.yaml` or `.yml` file with anything in it. Name the folder that \
                 holds your routes, or write a first file there.",
            ),
            ProblemName::YamlSyntax => (
                "yaml-syntax",
                "The file is not YAML. The place shown is where reading stopped; the mistake is often \
                 just before it: a wrong indentation, a quote that is not closed, or a bare value that \
                 holds `: ` or begins with one of `{ [ @ * & ! % |` and so needs quotes.",
            ),
            ProblemName::TabIndentation => (
                "tab-indentation",
                "YAML is indented with spaces; a tab is an error because nobody can say how wide it is. \
                 Set your editor to insert spaces.",
            ),
            ProblemName::UnsupportedYaml => (
                "unsupported-yaml",
                "The file uses a part of YAML that site files do without: tags (`!x`), anchors and \
                 aliases (`&x`, `*x`), several documents in a file, or keys that are no plain text. Each \
                 setting is written where it counts, so that a problem has one place.",
            ),
            ProblemName::DuplicateKey => (
                "duplicate-key",
                "The same key stands twice in one mapping. YAML readers disagree which of the two counts, \
                 so neither is guessed.",
            ),
            ProblemName::UnknownKey => (
                "unknown-key",
                "There is no setting of that name here. Nothing is ignored silently: a misspelt key would \
                 otherwise be a setting that has no effect.",
            ),
            ProblemName::MissingKey => ("missing-key", "A setting that has no default is not given."),
            ProblemName::WrongType => (
                "wrong-type",
                "The value has another shape than the setting takes: a list where a text belongs, a \
                 number without its unit, a text where a number belongs. Nothing is converted silently: \
                 `2575.5` is no port, `0x1F` no number and `no` neither false nor a name.",
            ),
            ProblemName::InvalidValue => (
                "invalid-value",
                "The value has the right shape, but is not one the setting takes.",
            ),
            ProblemName::BadName => (
                "bad-name",
                "Listeners, destinations, tables, profiles and routes are named in kebab-case: lower case letters, \
                 digits and single hyphens, beginning with a letter, at most 64 characters; and not a \
                 word that some YAML readers take for a truth value (`no`, `yes`, `on`, `off`, `null`). \
                 Names appear in metrics, logs, file names and addresses.",
            ),
            ProblemName::DuplicateName => (
                "duplicate-name",
                "A name is given twice in the site. Names are unique over all files of a site; both \
                 places are shown.",
            ),
            ProblemName::MissingKind => (
                "missing-kind",
                "A listener, a destination or a step says by one key what kind it is, as `mllp:`, `file:` or \
                 `set:`; this one does not.",
            ),
            ProblemName::SeveralKinds => (
                "several-kinds",
                "A listener, a destination or a step is of one kind; this one has keys of two. Two steps are \
                 two entries of the list, each with its own `- `.",
            ),
            ProblemName::UnknownListener => (
                "unknown-listener",
                "A route takes messages `from` a listener that no file of the site defines.",
            ),
            ProblemName::UnknownDestination => (
                "unknown-destination",
                "A route sends `to` a destination that no file of the site defines.",
            ),
            ProblemName::UnknownTable => (
                "unknown-table",
                "A step translates through a table, or an expression looks into one, that no file of the site defines.",
            ),
            ProblemName::UnknownProfile => (
                "unknown-profile",
                "A listener, or another profile, names a profile that no file of the site defines.",
            ),
            ProblemName::UnknownContact => (
                "unknown-contact",
                "The section `alerts` names somebody to be told who does not stand under its `contacts`.",
            ),
            ProblemName::UnusedListener => (
                "unused-listener",
                "No route takes messages from this listener. Its messages are counted as unrouted.",
            ),
            ProblemName::UnusedDestination => ("unused-destination", "No route sends to this destination."),
            ProblemName::UnusedTable => ("unused-table", "No step and no expression uses this table."),
            ProblemName::UnusedProfile => (
                "unused-profile",
                "No listener and no step validates by this profile, and no other inherits from it.",
            ),
            ProblemName::SameAddress => (
                "same-address",
                "Two sockets of the site would listen on one address and port; the second could not \
                 start. An address of `0.0.0.0` or `[::]` takes the port on every address of the machine.",
            ),
            ProblemName::PortZero => (
                "port-zero",
                "Port 0 lets the system choose another port at each start, so no sender could be told \
                 where to connect. It is allowed on a loopback address, for tests.",
            ),
            ProblemName::DestinationLoop => (
                "destination-loop",
                "A destination sends to a listener of this site whose routes lead back to that \
                 destination: a message would go round for ever.",
            ),
            ProblemName::BadPath => (
                "bad-path",
                "A field path is not of the form \
                 `SEG[occurrence]-FIELD[repetition].COMPONENT.SUBCOMPONENT`, as `PID-5.1` or `OBX[2]-5`; \
                 every number counts from 1, and segments have three capital letters or digits.",
            ),
            ProblemName::BadExpression => (
                "bad-expression",
                "A condition (`when`) or a value with holes (`{…}`) is not of the language, or compares \
                 things that are of different kinds. The caret stands under the word that is wrong.",
            ),
            ProblemName::BadMessageType => (
                "bad-message-type",
                "A message type is written as in MSH-9: `ADT`, `ADT^A01` or `ADT^A01^ADT_A01`, and `*` \
                 stands for any one part.",
            ),
            ProblemName::UnknownMessageType => (
                "unknown-message-type",
                "A message type, a trigger event or a message structure is named that no version of the standard \
                 from 2.1 to 2.8.2 has, so that probably no message ever matches. It is a warning, because \
                 senders do add their own; what begins with Z is theirs, and is never warned of.",
            ),
            ProblemName::UnreachableRoute => (
                "unreachable-route",
                "A route is for a type of message that none of its listeners takes: their `permit` refuses it \
                 before any route is asked. Either the route or the `permit` is wrong.",
            ),
            ProblemName::NoRoutes => (
                "no-routes",
                "The site has listeners and no routes. Its messages are acknowledged, counted as unrouted, and \
                 delivered to nobody.",
            ),
            ProblemName::MissingFolder => (
                "missing-folder",
                "The folder of a file destination, or of a folder listener, is not there. weir never makes it, \
                 because a folder that is missing is more likely a disk that is not mounted. Messages for a \
                 destination wait until it is there; without the folder of a listener weir does not start.",
            ),
            ProblemName::UnknownPlace => (
                "unknown-place",
                "A path names a segment, a field or a component that no version of the standard from 2.1 to \
                 2.8.2 has. It is a warning, because senders do add their own; Z segments are theirs, and are \
                 never warned of.",
            ),
            ProblemName::NothingToDo => (
                "nothing-to-do",
                "A route sends to no destination, or a step lists nothing to change.",
            ),
            ProblemName::ContradictoryStep => (
                "contradictory-step",
                "Two parts of a step cannot both be meant: two changes of the same field, or a field \
                 copied to itself.",
            ),
            ProblemName::UnknownRoute => (
                "unknown-route",
                "The section `cases` names a route that no file of the site defines.",
            ),
            ProblemName::NoMessage => (
                "no-message",
                "What a case is given, or expects as a whole message, is not one HL7 message: the file or \
                 text does not begin with MSH, or holds several messages. Cut the message out into a file \
                 of its own.",
            ),
            ProblemName::ContradictoryCase => (
                "contradictory-case",
                "Two expectations of a case cannot both hold: a message that is filtered, refused or fails \
                 leaves the route for nobody, so there is no message to have fields or receivers.",
            ),
            ProblemName::BadTable => (
                "bad-table",
                "A CSV file is no table: a row has more or fewer cells than there are columns, no code, or a \
                 cell over several lines (a quote that is not closed), or two columns have one name. The first \
                 row names the columns; a cell that holds the delimiter stands in double quotes.",
            ),
            ProblemName::DuplicateCode => (
                "duplicate-code",
                "A table has two rows for one code. Which of the two counts is not guessed; both places are \
                 shown.",
            ),
            ProblemName::UnknownColumn => (
                "unknown-column",
                "A table has no column of that name, or a step or `lookup` must name one because the table has \
                 several and no `value`. Names of columns are compared exactly, letter case included.",
            ),
            ProblemName::BadPattern => (
                "bad-pattern",
                "A regular expression, what it is replaced with, or the pattern of a date cannot be used. Regular \
                 expressions are those of the Rust crate `regex`: without look-around and back-references, so that \
                 none can be slow. Patterns of dates have directives as `%Y-%m-%d %H:%M:%S`.",
            ),
            ProblemName::BadScript => (
                "bad-script",
                "A script cannot be compiled: it is not of the language (Rhai), or it uses a name that is not \
                 defined or that scripts may not use. The caret stands where reading stopped.",
            ),
            ProblemName::RemovesAll => (
                "removes-all",
                "A step takes all segments of a name away, and the condition beside it asks only the first of \
                 them. To ask each, write `remove: { segment: NTE, when: ... }`; to mean the first, `NTE[1]-3`.",
            ),
            ProblemName::FirstOfSeveral => (
                "first-of-several",
                "A step empties, removes or replaces a place, and its path is that of the first of several segments \
                 or repetitions: what the others hold stays. Write `NK1[*]-5` or `PID-3[*].1` for all, `NK1[1]-5` or \
                 `PID-3[1].1` where the first is meant.",
            ),
            ProblemName::EscapedDelimiter => (
                "escaped-delimiter",
                "A value is text, so the delimiters in it are escaped when it is written: `MSH-9: ADT^A08` sends \
                 `ADT\\S\\A08`. Name the components (`MSH-9.2: A08`), write `set_raw`, whose values count as they \
                 stand, or `copy` for a whole field.",
            ),
            ProblemName::NeedsRestart => (
                "needs-restart",
                "A reload cannot change this setting while weir runs: where the data lies, how the outbox uses \
                 the machine, the memory for messages being read, and where the pages are. Restart weir, or \
                 put the setting back to reload the rest.",
            ),
            ProblemName::RemovedDestination => (
                "removed-destination",
                "A reload would take a destination out of the site, or rename it, while deliveries wait for \
                 it, and its settings do not say what becomes of them. Put it back with `on_remove: drain` \
                 (they are delivered, then its lane ends), `on_remove: park` (they wait until it is in the \
                 site again) or `on_remove: purge` (they are thrown away), reload, then take it out.",
            ),
            ProblemName::CannotBind => (
                "cannot-bind",
                "A reload needs a port that cannot be taken: another program has it, or weir itself under \
                 an address that overlaps the new one. The site that runs goes on unchanged.",
            ),
            ProblemName::NoRows => (
                "no-rows",
                "A reload brings a table that a database gives, or another query for one, the database does not \
                 give its rows, and no copy of them was kept: every code would be missed. The site that runs goes \
                 on unchanged.",
            ),
            ProblemName::FailedCase => (
                "failed-case",
                "The site asks by `reload: { cases: required }` that its cases pass before it takes over, and one \
                 does not. `weir test` shows what was got and what was expected.",
            ),
            ProblemName::BadCertificate => (
                "bad-certificate",
                "A file of TLS cannot be used: it is missing or is not PEM, the key is not that of the certificate, or \
                 others than weir's user may read the key. A site that names such files \
                 does not start, and a reload of it changes nothing; docs/tls.md tells how they are made and replaced.",
            ),
            ProblemName::CertificateNotValid => (
                "certificate-not-valid",
                "A certificate that weir shows has expired, or is not valid yet. `weir check` takes that for an error; \
                 `weir run` and a reload warn of it and go on with all else, because whoever is shown it refuses it by \
                 themselves: messages wait. Put a valid one in its place: weir sees it without a restart.",
            ),
            ProblemName::CertificateExpires => (
                "certificate-expires",
                "A certificate that weir shows expires within 30 days, an authority that it trusts has expired, or a \
                 revocation list should have been replaced. Put the new file in the place of the old one: weir sees it \
                 without a restart, and open connections go on.",
            ),
            ProblemName::Plaintext => (
                "plaintext",
                "Messages would travel unencrypted to or from other machines, where whoever is on the way reads them. \
                 Speak TLS (`tls:`), or write `plaintext: accepted` beside it where that is decided, because a tunnel or \
                 the network itself keeps them secret. This machine's own addresses need neither.",
            ),
        }
    }
}

impl std::str::FromStr for ProblemName {
    type Err = UnknownProblemName;

    fn from_str(text: &str) -> Result<ProblemName, UnknownProblemName> {
        ProblemName::ALL
            .iter()
            .copied()
            .find(|name| name.as_str() == text)
            .ok_or(UnknownProblemName)
    }
}

/// No problem has that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no problem has that name")]
pub struct UnknownProblemName;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_explained() {
        for (index, name) in ProblemName::ALL.iter().enumerate() {
            assert_eq!(name.as_str().parse(), Ok(*name));
            assert!(
                name.as_str()
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            );
            assert!(name.explanation().ends_with('.'), "{name:?}");
            assert!(
                !ProblemName::ALL
                    .iter()
                    .skip(index + 1)
                    .any(|other| other.as_str() == name.as_str())
            );
        }
        assert_eq!("no-such".parse::<ProblemName>(), Err(UnknownProblemName));
    }
}
