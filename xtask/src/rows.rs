//! Writing rows into `torch.toml` so that comments, order and everything that is not changed stay as they are.

use std::fmt::Display;

use anyhow::Context as _;
use gpucheck::{facts::PythonVersion, online::numbers, verify::Build};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

/// Key of `[sources]` that harvested rows name.
const SOURCE: &str = "kb-verify";

/// `torch.toml` while it is changed.
pub struct TorchFile {
    document: DocumentMut,
}

impl TorchFile {
    /// Reads the text.
    ///
    /// # Errors
    /// When it is not TOML or has no releases.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let document: DocumentMut = text.parse().context("torch.toml")?;
        anyhow::ensure!(document.get("release").is_some_and(Item::is_array_of_tables), "torch.toml has no [[release]]");
        Ok(Self { document })
    }

    /// The text as it is now.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    fn releases(&mut self) -> anyhow::Result<&mut ArrayOfTables> {
        self.document.get_mut("release").and_then(Item::as_array_of_tables_mut).context("torch.toml has no [[release]]")
    }

    fn release(&mut self, version: &str) -> anyhow::Result<Option<&mut Table>> {
        let is = |table: &Table| table.get("version").and_then(Item::as_str) == Some(version);
        Ok(self.releases()?.iter_mut().find(|table| is(table)))
    }

    /// The newest release of a day.
    pub fn release_of(&self, day: &str) -> Option<&str> {
        let releases = self.document.get("release")?.as_array_of_tables()?;
        let field = |table: &Table, key: &str| table.get(key).and_then(Item::as_str).map(str::to_owned);
        let of = releases.iter().filter(|table| field(table, "released").as_deref() == Some(day));
        of.last()?.get("version")?.as_str()
    }

    /// Whether a release has a field.
    pub fn has(&self, version: &str, key: &str) -> bool {
        let releases = self.document.get("release").and_then(Item::as_array_of_tables);
        let is = |table: &&Table| table.get("version").and_then(Item::as_str) == Some(version);
        releases.into_iter().flatten().find(is).is_some_and(|table| table.contains_key(key))
    }

    /// Writes one build: into its row, into a new row of its release, or into a new release, which needs to be told its day.
    /// `python` is for which versions the index has wheels on that platform; nothing when it was not asked.
    ///
    /// # Errors
    /// For a new release without a day.
    pub fn put(
        &mut self,
        build: &Build,
        today: &str,
        released: Option<&str>,
        python: &[PythonVersion],
    ) -> anyhow::Result<()> {
        if self.release(&build.version)?.is_none() {
            let told = || {
                format!(
                    "torch {} has no row yet, and its release date is unknown: pass --released YYYY-MM-DD",
                    build.version
                )
            };
            let released = released.with_context(told)?;
            anyhow::ensure!(
                !python.is_empty(),
                "one wheel does not show which Python versions torch {} has wheels for: harvest it from an index, torch=={}",
                build.version,
                build.version
            );
            let mut table = Table::new();
            table.insert("version", value(&build.version));
            table.insert("released", value(released));
            table.insert("python", strings(python));
            table.insert("requires_python", value(build.requires_python.as_deref().unwrap_or_default()));
            table.insert("manylinux", value(build.manylinux.as_deref().unwrap_or_default()));
            table.insert("source", strings(["pypi-files", SOURCE]));
            table.insert("verified", value(today));
            table.insert("builds", value(Array::new()));
            table.decor_mut().set_prefix("\n");
            self.insert_in_order(&build.version, table)?;
        }
        let Some(release) = self.release(&build.version)? else { anyhow::bail!("the new row was not found again") };
        general(release, build);
        set(release, "verified", value(today));
        let listed = release.get("python").and_then(Item::as_array);
        let listed: Vec<String> = listed.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let python: Vec<String> = python.iter().map(ToString::to_string).collect();
        let own = (!python.is_empty()).then_some(if python == listed { &[] } else { python.as_slice() });
        let manylinux = release.get("manylinux").and_then(Item::as_str);
        let manylinux = build.manylinux.clone().filter(|tag| Some(tag.as_str()) != manylinux);
        let builds = release.get_mut("builds").and_then(Item::as_array_mut).context("the release has no builds")?;
        put_build(builds, build, own, manylinux.as_deref());
        Ok(())
    }

    /// Tables keep their order in the file, so a new one is put where it belongs by taking those after it out and in again.
    fn insert_in_order(&mut self, version: &str, table: Table) -> anyhow::Result<()> {
        let releases = self.releases()?;
        let mut after = Vec::new();
        let newer = |table: &Table| {
            table.get("version").and_then(Item::as_str).is_some_and(|other| numbers(other) > numbers(version))
        };
        while let Some(last) = releases.len().checked_sub(1).filter(|last| releases.get(*last).is_some_and(newer)) {
            after.extend(releases.get(last).cloned());
            releases.remove(last);
        }
        let place = releases.iter().last().and_then(Table::position);
        let mut all = vec![table];
        all.extend(after.into_iter().rev());
        for mut table in all {
            // Of tables with one position the later one in the list is written later.
            table.set_position(place);
            releases.push(table);
        }
        Ok(())
    }

    /// Names a companion of a release: torchvision or torchaudio.
    ///
    /// # Errors
    /// When the release has no row.
    pub fn companion(&mut self, torch: &str, name: &str, version: &str, today: &str) -> anyhow::Result<()> {
        let release = self.release(torch)?.with_context(|| format!("torch {torch} has no row"))?;
        set(release, name, value(version));
        set(release, "verified", value(today));
        Ok(())
    }
}

/// Sets a field and keeps what surrounds it; a new one goes next to fields of its kind. A field with the same value stays as it
/// is written.
fn set(table: &mut Table, key: &str, item: Item) {
    match table.get_mut(key) {
        Some(old) if said(old) == said(&item) => {}
        Some(old) => {
            let decor = old.as_value().map(|value| value.decor().clone());
            *old = item;
            if let (Some(value), Some(decor)) = (old.as_value_mut(), decor) {
                *value.decor_mut() = decor;
            }
        }
        None => {
            table.insert(key, item);
            order(table);
        }
    }
}

/// The texts of a field, however they are written.
fn said(item: &Item) -> Option<Vec<&str>> {
    match item.as_value()? {
        Value::String(text) => Some(vec![text.value()]),
        Value::Array(list) => list.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// The order in which the file has the fields of a release.
const FIELDS: [&str; 17] = [
    "version",
    "released",
    "python",
    "requires_python",
    "manylinux",
    "torchvision",
    "torchaudio",
    "companions_python",
    "companions_without_variant",
    "triton",
    "triton_marker",
    "nccl",
    "requires_nvidia",
    "note",
    "source",
    "verified",
    "builds",
];

fn order(table: &mut Table) {
    let place = |key: &str| FIELDS.iter().position(|field| *field == key).unwrap_or(FIELDS.len());
    table.sort_values_by(|a, _, b, _| place(a.get()).cmp(&place(b.get())));
}

/// What belongs to the release rather than to a build; told by PyPI's Linux wheel with CUDA.
fn general(release: &mut Table, build: &Build) {
    if !build.from_pypi || build.variant == "cpu" || build.platform.to_string() != "linux-x86_64" {
        return;
    }
    if let Some(python) = &build.requires_python {
        set(release, "requires_python", value(python));
    }
    if let Some(manylinux) = &build.manylinux {
        set(release, "manylinux", value(manylinux));
    }
    match &build.triton {
        Some((specifier, marker)) => {
            set(release, "triton", value(specifier));
            match marker {
                Some(marker) => set(release, "triton_marker", value(marker)),
                None => drop(release.remove("triton_marker")),
            }
        }
        None => drop((release.remove("triton"), release.remove("triton_marker"))),
    }
    if let Some(nccl) = &build.nccl {
        set(release, "nccl", value(nccl));
    }
    let old = release.get("requires_nvidia").and_then(Item::as_array);
    let old: Vec<&str> = old.into_iter().flatten().filter_map(Value::as_str).collect();
    let same = old.len() == build.nvidia.len() && build.nvidia.iter().all(|line| old.contains(&line.as_str()));
    if !same {
        set(release, "requires_nvidia", strings(&build.nvidia));
    }
}

fn strings<T: Display>(items: impl IntoIterator<Item = T>) -> Item {
    value(items.into_iter().map(|item| item.to_string()).collect::<Array>())
}

/// The fields of a build in the order of the file.
const BUILD_FIELDS: [&str; 16] = [
    "variant",
    "platform",
    "sass",
    "ptx",
    "partial",
    "toolkit",
    "cudnn",
    "python",
    "manylinux",
    "index",
    "pypi_default",
    "published",
    "basis",
    "unknown",
    "note",
    "source",
];

/// Writes a build. `python` is for which versions there are wheels, where they are not those of the release; nothing to keep what is said.
/// `manylinux` is its tag, where that is not the release's.
fn put_build(builds: &mut Array, build: &Build, python: Option<&[String]>, manylinux: Option<&str>) {
    let platform = build.platform.to_string();
    let is = |table: &InlineTable| {
        let text = |key: &str| table.get(key).and_then(Value::as_str);
        text("variant") == Some(&build.variant) && text("platform") == Some(&platform)
    };
    let position = builds.iter().position(|row| row.as_inline_table().is_some_and(is));
    let position = position.unwrap_or_else(|| {
        let mut table = InlineTable::new();
        table.insert("variant", build.variant.as_str().into());
        table.insert("platform", platform.as_str().into());
        let mut row = Value::InlineTable(table);
        row.decor_mut().set_prefix("\n  ");
        builds.push_formatted(row);
        builds.set_trailing("\n");
        builds.set_trailing_comma(true);
        builds.len() - 1
    });
    if let Some(table) = builds.get_mut(position).and_then(Value::as_inline_table_mut) {
        fill(table, build);
        match python {
            Some([]) => drop(table.remove("python")),
            Some(python) => drop(table.insert("python", Value::Array(python.iter().map(String::as_str).collect()))),
            None => {}
        }
        match manylinux {
            Some(tag) if table.get("manylinux").and_then(Value::as_str) == Some(tag) => {}
            Some(tag) => drop(table.insert("manylinux", tag.into())),
            None => drop(table.remove("manylinux")),
        }
        let place = |key: &str| BUILD_FIELDS.iter().position(|field| *field == key).unwrap_or(BUILD_FIELDS.len());
        table.sort_values_by(|a, _, b, _| place(a.get()).cmp(&place(b.get())));
        table.fmt();
    }
}

fn fill(table: &mut InlineTable, build: &Build) {
    let list = |targets: &std::collections::BTreeSet<gpucheck::facts::Target>| -> Value {
        Value::Array(targets.iter().map(ToString::to_string).collect())
    };
    let mut put = |key: &str, new: Option<Value>| {
        if let Some(new) = new {
            match table.get_mut(key) {
                Some(old) if old.to_string().trim() == new.to_string().trim() => {}
                Some(old) => {
                    let decor = old.decor().clone();
                    *old = new;
                    *old.decor_mut() = decor;
                }
                None => drop(table.insert(key, new)),
            }
        }
    };
    let text = |text: &Option<String>| text.as_ref().map(|text| Value::from(text.as_str()));
    put("sass", build.sass.as_ref().map(list));
    put("ptx", build.ptx.as_ref().map(list));
    put("partial", build.partial.as_ref().map(list));
    put("toolkit", text(&build.toolkit));
    put("cudnn", text(&build.cudnn));
    put("index", Some(format!("whl/{}", build.variant).into()));
    if build.from_pypi {
        put("pypi_default", Some(true.into()));
        put("published", Some("pypi".into()));
    } else {
        put("published", Some("url".into()));
    }
    put("basis", Some("measured".into()));
    if build.sass.is_some() {
        table.remove("unknown");
    }
    let sources = table.entry("source").or_insert_with(|| Value::Array(Array::new()));
    if let Some(sources) = sources.as_array_mut()
        && !sources.iter().any(|key| key.as_str() == Some(SOURCE))
    {
        sources.push(SOURCE);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use gpucheck::knowledge::Files;

    use super::*;

    const FILE: &str = r#"# Releases.

[sources]
kb-verify = "wheels" # read

[[release]]
version = "2.15.0"   # the newest
released = "2026-10-28"
python = ["3.11", "3.12"]
requires_python = ">=3.11"
manylinux = "manylinux_2_28"
triton = "~=3.9.0"
triton_marker = "python_version < \"3.16\""
nccl = "2.30.7"
requires_nvidia = ["nvidia-nccl-cu13==2.30.7"]
source = ["kb-verify"]
verified = "2026-11-21"
builds = [
  # What PyPI gives.
  { variant = "cu132", platform = "linux-x86_64", sass = ["75", "120"], ptx = [], partial = ["90a"], toolkit = "13.2.2", index = "whl/cu132", pypi_default = true, published = "pypi", basis = "measured", source = ["kb-verify"] },
]

# Every night.
[[nightly]]
variant = "cu132"
"#;

    fn build(version: &str, variant: &str, platform: &str) -> Build {
        let targets = |list: &[&str]| Some(list.iter().map(|target| target.parse().unwrap()).collect());
        Build {
            version: version.to_owned(),
            variant: variant.to_owned(),
            platform: platform.parse().unwrap(),
            sass: targets(&["75", "120"]),
            ptx: targets(&[]),
            partial: targets(&["90a"]),
            toolkit: Some("13.2.2".to_owned()),
            cudnn: None,
            nccl: Some("2.30.7".to_owned()),
            nvidia: vec!["nvidia-nccl-cu13==2.30.7".to_owned()],
            triton: Some(("~=3.9.0".to_owned(), Some("python_version < \"3.16\"".to_owned()))),
            requires_python: Some(">=3.11".to_owned()),
            manylinux: Some("manylinux_2_28".to_owned()),
            from_pypi: true,
        }
    }

    fn put(build: &Build, released: Option<&str>, python: &[&str]) -> anyhow::Result<String> {
        let mut file = TorchFile::parse(FILE)?;
        let python: Vec<PythonVersion> = python.iter().map(|python| python.parse().unwrap()).collect();
        file.put(build, "2026-11-26", released, &python)?;
        Ok(file.text())
    }

    #[test]
    fn a_row_that_is_right_stays_as_it_is_written() {
        let text = put(&build("2.15.0", "cu132", "linux-x86_64"), None, &["3.11", "3.12"]).unwrap();
        assert_eq!(text, FILE.replace("verified = \"2026-11-21\"", "verified = \"2026-11-26\""));
    }

    #[test]
    fn what_changed_is_written_and_the_rest_stays() {
        let mut changed = build("2.15.0", "cu132", "linux-x86_64");
        changed.sass = Some(["75", "90", "120"].iter().map(|target| target.parse().unwrap()).collect());
        changed.nccl = Some("2.31.0".to_owned());
        let text = put(&changed, None, &[]).unwrap();
        let expected = FILE
            .replace("sass = [\"75\", \"120\"]", "sass = [\"75\", \"90\", \"120\"]")
            .replace("nccl = \"2.30.7\"", "nccl = \"2.31.0\"")
            .replace("2026-11-21", "2026-11-26");
        assert_eq!(text, expected);
    }

    #[test]
    fn a_build_is_added_behind_the_others() {
        let mut other = build("2.15.0", "cpu", "windows-x86_64");
        (other.sass, other.ptx, other.partial, other.toolkit) = (None, None, None, None);
        let text = put(&other, None, &["3.11"]).unwrap();
        let row = "\n  { variant = \"cpu\", platform = \"windows-x86_64\", python = [\"3.11\"], index = \"whl/cpu\", pypi_default = true, \
                   published = \"pypi\", basis = \"measured\", source = [\"kb-verify\"] },\n]\n";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("# What PyPI gives.\n  { variant = \"cu132\""), "{text}");
    }

    #[test]
    fn a_release_is_added_in_its_place() {
        let place = |version: &str| {
            let text = put(&build(version, "cu132", "linux-x86_64"), Some("2026-11-20"), &["3.12"]).unwrap();
            assert!(text.starts_with("# Releases.\n\n[sources]\nkb-verify = \"wheels\" # read\n"), "{text}");
            assert!(text.ends_with("\n# Every night.\n[[nightly]]\nvariant = \"cu132\"\n"), "{text}");
            text.find(&format!("version = \"{version}\"")).unwrap() > text.find("version = \"2.15.0\"").unwrap()
        };
        assert!(place("2.16.0") && !place("2.9.1"));
        let error = put(&build("2.16.0", "cu132", "linux-x86_64"), None, &["3.12"]).unwrap_err().to_string();
        assert!(error.contains("--released"), "{error}");
    }

    #[test]
    fn what_is_written_is_the_row_that_an_answer_rests_on() {
        let mut cpu = build("2.15.0", "cpu", "windows-x86_64");
        (cpu.sass, cpu.ptx, cpu.partial, cpu.toolkit) = (None, None, None, None);
        for one in [build("2.15.0", "cu132", "linux-aarch64"), cpu] {
            let text = put(&one, None, &["3.12"]).unwrap();
            let (rows, _) = text.split_once("# Every night.").unwrap();
            let mut files = Files::default();
            files.add("torch.toml", "torch.toml", rows).unwrap();
            let release = files.torch.unwrap().release.remove(0);
            let written = release.builds.iter().find(|row| row.platform == one.platform).unwrap();
            assert_eq!(*written, one.row(written.python.clone(), None, SOURCE));
        }
    }

    #[test]
    fn companions_stand_where_they_belong() {
        let mut file = TorchFile::parse(FILE).unwrap();
        file.companion("2.15.0", "torchvision", "0.29.2", "2026-11-26").unwrap();
        let text = file.text();
        assert!(text.contains("manylinux = \"manylinux_2_28\"\ntorchvision = \"0.29.2\"\ntriton"), "{text}");
        assert!(file.companion("2.16.0", "torchvision", "0.30.0", "2026-11-26").is_err());
    }
}
