//! The GPUs that Slurm believes this node to have: by its gres.conf, which names each device, else by the `Gres=` of its line in slurm.conf,
//! where gres.conf leaves it to the driver (`AutoDetect`). gres.conf(5) and slurm.conf(5) of Slurm 22.05 say how both are read.

use std::path::{Path, PathBuf};

use crate::system::{Root, Surroundings};

/// Folders with Slurm's configuration, behind that of `SLURM_CONF`: packages', slurmd's own copy where nodes are configured over the network,
/// and what is usual where Slurm is built at the site.
const FOLDERS: [&str; 5] =
    ["/etc/slurm", "/run/slurm/conf", "/etc/slurm-llnl", "/usr/local/etc/slurm", "/opt/slurm/etc"];
/// Longer than that of any cluster.
const MAX_FILE: u64 = 16 << 20;
/// As many as a list of hosts or files can stand for.
const MOST: u32 = 1 << 20;

/// GPUs of one type that a node should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlurmGpus {
    /// How many.
    pub count: u32,
    /// What the site calls the type; nothing where it has no name.
    pub kind: Option<String>,
}

/// The GPUs of this node.
///
/// # Errors
/// Why that is not known, in a sentence.
pub fn gpus(root: &Root, surroundings: &Surroundings) -> Result<Vec<SlurmGpus>, String> {
    let name = match surroundings.filled("SLURMD_NODENAME") {
        Some(name) => name.to_owned(),
        None => {
            let host = root.read_text(Path::new("/proc/sys/kernel/hostname"), 256).unwrap_or_default();
            host.trim().split('.').next().unwrap_or_default().to_owned()
        }
    };
    if name.is_empty() {
        return Err("the name of this node is not known (SLURMD_NODENAME)".to_owned());
    }
    let own = surroundings.filled("SLURM_CONF").map(Path::new).and_then(Path::parent).map(Path::to_owned);
    let mut read = Vec::new();
    for folder in own.into_iter().chain(FOLDERS.map(PathBuf::from)) {
        let text = |file: &str| root.read_text(&folder.join(file), MAX_FILE).ok();
        let (gres, slurm) = (text("gres.conf"), text("slurm.conf"));
        let found = gres.as_deref().map(|text| of_gres(text, &name)).filter(|found| !found.is_empty());
        let found = found.or_else(|| slurm.as_deref().map(|text| of_slurm(text, &name)).filter(|all| !all.is_empty()));
        if let Some(found) = found {
            return Ok(found);
        }
        read.extend(gres.map(|_| folder.join("gres.conf")));
        read.extend(slurm.map(|_| folder.join("slurm.conf")));
    }
    let files: Vec<String> = read.iter().map(|path| root.shown(path)).collect();
    match files.is_empty() {
        true => Err("found neither gres.conf nor slurm.conf (SLURM_CONF names the latter)".to_owned()),
        false => Err(format!("no GPUs of node '{name}' are in {}", files.join(" and "))),
    }
}

/// What the lines of a gres.conf say of a node: those without a NodeName are about every one.
fn of_gres(text: &str, node: &str) -> Vec<SlurmGpus> {
    let mut found = Vec::new();
    for line in lines(text) {
        let value = |key: &str| value(&line, key);
        if value("NodeName").is_some_and(|names| !lists(names, node)) {
            continue;
        }
        if !value("Name").is_some_and(|name| name.eq_ignore_ascii_case("gpu")) {
            continue;
        }
        let counted = value("Count").and_then(|count| count.parse().ok());
        let count = counted.or_else(|| value("File").map(count)).unwrap_or(1);
        add(&mut found, count, value("Type"));
    }
    found
}

/// What slurm.conf says of a node: `Gres=gpu:h100:8,shard:16`. A line about `DEFAULT` is about those behind it that say nothing themselves.
fn of_slurm(text: &str, node: &str) -> Vec<SlurmGpus> {
    let mut usual = None;
    let mut own = None;
    for line in lines(text) {
        let Some(names) = value(&line, "NodeName") else { continue };
        let gres = value(&line, "Gres").map(str::to_owned);
        if names.eq_ignore_ascii_case("DEFAULT") {
            usual = gres;
        } else if lists(names, node) {
            own = gres.or_else(|| usual.clone());
        }
    }
    let mut found = Vec::new();
    for one in own.unwrap_or_default().split(',') {
        // "gpu:h100:8(S:0-1)" also says which sockets they are at; "gpu:no_consume:8" and "gpu:8" have no type.
        let one = one.split('(').next().unwrap_or_default();
        let mut parts = one.split(':').filter(|part| *part != "no_consume");
        if !parts.next().is_some_and(|name| name.trim().eq_ignore_ascii_case("gpu")) {
            continue;
        }
        match (parts.next(), parts.next()) {
            (None, _) => add(&mut found, 1, None),
            (Some(count), None) if count.parse::<u32>().is_ok() => add(&mut found, count.parse().unwrap_or(0), None),
            (Some(kind), None) => add(&mut found, 1, Some(kind)),
            (Some(kind), Some(count)) => add(&mut found, count.parse().unwrap_or(0), Some(kind)),
        }
    }
    found
}

fn add(found: &mut Vec<SlurmGpus>, count: u32, kind: Option<&str>) {
    if count == 0 {
        return;
    }
    match found.iter_mut().find(|known| known.kind.as_deref() == kind) {
        Some(known) => known.count = known.count.saturating_add(count),
        None => found.push(SlurmGpus { count, kind: kind.map(str::to_owned) }),
    }
}

/// The lines of a file without comments; one that ends in a backslash goes on in the next.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let (own, more) = line.strip_suffix('\\').map_or((line, false), |own| (own, true));
        match lines.last_mut().filter(|_| open) {
            Some(last) => *last = format!("{last} {own}"),
            None => lines.push(own.to_owned()),
        }
        open = more;
    }
    lines
}

/// The value of a key in `Key=value Key=value`.
fn value<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let pairs = line.split_whitespace().filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.trim_matches('"'));
    found.next_back().filter(|value| !value.is_empty())
}

/// The parts of a list between commas that stand in no bracket.
fn parts(list: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let ends = move |c: char| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    };
    list.split(ends).filter(|part| !part.is_empty()).collect()
}

/// A part of a list: what stands before its first bracket, what in it, and what behind.
fn bracket(part: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = part.split_once('[')?;
    let (inside, behind) = rest.split_once(']')?;
    Some((before, inside, behind))
}

/// First and last number of each range in a bracket, and with how many digits they are written.
fn ranges(inside: &str) -> impl Iterator<Item = (u32, u32, usize)> {
    inside.split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some((first.trim().parse().ok()?, last.trim().parse().ok()?, first.trim().len()))
    })
}

/// Whether a list of hosts has a name: `gpu[01-16,20],login`.
fn lists(list: &str, name: &str) -> bool {
    parts(list).into_iter().any(|part| fits(part, name))
}

fn fits(part: &str, name: &str) -> bool {
    let Some((before, inside, behind)) = bracket(part) else { return part.eq_ignore_ascii_case(name) };
    let Some(rest) = name.strip_prefix(before) else { return false };
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    // Numbers may be followed by digits of what comes next.
    (1..=digits).any(|end| {
        let (Some(number), Some(rest)) = (rest.get(..end), rest.get(end..)) else { return false };
        let Ok(value) = number.parse::<u32>() else { return false };
        let has = ranges(inside)
            .any(|(first, last, width)| (first..=last).contains(&value) && format!("{value:0width$}") == number);
        has && fits(behind, rest)
    })
}

/// How many files a list stands for: `/dev/nvidia[0-3],/dev/nvidia7`.
fn count(list: &str) -> u32 {
    let of = |part: &str| {
        let (mut all, mut rest) = (1_u32, part);
        while let Some((_, inside, behind)) = bracket(rest) {
            let own = ranges(inside).map(|(first, last, _)| last.saturating_sub(first).saturating_add(1));
            all = all.saturating_mul(own.fold(0, u32::saturating_add)).min(MOST);
            rest = behind;
        }
        all
    };
    parts(list).into_iter().map(of).fold(0, u32::saturating_add).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(found: &[SlurmGpus]) -> String {
        let one = |gpus: &SlurmGpus| format!("{}x {}", gpus.count, gpus.kind.as_deref().unwrap_or("any"));
        found.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn lines_of_gres_conf_are_added_up() {
        let text = "# the cluster\nAutoDetect=off\nNodeName=n[01-04] Name=gpu Type=h100 File=/dev/nvidia[0-3]\n\
                    nodename=n[01-02] name=gpu type=h100 file=/dev/nvidia[4-7] cores=0-7\n\
                    NodeName=n04 \\\n  Name=gpu Type=t4 Count=2 # two more\nName=gpu File=/dev/nvidia8,/dev/nvidia9\n\
                    NodeName=n[01-04] Name=shard Count=64\nNodeName=x1 Name=gpu\n";
        assert_eq!(said(&of_gres(text, "n01")), "8x h100, 2x any");
        assert_eq!(said(&of_gres(text, "n03")), "4x h100, 2x any");
        assert_eq!(said(&of_gres(text, "n04")), "4x h100, 2x t4, 2x any");
        assert_eq!(said(&of_gres(text, "n1")), "2x any");
        assert_eq!(said(&of_gres(text, "X1")), "3x any");
        assert_eq!(said(&of_gres("AutoDetect=nvml\n", "n1")), "");
        assert_eq!(
            said(&of_gres("Name=gpu File=/dev/nvidia[0-4294967295]\nName=gpu Count=99999999999\n", "n")),
            "1048577x any"
        );
    }

    #[test]
    fn slurm_conf_says_it_where_gres_conf_does_not() {
        let text = "NodeName=DEFAULT Gres=gpu:2\nNodeName=a[1-9] CPUs=4\nNodeName=b1,b2 Gres=gpu:h100:8(S:0-1),shard:4\n\
                    NodeName=c1 Gres=gpu:no_consume:4\nNodeName=d1 Gres=gpu:t4:1,gpu:v100:2\nNodeName=e1 Gres=fpga:1\nNodeName=f1 Gres=gpu\n";
        for (node, expected) in [
            ("a3", "2x any"),
            ("b2", "8x h100"),
            ("c1", "4x any"),
            ("d1", "1x t4, 2x v100"),
            ("e1", ""),
            ("f1", "1x any"),
            ("g", ""),
        ] {
            assert_eq!(said(&of_slurm(text, node)), expected, "{node}");
        }
    }

    #[test]
    fn lists_of_hosts_are_read_as_slurm_reads_them() {
        for (list, name, is) in [
            ("n[1-3]", "n2", true),
            ("n[1-3]", "n02", false),
            ("n[01-10]", "n07", true),
            ("n[01-10]", "n7", false),
            ("n[8-12]", "n10", true),
            ("rack[1-2]n[1-4],login", "rack2n3", true),
            ("rack[1-2]n[1-4],login", "login", true),
            ("rack[1-2]n[1-4],login", "rack3n3", false),
            ("n[1,3]-ib", "n3-ib", true),
            ("n[1", "n1", false),
            ("n[]", "n", false),
            ("", "", false),
        ] {
            assert_eq!(lists(list, name), is, "{list} {name}");
        }
        assert_eq!((count("/dev/nvidia[0-3,5]"), count("/dev/a,/dev/b"), count("/dev/d[0-1]p[0-2]")), (5, 2, 6));
    }
}
