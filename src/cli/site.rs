//! Which site a command is about: written alike for all of them.

use std::path::{Path, PathBuf};

use clap::Args;

/// The site that is meant where none is named.
const DEFAULT: &str = "routes";

/// A site, as an argument of its own or by `--site`.
#[derive(Args)]
pub(super) struct SiteArgument {
    /// The folder of YAML files; --site names it, too
    #[arg(value_name = "SITE", conflicts_with = "named")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    named: NamedSite,
}

/// A site by `--site` alone, for commands whose arguments are other things.
#[derive(Args, Clone)]
pub(super) struct NamedSite {
    /// The folder of YAML files [default: routes]
    #[arg(id = "named", long = "site", value_name = "FOLDER", global = true)]
    folder: Option<PathBuf>,
}

impl SiteArgument {
    pub(super) fn folder(&self) -> &Path {
        match &self.folder {
            Some(folder) => folder,
            None => self.named.folder(),
        }
    }
}

impl NamedSite {
    pub(super) fn folder(&self) -> &Path {
        self.folder.as_deref().unwrap_or(Path::new(DEFAULT))
    }
}
