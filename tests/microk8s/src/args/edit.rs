//! How MicroK8s' own scripts and its agent change one flag in an args file.

use crate::failure::Result;
use crate::layout::{read_or_empty, write};
use std::path::Path;

/// Sets a flag to a value, or deletes it: the rewriting of MicroK8s' Python commands, which match the start
/// of a line and leave the file as it was in `<file>.backup`.
pub(crate) fn set(path: &Path, flag: &str, value: Option<&str>) -> Result<bool> {
    let before = read_or_empty(path);
    let after = set_in(&before, flag, value);
    if after == before {
        return Ok(false);
    }
    let mut backup = path.as_os_str().to_owned();
    backup.push(".backup");
    write(Path::new(&backup), &before)?;
    write(path, &after)?;
    Ok(true)
}

fn set_in(text: &str, flag: &str, value: Option<&str>) -> String {
    let mut found = false;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with(flag) {
            if let Some(value) = value.filter(|_| !found) {
                lines.push(format!("{flag}={value}"));
            }
            found = true;
        } else {
            lines.push(line.to_owned());
        }
    }
    if let Some(value) = value.filter(|_| !found) {
        lines.push(format!("{flag}={value}"));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The value of a flag as the scripts read it: quotation marks and blanks around it dropped.
pub(crate) fn get(path: &Path, flag: &str) -> Option<String> {
    read_or_empty(path).lines().map(str::trim).find_map(|line| {
        let rest = line.strip_prefix(flag)?;
        let value = rest.strip_prefix('=').or_else(|| rest.strip_prefix(' '))?;
        Some(value.trim().trim_matches(['"', '\'']).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_rewritten_in_place_appended_or_deleted() {
        assert_eq!(set_in("--a 1\n--b=2\n", "--a", Some("9")), "--a=9\n--b=2\n");
        assert_eq!(set_in("--b=2\n", "--a", Some("9")), "--b=2\n--a=9\n");
        assert_eq!(set_in("--a=1\n--b=2\n", "--a", None), "--b=2\n");
    }

    #[test]
    fn a_flag_that_begins_with_anothers_name_is_hit_too() {
        assert_eq!(set_in("--node-ip-x=1\n", "--node-ip", Some("9")), "--node-ip=9\n");
    }

    #[test]
    fn setting_leaves_a_backup_and_says_whether_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kubelet");
        write(&file, "--a=\"1\"\n").unwrap();
        assert!(set(&file, "--a", Some("2")).unwrap());
        assert!(!set(&file, "--a", Some("2")).unwrap());
        assert_eq!(get(&file, "--a").as_deref(), Some("2"));
        assert_eq!(read_or_empty(&folder.path().join("kubelet.backup")), "--a=\"1\"\n");
    }
}
