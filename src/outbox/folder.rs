//! Opening an outbox: the checks on its folder, before and after the store itself is opened.
//!
//! ```text
//! FORMAT      which outbox this is, of which version, and which version can read it: looked at first of all
//! keys        the data keys of an encrypted store, wrapped by the operator's key
//! watermark   how far the store had come
//! store/      sled's files
//! ```
//!
//! The creation ends with the watermark, so a folder with FORMAT and none of it holds nothing that was ever
//! acknowledged, or someone removed the watermark to accept the store as it is. What the watermark cannot see:
//! the whole folder put back from an old copy, and a loss within the last second before a crash.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    OpenError, Settings,
    journal::record::JournalMeta,
    key::Key,
    links::Links,
    record::Meta,
    repeats::Repeats,
    sealed::Sealed,
    sled::{self, SledOpenError},
    store::{Batch, Store},
    watermark::{self, Watermark, WatermarkError},
};
use crate::durable::{UNFINISHED_PREFIX, keep_others_out, private_folder};
use crate::seal::{Keys, KeysError, OperatorKey};

const FORMAT_FILE: &str = "FORMAT";
const WATERMARK_FILE: &str = "watermark";
const STORE_FOLDER: &str = "store";
const MAGIC: &str = "weir outbox";
/// The data keys, beside the store.
pub(super) const KEYS_FILE: &str = "keys";
/// The format of a store that is not encrypted.
const FORMAT_PLAIN: u32 = 1;
/// The format of an encrypted one, and the newest this code reads.
const FORMAT_ENCRYPTED: u32 = 2;

/// An outbox that passed every check.
pub(super) struct Opened {
    pub(super) store: Arc<dyn Store>,
    pub(super) meta: Meta,
    pub(super) keeps_journal: bool,
    pub(super) journal: JournalMeta,
    /// What was accepted lately.
    pub(super) repeats: Repeats,
    /// By which number each sender's link is to go on.
    pub(super) links: Links,
    /// Tests with a store in memory have none.
    pub(super) watermark: Option<Watermark>,
    /// Where the store is; in memory it is nowhere.
    pub(super) folder: Option<PathBuf>,
}

pub(super) fn open(folder: &Path, settings: &Settings, keeps_journal: bool) -> Result<Opened, OpenError> {
    let store_folder = folder.join(STORE_FOLDER);
    let operator = settings.key.as_ref().map(OperatorKey::read).transpose()?;
    let (watermark, keys) = check_before(folder, &store_folder, operator.as_ref())?;
    drop(operator);
    let store = sled::open(&store_folder, settings.cache_bytes_max, settings.lock_wait)
        .map_err(|error| sled_error(error, &store_folder, settings))?;
    let store: Arc<dyn Store> = match keys {
        Some(keys) => Arc::new(Sealed::over(store, keys)),
        None => Arc::new(store),
    };
    // Read again under the lock: the process that held it may have left a newer one.
    let mut watermark = read_watermark(watermark.path().to_owned())?;
    let in_store = |source| OpenError::Store {
        path: store_folder.clone(),
        source,
    };
    let stored = store.get(&Key::meta()).map_err(in_store)?;
    let meta = match (stored, watermark.written()) {
        (Some(stored), watermark) => {
            let meta = Meta::decode(&stored).map_err(|damage| OpenError::Damaged {
                path: store_folder.clone(),
                reason: format!("its own record: {damage}"),
            })?;
            check_against(&meta, watermark, folder)?;
            meta
        }
        (None, Some(expected)) => {
            return Err(OpenError::Missing {
                path: store_folder,
                next: expected.next.0,
            });
        }
        (None, None) => {
            let meta = Meta::new(fastrand::u128(..));
            let mut batch = Batch::default();
            batch.put(Key::meta(), meta.encode());
            store.commit(batch).map_err(in_store)?;
            meta
        }
    };
    watermark
        .write(&meta)
        .map_err(|source| io_error(watermark.path(), source))?;
    let repeats = Repeats::read(&*store).map_err(in_store)?;
    let noted = store.get(&Key::journal_meta()).map_err(in_store)?;
    let noted = noted.map(|stored| JournalMeta::decode(&stored)).transpose();
    let noted = noted.map_err(|damage| OpenError::Damaged {
        path: store_folder.clone(),
        reason: format!("the record on its journal: {damage}"),
    })?;
    let links = Links::read(&*store).map_err(in_store)?;
    Ok(Opened {
        store,
        meta,
        keeps_journal,
        journal: noted.unwrap_or_else(JournalMeta::new),
        repeats,
        links,
        watermark: Some(watermark),
        folder: Some(store_folder.clone()),
    })
}

/// Everything that can be refused before sled touches its files; the data keys of an encrypted store.
fn check_before(
    folder: &Path,
    store_folder: &Path,
    operator: Option<&OperatorKey>,
) -> Result<(Watermark, Option<Keys>), OpenError> {
    let format_path = folder.join(FORMAT_FILE);
    let watermark = read_watermark(folder.join(WATERMARK_FILE))?;
    let keys = match (fs::read(&format_path), watermark.written()) {
        (Ok(format), expected) => {
            let keys = match (check_format(&format, &format_path)?, operator) {
                (FORMAT_PLAIN, None) => None,
                (FORMAT_PLAIN, Some(_)) => {
                    let folder = folder.to_owned();
                    return Err(OpenError::NotEncrypted { folder });
                }
                (_, None) => {
                    let folder = folder.to_owned();
                    return Err(OpenError::Encrypted { folder });
                }
                (_, Some(operator)) => Some(read_keys(folder, operator)?),
            };
            let data = sled::data_file(store_folder);
            let bytes = fs::metadata(&data).map_or(0, |file| file.len());
            if let (Some(expected), 0) = (expected, bytes) {
                return Err(OpenError::Missing {
                    path: data,
                    next: expected.next.0,
                });
            }
            keys
        }
        (Err(error), expected) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(expected) = expected {
                return Err(OpenError::Missing {
                    path: format_path,
                    next: expected.next.0,
                });
            }
            create(folder, &format_path, operator)?
        }
        (Err(error), _) => return Err(io_error(&format_path, error)),
    };
    private_folder(store_folder).map_err(|source| io_error(store_folder, source))?;
    if let Err(error) = keep_others_out(folder) {
        // Of a disk that somebody else has mounted there: for them to say.
        tracing::warn!(%error, folder = %folder.display(), "others may enter the folder of the outbox, which holds messages");
    }
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| io_error(folder, source))?;
    Ok((watermark, keys))
}

fn read_keys(folder: &Path, operator: &OperatorKey) -> Result<Keys, OpenError> {
    let path = folder.join(KEYS_FILE);
    match Keys::read(&path, operator) {
        Err(KeysError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Err(OpenError::KeysMissing { path })
        }
        read => Ok(read?),
    }
}

fn create(
    folder: &Path,
    format_path: &Path,
    operator: Option<&OperatorKey>,
) -> Result<Option<Keys>, OpenError> {
    private_folder(folder).map_err(|source| io_error(folder, source))?;
    let keys_path = folder.join(KEYS_FILE);
    let is_ours = |name: &std::ffi::OsStr| {
        let unfinished = name.as_encoded_bytes().starts_with(UNFINISHED_PREFIX.as_bytes());
        format_path.with_extension("new").file_name() == Some(name)
            || (operator.is_some() && (unfinished || keys_path.file_name() == Some(name)))
    };
    for entry in fs::read_dir(folder).map_err(|source| io_error(folder, source))? {
        let entry = entry.map_err(|source| io_error(folder, source))?;
        // What a creation that was cut short left is no reason to refuse; nor is what mkfs puts in a new disk.
        if !is_ours(&entry.file_name()) && entry.file_name() != "lost+found" {
            return Err(OpenError::NotAnOutbox {
                folder: folder.to_owned(),
            });
        }
    }
    // Before the file that says that there are keys. Those that a creation left which was cut short are as good.
    let keys = match operator {
        Some(operator) if keys_path.exists() => Some(Keys::read(&keys_path, operator)?),
        Some(operator) => Some(Keys::create(&keys_path, operator)?),
        None => None,
    };
    let version = if keys.is_some() {
        FORMAT_ENCRYPTED
    } else {
        FORMAT_PLAIN
    };
    let format = format!("{MAGIC}\nversion {version}\nminimum-reader {version}\n");
    watermark::replace(format_path, format.as_bytes()).map_err(|source| io_error(format_path, source))?;
    // The name of the folder itself has to reach the disk, too.
    if let Some(parent) = folder.canonicalize().ok().as_deref().and_then(Path::parent) {
        File::open(parent)
            .and_then(|parent| parent.sync_all())
            .map_err(|source| io_error(parent, source))?;
    }
    Ok(keys)
}

/// The version that a reader needs to have.
fn check_format(format: &[u8], path: &Path) -> Result<u32, OpenError> {
    let text = String::from_utf8_lossy(format);
    let mut lines = text.lines();
    let magic = lines.next() == Some(MAGIC);
    let version = lines.next().and_then(|line| line.strip_prefix("version "));
    let reader = lines.next().and_then(|line| line.strip_prefix("minimum-reader "));
    let reader = reader.and_then(|reader| reader.parse().ok());
    let readable = reader.filter(|reader| (FORMAT_PLAIN..=FORMAT_ENCRYPTED).contains(reader));
    if let Some(readable) = readable.filter(|_| magic && version.is_some()) {
        return Ok(readable);
    }
    let found = version
        .filter(|_| magic)
        .map_or("unknown".to_owned(), str::to_owned);
    Err(OpenError::OtherFormat {
        path: path.to_owned(),
        found,
        readable: FORMAT_ENCRYPTED,
    })
}

fn check_against(meta: &Meta, expected: Option<&Meta>, folder: &Path) -> Result<(), OpenError> {
    let Some(expected) = expected else {
        tracing::warn!(folder = %folder.display(), "the outbox has no watermark and is taken as it is");
        return Ok(());
    };
    if meta.store_id != expected.store_id {
        return Err(OpenError::OtherStore {
            folder: folder.to_owned(),
        });
    }
    if meta.next < expected.next || meta.commits < expected.commits {
        return Err(OpenError::Older {
            folder: folder.to_owned(),
            watermark: folder.join(WATERMARK_FILE),
            found: meta.next.0,
            found_commits: meta.commits,
            expected: expected.next.0,
            expected_commits: expected.commits,
        });
    }
    Ok(())
}

fn read_watermark(path: PathBuf) -> Result<Watermark, OpenError> {
    Watermark::read(path.clone()).map_err(|error| match error {
        WatermarkError::Io(source) => OpenError::Io { path, source },
        WatermarkError::Damaged => OpenError::Damaged {
            path,
            reason: error.to_string(),
        },
    })
}

fn sled_error(error: SledOpenError, store_folder: &Path, settings: &Settings) -> OpenError {
    let path = sled::data_file(store_folder);
    match error {
        SledOpenError::Locked => OpenError::Locked {
            path,
            waited_secs: settings.lock_wait.as_secs(),
        },
        SledOpenError::Io(source) => OpenError::Io { path, source },
        SledOpenError::Damaged(reason) => OpenError::Damaged { path, reason },
    }
}

fn io_error(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io {
        path: path.to_owned(),
        source,
    }
}
