//! SHA-256, in hexadecimal.

use std::fs::File;
use std::io::{Read as _, Result};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// Of bytes.
pub(crate) fn of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Of a file, piece by piece, and its length in bytes.
pub(crate) fn of_file(path: &Path) -> Result<(String, u64)> {
    let (mut file, mut digest, mut length) = (File::open(path)?, Sha256::new(), 0);
    let mut piece = vec![0; 64 << 10];
    loop {
        let read = file.read(&mut piece)?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok((hex::encode(digest.finalize()), length));
        };
        digest.update(bytes);
        length += u64::try_from(read).unwrap_or_default();
    }
}
