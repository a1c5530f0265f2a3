//! The example site and some of the fixtures, inside the binary, so that the demo needs no files.

use std::io;
use std::path::Path;

use super::super::schema;

/// The files of the example site.
const SITE: [(&str, &str); 3] = [
    ("engine.yaml", include_str!("../../../routes/engine.yaml")),
    ("adt.yaml", include_str!("../../../routes/adt.yaml")),
    ("laboratory.yaml", include_str!("../../../routes/laboratory.yaml")),
];

/// Writes the example site into a folder.
pub(super) fn write_site(folder: &Path) -> io::Result<()> {
    // With the folder of its file destination.
    std::fs::create_dir_all(folder.join("copies"))?;
    for (name, text) in SITE {
        std::fs::write(folder.join(name), text)?;
    }
    // The first line of each file names it.
    std::fs::write(folder.join("weir.schema.json"), schema::text())
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
