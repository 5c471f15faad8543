//! May an emulator use this file, and when is a write to it durable?
//! Preparation of a SQLite file: private to its owner, and checked for damage before anything is written to it.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::EmulatorError;

/// The largest file that is read through for damage at a start; it takes a tenth of a second. Of a larger one only the
/// head is read.
const READ_THROUGH_BYTES: u64 = 64 * 1024 * 1024;

/// What an answered write survives. A write of several requests costs one sync (group commit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A power cut: every commit is synced to the disk before it is answered (SQLite's `synchronous=FULL`).
    #[default]
    Full,
    /// A killed process, but not a power cut: the disk is synced at checkpoints, about once a second
    /// (`synchronous=NORMAL`).
    Relaxed,
}

impl Durability {
    /// SQLite's word for it.
    pub(crate) fn synchronous(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Relaxed => "NORMAL",
        }
    }
}

/// Creates the file if it does not exist, takes it from everyone but its owner, and checks it for damage.
pub(crate) fn prepare(path: &Path) -> Result<(), EmulatorError> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let bytes = options.open(path)?.metadata()?.len();
    // SQLite gives its companions the permissions of the file; those of an older version are still open to all.
    for file in [path.to_owned(), companion(path, "-wal"), companion(path, "-shm")] {
        make_private(&file)?;
    }
    if bytes == 0 {
        return Ok(());
    }
    match damage(path, bytes) {
        Ok(None) => Ok(()),
        Ok(Some(detail)) => Err(EmulatorError::Damaged { path: path.to_owned(), detail }),
        Err(error) => Err(EmulatorError::Damaged { path: path.to_owned(), detail: error.to_string() }),
    }
}

/// The first damage that SQLite finds.
fn damage(path: &Path, bytes: u64) -> rusqlite::Result<Option<String>> {
    let connection = Connection::open(path)?;
    if bytes > READ_THROUGH_BYTES {
        return connection.query_row("PRAGMA schema_version", [], |_| Ok(None));
    }
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((found != "ok").then(|| found.lines().last().unwrap_or_default().to_owned()))
}

fn companion(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

#[cfg(unix)]
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    match std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn file(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("posthorn-file-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(name)
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_belongs_to_its_owner_only_and_so_do_its_companions() {
        let path = file("private.sqlite");
        std::fs::write(companion(&path, "-wal"), "").unwrap();
        std::fs::set_permissions(companion(&path, "-wal"), std::fs::Permissions::from_mode(0o644)).unwrap();
        prepare(&path).unwrap();
        assert_eq!((mode(&path), mode(&companion(&path, "-wal"))), (0o600, 0o600));
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (v); INSERT INTO t VALUES (1)")
            .unwrap();
        assert_eq!((mode(&companion(&path, "-wal")), mode(&companion(&path, "-shm"))), (0o600, 0o600));
        drop(connection);
        prepare(&path).unwrap();
    }

    #[test]
    fn a_damaged_file_is_refused_and_named() {
        for (name, damage) in [("garbage.sqlite", 0), ("inside.sqlite", 8_192)] {
            let path = file(name);
            let connection = Connection::open(&path).unwrap();
            connection.execute_batch("CREATE TABLE t (v)").unwrap();
            for _ in 0..200 {
                connection.execute("INSERT INTO t VALUES (randomblob(100))", []).unwrap();
            }
            drop(connection);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[damage..damage + 1_000].fill(0x5a);
            std::fs::write(&path, bytes).unwrap();
            let error = prepare(&path).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("is damaged"), "{error}");
        }
    }
}
