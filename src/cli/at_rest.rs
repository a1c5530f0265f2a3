//! A data folder that no weir uses, and where the key of what is encrypted in it is kept: by a site, or by arguments.

use std::path::PathBuf;

use clap::Args;

use super::CannotRun;
use super::site::SiteArgument;
use crate::config;
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

impl AtRest {
    /// The folder of the archive, if one is kept.
    pub(super) fn archive(&self) -> Result<Option<PathBuf>, CannotRun> {
        let found = config::folders(self.site.folder(), self.data.clone());
        let (_, archive) = found.map_err(|problems| CannotRun::Because(problems.render(false)))?;
        Ok(archive.map(|archive| archive.folder))
    }

    /// The data folder, and the place of the key if there is one.
    pub(super) fn find(&self) -> Result<(PathBuf, Option<SecretPlace>), CannotRun> {
        let key = self.key.clone().map(SecretPlace::File);
        if let Some(data) = &self.data {
            return Ok((data.clone(), key));
        }
        let found = config::data_folder_and_key(self.site.folder());
        let (data, of_site) = found.map_err(|problems| CannotRun::Because(problems.render(false)))?;
        Ok((data, key.or(of_site)))
    }
}
