//! A data folder that no weir uses, its archive, and where the key of what is encrypted is kept: by a site, or by arguments.

use std::path::PathBuf;

use clap::Args;

use super::CannotRun;
use super::site::SiteArgument;
use crate::config;
use crate::problem::Problems;
use crate::secret::SecretPlace;

/// Where the data are.
#[derive(Args)]
pub(super) struct AtRest {
    #[command(flatten)]
    site: SiteArgument,
    /// The data folder itself
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// A private file with the operator's key, where it is not the one that the site names
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// What is kept where.
pub(super) struct Found {
    /// The data folder.
    pub(super) data: PathBuf,
    /// The folder of the archive, if one is kept; what is wrong with its section of the site.
    pub(super) archive: Result<Option<PathBuf>, CannotRun>,
    /// The place of the key, if there is one.
    pub(super) key: Option<SecretPlace>,
}

impl AtRest {
    /// What is kept where.
    pub(super) fn find(&self) -> Result<Found, CannotRun> {
        let key = self.key.clone().map(SecretPlace::File);
        let kept = config::kept(self.site.folder(), self.data.clone());
        let because = |problems: Problems| CannotRun::Because(problems.render(false));
        let kept = kept.map_err(because)?;
        let archive = kept.archive.map_err(because);
        Ok(Found {
            data: kept.data,
            archive: archive.map(|archive| archive.map(|archive| archive.folder)),
            key: key.or(kept.key),
        })
    }
}
