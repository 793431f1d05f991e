//! Which backups stay.

use rivulet_protocol::{BackupFile, BackupKind};
use std::collections::HashSet;
use std::hash::Hash;
use time::OffsetDateTime;

/// Days, weeks and months of which the newest backup stays.
const DAYS: usize = 3;
const WEEKS: usize = 7;
const MONTHS: usize = 4;
/// Of those that were not made by the calendar, so many stay in any case.
const OTHERS: usize = 3;
const DAY_MS: u64 = 86_400_000;

/// The backups that may go. `backups` are latest first.
pub fn outdated(backups: &[BackupFile]) -> Vec<&BackupFile> {
    let mut kept: HashSet<&str> = HashSet::new();
    // The first day of the epoch was a Thursday; weeks begin on Monday.
    kept.extend(newest_of(backups, DAYS, |at| at / DAY_MS));
    kept.extend(newest_of(backups, WEEKS, |at| (at / DAY_MS + 3) / 7));
    kept.extend(newest_of(backups, MONTHS, month));
    for kind in [BackupKind::Asked, BackupKind::Migration, BackupKind::Restore] {
        let own = backups.iter().filter(|backup| backup.kind == kind);
        kept.extend(own.take(OTHERS).map(|backup| backup.name.as_str()));
    }
    backups.iter().filter(|backup| !kept.contains(backup.name.as_str())).collect()
}

/// The newest backup of each of the latest `count` periods that have one.
fn newest_of<P: Eq + Hash>(backups: &[BackupFile], count: usize, period: impl Fn(u64) -> P) -> Vec<&str> {
    let mut seen = HashSet::new();
    let newest = backups.iter().filter(|backup| seen.insert(period(backup.made_at)));
    newest.take(count).map(|backup| backup.name.as_str()).collect()
}

fn month(at: u64) -> (i32, u8) {
    let date = OffsetDateTime::from_unix_timestamp((at / 1000) as i64).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    (date.year(), date.month() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backup(day: u64, hour: u64, kind: BackupKind) -> BackupFile {
        let made_at = day * DAY_MS + hour * 3_600_000;
        BackupFile { name: format!("{day}-{hour}-{kind:?}"), kind, made_at, bytes: 1 }
    }

    #[test]
    fn three_days_seven_weeks_and_four_months_stay() {
        // A year of a backup a day, each time with what may go gone.
        let mut backups: Vec<BackupFile> = Vec::new();
        for day in 20_000..20_365 {
            backups.insert(0, backup(day, 9, BackupKind::Daily));
            let gone: Vec<String> = outdated(&backups).iter().map(|backup| backup.name.clone()).collect();
            backups.retain(|backup| !gone.contains(&backup.name));
            assert!(backups.len() <= DAYS + WEEKS + MONTHS);
        }
        let ages: Vec<u64> = backups.iter().map(|backup| 20_364 - backup.made_at / DAY_MS).collect();
        assert_eq!(ages[..3], [0, 1, 2]);
        assert!(*ages.last().unwrap() > 60, "{ages:?}");
        assert!(ages.iter().filter(|age| **age < 49).count() >= 7, "{ages:?}");
    }

    #[test]
    fn what_a_person_asked_for_and_what_was_there_before_a_change_stays() {
        let mut backups = vec![backup(9, 20, BackupKind::Daily), backup(9, 19, BackupKind::Daily)];
        backups.extend((10..=14).rev().map(|hour| backup(9, hour, BackupKind::Migration)));
        backups.extend((1..=4).rev().map(|hour| backup(9, hour, BackupKind::Asked)));
        let gone: Vec<&str> = outdated(&backups).iter().map(|backup| backup.name.as_str()).collect();
        assert_eq!(gone, ["9-19-Daily", "9-11-Migration", "9-10-Migration", "9-1-Asked"]);
    }
}
