//! The example site and some of the fixtures, inside the binary, so that the demo needs no files.

use std::io;
use std::path::{Path, PathBuf};

use super::super::schema;

/// The files of the example site.
const SITE: [(&str, &str); 3] = [
    ("engine.yaml", include_str!("../../../routes/engine.yaml")),
    ("adt.yaml", include_str!("../../../routes/adt.yaml")),
    ("laboratory.yaml", include_str!("../../../routes/laboratory.yaml")),
];

/// The messages that its cases name, in a folder beside it.
#[rustfmt::skip]
const FIXTURES: [(&str, &[u8]); 9] = [
    ("adt-a01.hl7", include_bytes!("../../../fixtures/adt-a01.hl7")),
    ("adt-a01-test-patient.hl7", include_bytes!("../../../fixtures/adt-a01-test-patient.hl7")),
    ("adt-a03.hl7", include_bytes!("../../../fixtures/adt-a03.hl7")),
    ("adt-a04.hl7", include_bytes!("../../../fixtures/adt-a04.hl7")),
    ("adt-a08.hl7", include_bytes!("../../../fixtures/adt-a08.hl7")),
    ("adt-a40.hl7", include_bytes!("../../../fixtures/adt-a40.hl7")),
    ("odd/z-segments.hl7", include_bytes!("../../../fixtures/odd/z-segments.hl7")),
    ("oru-r01-chemistry.hl7", include_bytes!("../../../fixtures/oru-r01-chemistry.hl7")),
    ("oru-r01-microbiology.hl7", include_bytes!("../../../fixtures/oru-r01-microbiology.hl7")),
];

/// Writes the example site into the folder `routes` of this one, with all that it names; its folder.
pub(super) fn write_site(folder: &Path) -> io::Result<PathBuf> {
    let (site, fixtures) = (folder.join("routes"), folder.join("fixtures"));
    // With the folder of its file destination.
    std::fs::create_dir_all(site.join("copies"))?;
    for (name, text) in SITE {
        std::fs::write(site.join(name), text)?;
    }
    // The first line of each file names it.
    std::fs::write(site.join("weir.schema.json"), schema::text())?;
    std::fs::create_dir_all(fixtures.join("odd"))?;
    for (name, message) in FIXTURES {
        std::fs::write(fixtures.join(name), message)?;
    }
    Ok(site)
}

/// What is played, in order: the listener and the message.
#[rustfmt::skip]
pub(super) const MESSAGES: [(&str, &[u8]); 14] = [
    ("hospital-adt", include_bytes!("../../../fixtures/adt-a01.hl7")),
    ("hospital-laboratory", include_bytes!("../../../fixtures/oru-r01-chemistry.hl7")),
    ("hospital-adt", include_bytes!("../../../fixtures/adt-a04.hl7")),
    ("hospital-adt", include_bytes!("../../../fixtures/adt-a01-test-patient.hl7")),
    ("hospital-laboratory", include_bytes!("../../../fixtures/oru-r01-microbiology.hl7")),
    ("hospital-adt", include_bytes!("../../../fixtures/adt-a08.hl7")),
    ("hospital-laboratory", include_bytes!("../../../fixtures/oru-r01-pdf.hl7")),
    ("hospital-adt", include_bytes!("../../../fixtures/adt-a40.hl7")),
    ("hospital-adt", include_bytes!("../../../fixtures/siu-s12.hl7")),
    ("hospital-adt", include_bytes!("../../../fixtures/broken/version-9.9.hl7")),
    ("hospital-laboratory", include_bytes!("../../../fixtures/oru-r01-v2.3.hl7")),
    ("hospital-adt", include_bytes!("../../../fixtures/adt-a08-v2.7.hl7")),
    ("hospital-adt", include_bytes!("../../../fixtures/broken/xml.hl7")),
    ("hospital-adt", include_bytes!("../../../fixtures/adt-a03.hl7")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Missing, load_with_cases};

    #[test]
    fn the_site_has_all_that_its_cases_name() {
        let folder = tempfile::tempdir().unwrap();
        let site = write_site(folder.path()).unwrap();
        let (loaded, problems) = load_with_cases(&site, Missing::IsWrong);
        assert_eq!(problems.error_count(), 0);
        let (_, cases) = loaded.unwrap();
        assert!(cases.len() > 20 && cases.iter().all(|case| case.run().is_passed()));
    }
}
