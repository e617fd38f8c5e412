//! Where a source stands, kept across restarts.

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::change::Position;
use crate::dead::BoxError;

/// Keeps the position of one source. Best where the service keeps what it makes of the events.
#[async_trait]
pub trait Positions: fmt::Debug + Send + Sync + 'static {
    /// The position of the last event that was done; none where there is none yet.
    async fn load(&self) -> Result<Option<Position>, BoxError>;

    /// This event is done.
    async fn save(&self, position: &Position) -> Result<(), BoxError>;

    /// The position is of no use any more.
    async fn forget(&self) -> Result<(), BoxError>;
}

/// A position in memory: for tests, and for sources that need none.
#[derive(Debug, Default)]
pub struct MemoryPositions(Mutex<Option<Position>>);

#[async_trait]
impl Positions for MemoryPositions {
    async fn load(&self) -> Result<Option<Position>, BoxError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn save(&self, position: &Position) -> Result<(), BoxError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(position.clone());
        Ok(())
    }

    async fn forget(&self) -> Result<(), BoxError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

/// A position in a file, as JSON: written beside it, synced, and put in its place, so that a crash
/// leaves the old one or the new one. For one process at a time.
#[derive(Debug, Clone)]
pub struct FilePositions(PathBuf);

impl FilePositions {
    /// In this file, which need not be there yet; its directory must be.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

#[async_trait]
impl Positions for FilePositions {
    // Some bytes at a time: handing them to a thread takes longer than the disk does.
    async fn load(&self) -> Result<Option<Position>, BoxError> {
        match std::fs::read(&self.0) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn save(&self, position: &Position) -> Result<(), BoxError> {
        Ok(replace(&self.0, &serde_json::to_vec(position)?)?)
    }

    async fn forget(&self) -> Result<(), BoxError> {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let mut file = std::fs::File::create(&name)?;
    file.write_all(text)?;
    file.sync_all()?;
    std::fs::rename(&name, path)
}
