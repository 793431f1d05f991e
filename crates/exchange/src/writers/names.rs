//! Names of files.

use std::collections::HashSet;

/// Bytes of a name, its ending and a number left room for: file systems have 255.
const LONGEST: usize = 120;

/// Names already given in one zip.
#[derive(Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// A name that was not given before, for a document of this title.
    pub fn give(&mut self, title: &str) -> String {
        let name = file_name(title);
        // Some systems do not tell capital letters from small ones.
        let mut given = name.clone();
        let mut number = 1;
        while !self.0.insert(given.to_lowercase()) {
            number += 1;
            given = format!("{name} {number}");
        }
        given
    }
}

/// A title as the name of a file on any system.
pub(super) fn file_name(title: &str) -> String {
    let allowed = |c: char| !c.is_control() && !matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let line: String = title.chars().map(|c| if allowed(c) { c } else { ' ' }).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut name = String::new();
    for c in line.trim_start_matches(['.', ' ']).chars() {
        if name.len() + c.len_utf8() > LONGEST {
            break;
        }
        name.push(c);
    }
    let name = name.trim_end_matches(['.', ' ']).to_owned();
    // Windows keeps these for devices.
    let device = name.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let kept = ["CON", "PRN", "AUX", "NUL"].contains(&device.as_str())
        || (device.len() == 4 && (device.starts_with("COM") || device.starts_with("LPT")));
    if name.is_empty() || kept { format!("chat {name}").trim_end().to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_names_every_system_takes() {
        assert_eq!(file_name("../../etc/passwd"), "etc passwd");
        assert_eq!(file_name("a/b\\c: \"d\"?\n\u{7}"), "a b c d");
        assert_eq!(file_name("..."), "chat");
        assert_eq!(file_name("con.txt"), "chat con.txt");
        assert_eq!(file_name("中文 标题。"), "中文 标题。");
        assert!(file_name(&"水".repeat(500)).len() <= LONGEST);
        let mut names = Names::default();
        assert_eq!([names.give("A"), names.give("a"), names.give("a 2")], ["A", "a 2", "a 2 2"]);
    }
}
