//! Reads a zip archive (PKWARE, "APPNOTE.TXT" 6.3) of which nothing is believed: every offset is
//! checked, what is unpacked is bounded before it is unpacked, and only plain files with plain
//! names come out.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::{MAX_BYTES, MAX_FILES, is_plain_path};

/// Why an archive is not read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArchiveProblem {
    /// It is no zip archive, cut off, or damaged.
    #[error("it is no zip archive, or a damaged one")]
    Damaged,
    /// An entry has a name that leads elsewhere, or that not every system can have.
    #[error("its entry `{0}` has a name that is no plain path")]
    Name(String),
    /// An entry is a link or something else that is no file.
    #[error("its entry `{0}` is a link, or no file at all")]
    NoFile(String),
    /// There is more in it than we unpack.
    #[error("there is more in it than {MAX_FILES} files or {MAX_BYTES} bytes")]
    TooLarge,
    /// It is encrypted, or packed in a way that we do not know.
    #[error("its entry `{0}` is packed in a way that cannot be read")]
    Unsupported(String),
}

use ArchiveProblem::{Damaged, Name, NoFile, TooLarge, Unsupported};

/// The files, each with its path and its bytes. A single folder around all of them is taken away,
/// as the archives of code hosts have one.
pub(super) fn unpack(archive: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ArchiveProblem> {
    let end = end_record(archive).ok_or(Damaged)?;
    let count = number(archive, end + 10, 2)?;
    if count > MAX_FILES {
        return Err(TooLarge);
    }
    let mut at = number(archive, end + 16, 4)?;
    let (mut files, mut total) = (Vec::new(), 0_usize);
    for _ in 0..count {
        let entry = Entry::read(archive, at)?;
        at = entry.next;
        if let Some(bytes) = entry.unpack(archive, MAX_BYTES - total)? {
            total += bytes.len();
            files.push((entry.name, bytes));
        }
    }
    strip_common_folder(&mut files);
    Ok(files)
}

/// What the central directory says of one entry.
struct Entry {
    name: String,
    method: usize,
    checksum: usize,
    packed: usize,
    unpacked: usize,
    /// Where its local header is.
    header: usize,
    /// Where the next entry of the directory is.
    next: usize,
}

impl Entry {
    fn read(archive: &[u8], at: usize) -> Result<Self, ArchiveProblem> {
        let field = |offset, length| number(archive, at + offset, length);
        if field(0, 4)? != 0x0201_4b50 {
            return Err(Damaged);
        }
        let lengths = [field(28, 2)?, field(30, 2)?, field(32, 2)?];
        let name = slice(archive, at + 46, lengths[0])?;
        let name = String::from_utf8(name.to_vec()).map_err(|_| Damaged)?;
        // Made on Unix: the upper half of the attributes is the mode.
        if field(5, 1)? == 3 && !matches!(field(38, 4)? >> 28, 0 | 0o04 | 0o10) {
            return Err(NoFile(name));
        }
        if field(8, 2)? & 1 != 0 {
            return Err(Unsupported(name));
        }
        Ok(Self {
            method: field(10, 2)?,
            checksum: field(16, 4)?,
            packed: field(20, 4)?,
            unpacked: field(24, 4)?,
            header: field(42, 4)?,
            next: at + 46 + lengths.iter().sum::<usize>(),
            name,
        })
    }

    /// Its bytes, at most so many; nothing for a folder.
    fn unpack(&self, archive: &[u8], limit: usize) -> Result<Option<Vec<u8>>, ArchiveProblem> {
        let path = self.name.strip_suffix('/');
        if !is_plain_path(path.unwrap_or(&self.name)) {
            return Err(Name(self.name.clone()));
        }
        if path.is_some() {
            return Ok(None);
        }
        if self.unpacked > limit {
            return Err(TooLarge);
        }
        if number(archive, self.header, 4)? != 0x0403_4b50 {
            return Err(Damaged);
        }
        let name = number(archive, self.header + 26, 2)?;
        let extra = number(archive, self.header + 28, 2)?;
        let packed = slice(archive, self.header + 30 + name + extra, self.packed)?;
        let bytes = match self.method {
            0 => packed.to_vec(),
            8 => decompress_to_vec_with_limit(packed, self.unpacked).map_err(|_| Damaged)?,
            _ => return Err(Unsupported(self.name.clone())),
        };
        if bytes.len() != self.unpacked || checksum(&bytes) != self.checksum {
            return Err(Damaged);
        }
        Ok(Some(bytes))
    }
}

/// Where the record at the archive's end begins; a comment of up to 64 KiB may follow it.
fn end_record(archive: &[u8]) -> Option<usize> {
    let last = archive.len().checked_sub(22)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let at = (first..=last).rev();
    at.into_iter()
        .find(|at| archive[*at..].starts_with(b"PK\x05\x06"))
}

fn slice(archive: &[u8], at: usize, length: usize) -> Result<&[u8], ArchiveProblem> {
    let end = at.checked_add(length).ok_or(Damaged)?;
    archive.get(at..end).ok_or(Damaged)
}

/// A number of up to four bytes, the lowest first.
fn number(archive: &[u8], at: usize, length: usize) -> Result<usize, ArchiveProblem> {
    let bytes = slice(archive, at, length)?;
    Ok(bytes
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
}

/// CRC-32 as zip has it.
fn checksum(bytes: &[u8]) -> usize {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
        }
    }
    !sum as usize
}

fn strip_common_folder(files: &mut [(String, Vec<u8>)]) {
    let first = files.first().and_then(|(path, _)| path.split_once('/'));
    let Some(folder) = first.map(|(folder, _)| format!("{folder}/")) else {
        return;
    };
    if files.iter().all(|(path, _)| path.starts_with(&folder)) {
        for (path, _) in files {
            path.drain(..folder.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, Unix mode, method, bytes as packed, size and checksum as said.
    type Made<'a> = (&'a str, usize, usize, &'a [u8], usize, usize);

    fn archive(entries: &[Made<'_>]) -> Vec<u8> {
        let (mut all, mut directory) = (Vec::new(), Vec::new());
        let put = |out: &mut Vec<u8>, value: usize, length: usize| {
            out.extend_from_slice(&value.to_le_bytes()[..length]);
        };
        for (name, mode, method, packed, size, sum) in entries {
            let header = all.len();
            all.extend_from_slice(b"PK\x03\x04");
            for (value, length) in [(20, 2), (0, 2), (*method, 2), (0, 4), (*sum, 4)] {
                put(&mut all, value, length);
            }
            for (value, length) in [(packed.len(), 4), (*size, 4), (name.len(), 2), (0, 2)] {
                put(&mut all, value, length);
            }
            all.extend_from_slice(name.as_bytes());
            all.extend_from_slice(packed);
            directory.extend_from_slice(b"PK\x01\x02");
            for (value, length) in [
                (0x0314, 2),
                (20, 2),
                (0, 2),
                (*method, 2),
                (0, 4),
                (*sum, 4),
            ] {
                put(&mut directory, value, length);
            }
            for (value, length) in [(packed.len(), 4), (*size, 4), (name.len(), 2), (0, 8)] {
                put(&mut directory, value, length);
            }
            for (value, length) in [(mode << 16, 4), (header, 4)] {
                put(&mut directory, value, length);
            }
            directory.extend_from_slice(name.as_bytes());
        }
        let at = all.len();
        all.extend_from_slice(&directory);
        all.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for (value, length) in [
            (entries.len(), 2),
            (entries.len(), 2),
            (directory.len(), 4),
            (at, 4),
            (0, 2),
        ] {
            put(&mut all, value, length);
        }
        all
    }

    const FILE: usize = 0o100_644;

    /// A file that is stored as it is.
    fn stored<'a>(name: &'a str, bytes: &'a [u8]) -> Made<'a> {
        (name, FILE, 0, bytes, bytes.len(), checksum(bytes))
    }

    #[test]
    fn files_come_out_without_the_folder_around_them() {
        let text = b"hello hello hello hello";
        let packed = miniz_oxide::deflate::compress_to_vec(text, 6);
        let found = unpack(&archive(&[
            ("app-1/", 0o040_755, 0, b"", 0, 0),
            stored("app-1/a.txt", b"a"),
            ("app-1/b/c", FILE, 8, &packed, text.len(), checksum(text)),
        ]));
        let expected = [("a.txt", b"a".to_vec()), ("b/c", text.to_vec())];
        assert_eq!(
            found.unwrap(),
            expected.map(|(path, bytes)| (path.to_owned(), bytes))
        );
        assert_eq!(unpack(&archive(&[])), Ok(Vec::new()));
        // The check value of the algorithm's catalogues.
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [
            "../x",
            "a/../../x",
            "/etc/x",
            "a\\..\\x",
            "c:x",
            "a//x",
            ".",
            "a/./x",
            ".git/x",
            "a\nb",
        ] {
            assert_eq!(
                unpack(&archive(&[stored(name, b"x")])),
                Err(Name(name.to_owned())),
                "{name:?}"
            );
        }
    }

    #[test]
    fn links_and_devices_are_refused() {
        for mode in [0o120_777, 0o060_644, 0o140_644] {
            let link = [(
                "x",
                mode,
                0,
                &b"/etc/passwd"[..],
                11,
                checksum(b"/etc/passwd"),
            )];
            assert_eq!(
                unpack(&archive(&link)),
                Err(NoFile("x".to_owned())),
                "{mode:o}"
            );
        }
    }

    #[test]
    fn bombs_are_refused_before_they_are_unpacked() {
        let zeros = vec![0; MAX_BYTES + 1];
        let packed = miniz_oxide::deflate::compress_to_vec(&zeros, 9);
        let honest = [("x", FILE, 8, &packed[..], zeros.len(), checksum(&zeros))];
        assert_eq!(unpack(&archive(&honest)), Err(TooLarge));
        let lying = [("x", FILE, 8, &packed[..], 10, 0)];
        assert_eq!(unpack(&archive(&lying)), Err(Damaged));
        // Many entries that are small enough alone.
        let half = vec![0; MAX_BYTES / 2 + 1];
        let packed = miniz_oxide::deflate::compress_to_vec(&half, 9);
        let sum = checksum(&half);
        let two = ["a", "b"].map(|name| (name, FILE, 8, &packed[..], half.len(), sum));
        assert_eq!(unpack(&archive(&two)), Err(TooLarge));
        let names: Vec<_> = (0..=MAX_FILES).map(|n| n.to_string()).collect();
        let many: Vec<_> = names.iter().map(|name| stored(name, b"")).collect();
        assert_eq!(unpack(&archive(&many)), Err(TooLarge));
    }

    #[test]
    fn what_is_damaged_anywhere_is_an_error_and_no_panic() {
        let good = archive(&[stored("a", b"one"), stored("b", b"two")]);
        for length in 0..good.len() {
            assert!(unpack(&good[..length]).is_err(), "{length}");
        }
        for at in 0..good.len() {
            for value in [0, 0x7f, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                let _ = unpack(&bad);
            }
        }
        let wrong = [("x", FILE, 0, &b"one"[..], 3, checksum(b"two"))];
        assert_eq!(unpack(&archive(&wrong)), Err(Damaged));
    }
}
