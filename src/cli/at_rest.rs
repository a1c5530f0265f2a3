//! A data folder that no weir uses, its archive, and where the key of what is encrypted is kept: by a site, or by arguments.

use std::path::PathBuf;

use clap::Args;

use super::CannotRun;
use super::site::SiteArgument;
use crate::config::{self, Kept};
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
    /// The folder of the archive, whether there is one or not.
    pub(super) archive: PathBuf,
    /// The place of the key, if there is one.
    pub(super) key: Option<SecretPlace>,
}

impl AtRest {
    /// What is kept where. Of an archive that a site does not keep any more, the place where it was.
    pub(super) fn find(&self) -> Result<Found, CannotRun> {
        let key = self.key.clone().map(SecretPlace::File);
        if let Some(data) = self.data.clone() {
            let archive = config::archive_folder(&data);
            return Ok(Found { data, archive, key });
        }
        let kept = config::kept(self.site.folder(), None);
        let kept = kept.map_err(|problems| CannotRun::Because(problems.render(false)))?;
        let Kept { data, archive, .. } = kept;
        let archive = archive.map_or_else(|| config::archive_folder(&data), |archive| archive.folder);
        let key = key.or(kept.key);
        Ok(Found { data, archive, key })
    }
}
