//! What people read about a kind of step; kept beside the kind and run by a test, so that it is true.

/// The documentation of a kind of step.
#[derive(Debug)]
pub struct Doc {
    /// The key that names it.
    pub kind: &'static str,
    /// One sentence on what it does.
    pub summary: &'static str,
    /// What one ought to know, a sentence a line.
    pub details: &'static str,
    /// Tables the example needs, as YAML.
    pub tables: &'static str,
    /// An entry of `steps`, as YAML.
    pub example: &'static str,
    /// A message before it.
    pub given: &'static str,
    /// The same message after it; several one after another, or `filtered: `, `failed: `, `AE: ` with the reason.
    pub becomes: &'static str,
}
