//! What strace has recorded, as operations on the files of one folder.

use std::collections::HashMap;
use std::path::Path;

/// What a disk is asked for, or what the outside was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Create(String),
    Write {
        file: String,
        offset: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        file: String,
        length: usize,
    },
    Sync(String),
    Unlink(String),
    /// The folder's own list of names.
    SyncFolder,
    Acknowledge,
}

/// Reads what happened in `folder`, in its order.
pub(super) fn read(file: &Path, folder: &Path) -> Vec<Op> {
    let text = std::fs::read_to_string(file).unwrap();
    let folder = folder.to_str().unwrap();
    let mut unfinished: HashMap<&str, &str> = HashMap::new();
    let mut ops = Vec::new();
    for line in text.lines() {
        let (thread, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        if let Some(begin) = call.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread, begin);
        } else if let Some((_, rest)) = call
            .strip_prefix("<... ")
            .and_then(|rest| rest.split_once(" resumed>"))
        {
            let begin = unfinished.remove(thread).unwrap();
            ops.extend(op(&format!("{begin}{rest}"), folder));
        } else {
            ops.extend(op(call, folder));
        }
    }
    ops
}

/// A call that succeeded and concerns the folder or stdout.
fn op(call: &str, folder: &str) -> Option<Op> {
    let (name, rest) = call.split_once('(')?;
    let (args, result) = rest.rsplit_once(") = ")?;
    if result.starts_with('-') {
        return None;
    }
    let args: Vec<&str> = args.split(", ").collect();
    let of_descriptor = |arg: &str| {
        let (_, path) = arg.strip_suffix('>')?.split_once('<')?;
        String::from_utf8(bytes(path)).ok()
    };
    let in_folder = |path: String| {
        let name = path.strip_prefix(folder)?.strip_prefix('/')?;
        // The index of the log lies in shared memory; it is made anew.
        (!name.ends_with("-shm")).then(|| name.to_owned())
    };
    let first = args.first()?;
    match name {
        "write" if first.starts_with("1<") => Some(Op::Acknowledge),
        "pwrite64" => Some(Op::Write {
            file: in_folder(of_descriptor(first)?)?,
            bytes: bytes(args.get(1)?.trim_matches('"')),
            offset: args.get(3)?.parse().unwrap(),
        }),
        "write" => {
            let file = in_folder(of_descriptor(first)?);
            assert!(file.is_none(), "a write without its place: {call}");
            None
        }
        "ftruncate" => Some(Op::Truncate {
            file: in_folder(of_descriptor(first)?)?,
            length: args.get(1)?.parse().unwrap(),
        }),
        "fsync" | "fdatasync" => {
            let path = of_descriptor(first)?;
            if path == folder {
                return Some(Op::SyncFolder);
            }
            in_folder(path).map(Op::Sync)
        }
        "unlink" => path(first).and_then(in_folder).map(Op::Unlink),
        "openat" if args.get(2)?.contains("O_CREAT") => {
            path(args.get(1)?).and_then(in_folder).map(Op::Create)
        }
        "openat" => None,
        _ => panic!("not expected: {call}"),
    }
}

fn path(quoted: &str) -> Option<String> {
    String::from_utf8(bytes(quoted.trim_matches('"'))).ok()
}

/// `\x41\x42` or plain text.
fn bytes(text: &str) -> Vec<u8> {
    assert!(!text.ends_with("..."), "cut off by strace");
    if !text.starts_with("\\x") {
        return text.as_bytes().to_vec();
    }
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap() as u8;
    let text = text.as_bytes();
    text.chunks(4)
        .map(|code| digit(code[2]) * 16 + digit(code[3]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_become_operations_on_the_folder() {
        let table = [
            (
                r#"pwrite64(9</d/a-wal>, "\x41\x42", 2, 32) = 2"#,
                Some(Op::Write {
                    file: "a-wal".into(),
                    offset: 32,
                    bytes: vec![0x41, 0x42],
                }),
            ),
            (r#"pwrite64(9</d/a-shm>, "\x41", 1, 0) = 1"#, None),
            (r#"pwrite64(9</elsewhere/a>, "\x41", 1, 0) = 1"#, None),
            (r"fdatasync(9<\x2f\x64\x2f\x61>) = 0", Some(Op::Sync("a".into()))),
            (r"fsync(9</d>) = 0", Some(Op::SyncFolder)),
            (r"fsync(9</d/a>) = -1 EIO (Input/output error)", None),
            (r#"unlink("\x2f\x64\x2f\x61") = 0"#, Some(Op::Unlink("a".into()))),
            (
                r#"openat(AT_FDCWD</>, "\x2f\x64\x2f\x61", O_RDWR|O_CREAT, 0600) = 5</d/a>"#,
                Some(Op::Create("a".into())),
            ),
            (r#"write(1<pipe:[5]>, "\x61", 1) = 1"#, Some(Op::Acknowledge)),
        ];
        for (call, expected) in table {
            assert_eq!(op(call, "/d"), expected, "{call}");
        }
    }
}
