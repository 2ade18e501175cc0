//! Small files outside the case: what others send, and what is handed to them. Never evidence.

use crate::Error;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;

/// Reads a file, whole, within a limit. One that is longer comes with a byte too many, by which
/// whoever takes it apart sees that.
pub(crate) fn read(path: &Path, limit_bytes: usize) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    let mut bytes = Vec::new();
    file.take(limit_bytes as u64 + 1).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    Ok(bytes)
}

/// Writes the bytes that `make` gives into a new file, durably; one that exists is never replaced.
/// The file is made first, so that nothing is done for a place that cannot be written to, and goes
/// again where the rest fails.
pub(crate) fn write_new<T>(
    path: &Path,
    make: impl FnOnce() -> Result<(T, Vec<u8>), Error>,
) -> Result<T, Error> {
    let mut file = File::create_new(path).map_err(Error::io("create", path))?;
    let made = make().and_then(|(made, bytes)| {
        file.write_all(&bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(folder_of(path))?.sync_all())
            .map_err(Error::io("write", path))?;
        Ok(made)
    });
    if made.is_err() {
        // Where it cannot go either, the error above says enough.
        let _ = fs::remove_file(path);
    }
    made
}

/// The folder that holds the name of a file.
fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    }
}
