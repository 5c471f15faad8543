//! Where is data kept between runs?
//! A data folder with a lock file, so that two processes never use it at once.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, bail};

/// Name of the file with the key that seals secrets.
pub const DATA_KEY_FILE: &str = "data-key";

/// A data folder, locked while this value lives. The operating system releases the lock when the process ends, even
/// after a crash.
#[derive(Debug)]
pub struct DataDir {
    folder: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Opens `folder`, and creates it if it does not exist.
    ///
    /// # Errors
    /// When the folder cannot be created or written, or another process holds the lock.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        create_private_folder(folder)
            .with_context(|| format!("cannot create the folder {}", folder.display()))?;
        let path = folder.join("lock");
        let lock = private().create(true).truncate(false).write(true).open(&path);
        let lock = lock.with_context(|| format!("cannot write in {}", folder.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!(
                "another `cargo local` is using {}. Stop it, or choose another folder with --data DIR.",
                folder.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    /// The file with the key that seals secrets.
    pub fn data_key(&self) -> PathBuf {
        self.folder.join(DATA_KEY_FILE)
    }

    /// The file of the embedded DynamoDB.
    pub fn dynamodb(&self) -> PathBuf {
        self.folder.join("dynamodb.sqlite")
    }

    /// The file of the embedded SQS.
    pub fn sqs(&self) -> PathBuf {
        self.folder.join("sqs.sqlite")
    }

    /// When the last process wrote table or queue for the last time; `None` in a new folder. To be asked before they are
    /// opened.
    pub fn last_written(&self) -> Option<SystemTime> {
        let files = [self.dynamodb(), self.sqs()].into_iter();
        let logs = files.clone().map(|file| file.with_extension("sqlite-wal"));
        files.chain(logs).filter_map(|file| std::fs::metadata(file).ok()?.modified().ok()).max()
    }

    /// Reads a small file of the folder; `None` if it does not exist.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, name: &str) -> anyhow::Result<Option<String>> {
        match std::fs::read_to_string(self.folder.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(error).with_context(|| format!("cannot read {name} in {}", self.folder.display()))
            }
        }
    }

    /// Writes a small file that only its owner may read. It is on the disk when this returns: rows that are written
    /// later cannot be read without the data key.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_private(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let write = || {
            let mut file = private().create(true).truncate(true).write(true).open(self.folder.join(name))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            File::open(&self.folder)?.sync_all()
        };
        write().with_context(|| format!("cannot write {name} in {}", self.folder.display()))
    }

    /// Whether the folder has this file.
    ///
    /// # Errors
    /// When that cannot be found out.
    pub fn has(&self, name: &str) -> anyhow::Result<bool> {
        let there = self.folder.join(name).try_exists();
        there.with_context(|| format!("cannot read {name} in {}", self.folder.display()))
    }

    /// Deletes a file of the folder, if it is there.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub fn remove(&self, name: &str) -> anyhow::Result<()> {
        match std::fs::remove_file(self.folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot delete {name} in {}", self.folder.display()))
            }
            _ => Ok(()),
        }
    }

    /// The path of a file of the folder, for messages.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Options for files that only their owner may open.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
