//! A disk that keeps what was synced, and of the rest what chance leaves.

use std::collections::BTreeMap;
use std::path::Path;

use super::trace::Op;
use crate::random::Random;

const SECTOR: usize = 512;

#[derive(Clone, Debug, Default)]
struct File {
    /// What is safe; `None` where not even the name is.
    safe: Option<Vec<u8>>,
    /// What was asked for since, the oldest first.
    pending: Vec<Op>,
}

/// The files of one folder.
#[derive(Debug, Default)]
pub(super) struct Disk {
    files: BTreeMap<String, File>,
    acknowledged: usize,
}

impl Disk {
    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged
    }

    pub(super) fn apply(&mut self, op: &Op) {
        match op {
            Op::Acknowledge => self.acknowledged += 1,
            Op::Create(file) | Op::Unlink(file) => self.file(file).pending.push(op.clone()),
            Op::Write { file, .. } | Op::Truncate { file, .. } => self.file(file).pending.push(op.clone()),
            // A synced file has its name too: so do ext4, XFS and Btrfs.
            Op::Sync(file) => self.file(file).settle(|_| true),
            Op::SyncFolder => {
                let is_name = |op: &Op| matches!(op, Op::Create(_) | Op::Unlink(_));
                self.files.values_mut().for_each(|file| file.settle(is_name));
            }
        }
    }

    fn file(&mut self, name: &str) -> &mut File {
        self.files.entry(name.to_owned()).or_default()
    }

    /// Writes down what a power cut leaves at this moment: any of what was not synced may be missing, or torn.
    pub(super) fn after_a_cut(&self, folder: &Path, random: &mut Random) {
        std::fs::create_dir_all(folder).unwrap();
        // Sometimes all is lost, sometimes nothing, mostly some of it.
        let kept_percent = [0, 30, 60, 90, 100][random.below(5)];
        for (name, file) in &self.files {
            let mut content = file.safe.clone();
            for op in &file.pending {
                if random.percent(kept_percent) {
                    perform(&mut content, op, None);
                } else if random.percent(20) {
                    perform(&mut content, op, Some(random));
                }
            }
            if let Some(content) = content {
                std::fs::write(folder.join(name), content).unwrap();
            }
        }
    }
}

impl File {
    /// Makes safe what is chosen, in its order.
    fn settle(&mut self, chosen: impl Fn(&Op) -> bool) {
        let (settled, pending) = std::mem::take(&mut self.pending).into_iter().partition(chosen);
        self.pending = pending;
        let settled: Vec<Op> = settled;
        for op in &settled {
            perform(&mut self.safe, op, None);
        }
    }
}

/// `torn`: only some sectors arrive.
fn perform(content: &mut Option<Vec<u8>>, op: &Op, torn: Option<&mut Random>) {
    match op {
        Op::Create(_) => drop(content.get_or_insert_default()),
        Op::Unlink(_) => *content = None,
        Op::Truncate { length, .. } => content.get_or_insert_default().resize(*length, 0),
        Op::Write { offset, bytes, .. } => {
            let content = content.get_or_insert_default();
            let end = offset + bytes.len();
            if content.len() < end {
                content.resize(end, 0);
            }
            match torn {
                None => content[*offset..end].copy_from_slice(bytes),
                Some(random) => {
                    for (n, sector) in bytes.chunks(SECTOR).enumerate() {
                        if random.percent(50) {
                            let at = offset + n * SECTOR;
                            content[at..at + sector.len()].copy_from_slice(sector);
                        }
                    }
                }
            }
        }
        Op::Sync(_) | Op::SyncFolder | Op::Acknowledge => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(offset: usize, bytes: &[u8]) -> Op {
        Op::Write {
            file: "a".into(),
            offset,
            bytes: bytes.to_vec(),
        }
    }

    #[test]
    fn what_was_synced_is_there_and_the_rest_only_by_chance() {
        let folder = std::env::temp_dir().join(foundation::ids::id("image"));
        let mut disk = Disk::default();
        for op in [
            Op::Create("a".into()),
            write(0, b"safe"),
            Op::Sync("a".into()),
            write(0, b"lost"),
        ] {
            disk.apply(&op);
        }
        let mut random = Random::new(1);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            disk.after_a_cut(&folder, &mut random);
            seen.insert(std::fs::read(folder.join("a")).unwrap());
        }
        std::fs::remove_dir_all(folder).unwrap();
        assert_eq!(seen, [b"safe".to_vec(), b"lost".to_vec()].into());
    }
}
