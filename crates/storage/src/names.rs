//! Names in the storage: `rivulet-20261126-214038-123` and what follows it. They tell the time and nothing else.

use time::OffsetDateTime;
use time::PrimitiveDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;

const STAMP: &[FormatItem<'_>] = format_description!("[year][month][day]-[hour][minute][second]-[subsecond digits:3]");
const PREFIX: &str = "rivulet-";
/// What says that all parts are there, and how they must be.
const LIST: &str = ".json";
const PART: &str = ".age.";
const DIGITS: usize = 4;

/// The name of a backup made now, in milliseconds since the epoch.
pub fn name_at(now: u64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(now) * 1_000_000);
    let stamp = at.unwrap_or(OffsetDateTime::UNIX_EPOCH).format(STAMP).unwrap_or_default();
    format!("{PREFIX}{stamp}")
}

/// Whether this is the name of a backup: only such a name is ever written or removed.
pub fn is_name(name: &str) -> bool {
    made_at(name).is_some()
}

/// When a backup of this name was made.
pub(crate) fn made_at(name: &str) -> Option<u64> {
    let at = PrimitiveDateTime::parse(name.strip_prefix(PREFIX)?, STAMP).ok()?.assume_utc();
    let at = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()?;
    (name_at(at) == name).then_some(at)
}

pub(crate) fn list_of(name: &str) -> String {
    format!("{name}{LIST}")
}

/// The file of a part; they begin with 1, and in the order of their names they are the whole.
pub(crate) fn part_of(name: &str, number: usize) -> String {
    format!("{name}{PART}{number:0DIGITS$}")
}

/// The backup whose list of parts this is.
pub(crate) fn of_list(file: &str) -> Option<&str> {
    file.strip_suffix(LIST).filter(|name| is_name(name))
}

/// The backup of which this file is anything.
pub(crate) fn of_any(file: &str) -> Option<&str> {
    let part = || {
        let (name, number) = file.split_once(PART)?;
        (number.len() == DIGITS && number.bytes().all(|digit| digit.is_ascii_digit()) && is_name(name)).then_some(name)
    };
    of_list(file).or_else(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_time_and_only_ours_are_read() {
        let name = name_at(1_795_729_238_123);
        assert_eq!(name, "rivulet-20261126-214038-123");
        assert_eq!(made_at(&name), Some(1_795_729_238_123));
        assert_eq!(of_any(&part_of(&name, 7)), Some(name.as_str()));
        assert_eq!(of_list(&list_of(&name)), Some(name.as_str()));
        for other in [
            "rivulet-.json",
            "rivulet-20261126-214038-123.db",
            "rivulet-20261126-214038-123.age.1",
            "rivulet-20261126-214038-123.age.00001",
            "../rivulet-20261126-214038-123.json",
            "rivulet-20261126-214038-123/x.json",
            "rivulet-20269926-214038-123.json",
            "notes.json",
        ] {
            assert_eq!(of_any(other), None, "{other}");
        }
        assert!(!is_name(""));
    }
}
