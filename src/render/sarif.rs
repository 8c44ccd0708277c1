//! SARIF 2.1.0, which code scanning services and editors read: the rules with their pages, and a result for each problem.
//!
//! Format: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. Paths are relative to the root of the project; fingerprints
//! are those of the findings, which no line is part of.

use serde_json::{Value, json};

use super::ci::{Ci, details, opened, title};
use crate::{
    finding::{FileChange, Finding, Fix, Severity},
    report::{Place, Problem, Problems},
    rules, text,
};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What stands where a secret was: a change with it must not be applied.
const REDACTED: &str = "[redacted]";

/// The log, as JSON.
pub(super) fn render(problems: &Problems<'_>, ci: &Ci<'_>) -> anyhow::Result<String> {
    let mut slugs: Vec<&str> = Vec::new();
    for problem in &problems.list {
        if !slugs.contains(&problem.finding.rule) {
            slugs.push(problem.finding.rule);
        }
    }
    let rules: Vec<Value> = slugs.iter().map(|slug| rule(slug, ci)).collect();
    let results: Vec<Value> = problems.list.iter().map(|problem| result(problem, problems, &slugs, ci)).collect();
    let notes = problems.open.iter().map(|open| {
        let level = if ci.fails_open(open) { "error" } else { "note" };
        json!({ "level": level, "message": { "text": opened(open, problems) } })
    });
    let mut driver = json!({
        "name": "gpucheck",
        "version": problems.version,
        "semanticVersion": problems.version,
        "rules": rules,
    });
    if let Some(home) = repository() {
        put(&mut driver, "informationUri", home.into());
    }
    super::json::render(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "automationDetails": { "id": format!("gpucheck/{}/", problems.command) },
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notes.collect::<Vec<_>>() }],
            "results": results,
        }],
    }))
}

/// Where the project is at home, once its manifest says so.
fn repository() -> Option<&'static str> {
    Some(env!("CARGO_PKG_REPOSITORY")).filter(|home| home.starts_with("https://"))
}

fn put(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

/// A rule with its page. The address of its page is that in the repository, else the first of its sources that has one.
fn rule(slug: &str, ci: &Ci<'_>) -> Value {
    let page = (ci.page)(slug).map(|page| text::guard(&page, false).into_owned());
    let mut rule = json!({ "id": slug });
    if let Some(entry) = rules::find(slug) {
        put(&mut rule, "defaultConfiguration", json!({ "level": level(entry.rule.severity) }));
    }
    let Some(page) = page else { return rule };
    // The title is the heading; viewers show the slug themselves.
    let body = page.split_once("\n\n").map_or(page.as_str(), |(_, body)| body);
    let first = body.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let short = first.split_once(". ").map_or(first.clone(), |(sentence, _)| format!("{sentence}."));
    put(&mut rule, "shortDescription", json!({ "text": short }));
    put(&mut rule, "fullDescription", json!({ "text": first }));
    put(&mut rule, "help", json!({ "text": page, "markdown": page }));
    let help = match repository() {
        Some(home) => Some(format!("{home}/blob/main/docs/rules/{slug}.md")),
        None => address(&page).map(str::to_owned),
    };
    if let Some(help) = help {
        put(&mut rule, "helpUri", help.into());
    }
    rule
}

/// The first address on a page.
fn address(page: &str) -> Option<&str> {
    let start = page.find("https://")?;
    let rest = page.get(start..)?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+=%".contains(c)));
    Some(rest.get(..end.unwrap_or(rest.len()))?.trim_end_matches(['.', ':', '?', '!', '\'', '*']))
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(problem: &Problem<'_>, of: &Problems<'_>, slugs: &[&str], ci: &Ci<'_>) -> Value {
    let finding = problem.finding;
    let location = match problem.place {
        Some(place) => json!({ "physicalLocation": physical(&place, ci) }),
        None => json!({ "logicalLocations": [{ "fullyQualifiedName": logical(finding) }] }),
    };
    let message = format!("{}\n{}", title(problem), details(problem, of).join("\n"));
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": slugs.iter().position(|slug| *slug == finding.rule),
        "level": level(problem.severity),
        "message": { "text": message },
        "locations": [location],
        "partialFingerprints": { "gpucheck/v1": finding.fingerprint },
    });
    let fixes: Vec<Value> = finding.fixes.iter().filter_map(|one| fix(one, ci)).collect();
    if !fixes.is_empty() {
        put(&mut result, "fixes", fixes.into());
    }
    if !problem.targets.is_empty() {
        put(&mut result, "properties", json!({ "targets": problem.targets }));
    }
    result
}

/// What a finding outside of files is about.
fn logical(finding: &Finding) -> String {
    let name = finding.environment.as_deref().filter(|name| !name.is_empty());
    text::visible(name.unwrap_or(&finding.subject)).into_owned()
}

fn physical(place: &Place<'_>, ci: &Ci<'_>) -> Value {
    let mut physical = json!({ "artifactLocation": artifact(place.path, ci) });
    if let Some(part) = place.part {
        let mut region = json!({ "startLine": part.line, "startColumn": part.column });
        if let Some(end) = part.end_column {
            put(&mut region, "endColumn", end.into());
        }
        put(&mut physical, "region", region);
    }
    physical
}

/// A file by its address: relative to the root of the project, absolute where it is outside.
fn artifact(path: &str, ci: &Ci<'_>) -> Value {
    let path = ci.path(path);
    let drive = cfg!(windows) && path.as_bytes().get(1..3) == Some(b":/");
    match path.starts_with('/') || drive {
        true => json!({ "uri": format!("file:///{}", encoded(path.trim_start_matches('/'))) }),
        false => json!({ "uri": encoded(&path), "uriBaseId": "%SRCROOT%" }),
    }
}

/// A path as part of an address (RFC 3986): what is not plain is written as its bytes. A colon would make a scheme of the first part.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            byte => out += &format!("%{byte:02X}"),
        }
    }
    out
}

/// A fix that changes lines of files, as what is taken out and what takes its place.
fn fix(fix: &Fix, ci: &Ci<'_>) -> Option<Value> {
    let lines = || fix.changes.iter().flat_map(|change| change.old.iter().chain(&change.new));
    if fix.changes.is_empty() || lines().any(|line| line.contains(REDACTED)) {
        return None;
    }
    let mut files: Vec<(&str, Vec<Value>)> = Vec::new();
    for change in &fix.changes {
        match files.iter_mut().find(|(path, _)| *path == change.path) {
            Some((_, replacements)) => replacements.push(replacement(change)),
            None => files.push((&change.path, vec![replacement(change)])),
        }
    }
    let changes = files
        .into_iter()
        .map(|(path, replacements)| json!({ "artifactLocation": artifact(path, ci), "replacements": replacements }));
    Some(json!({
        "description": { "text": text::visible(&fix.summary) },
        "artifactChanges": changes.collect::<Vec<_>>(),
    }))
}

fn replacement(change: &FileChange) -> Value {
    let text = change.new.join("\n");
    let count = u32::try_from(change.old.len()).unwrap_or(u32::MAX);
    match (change.old.last(), change.new.is_empty()) {
        // Lines that take the place of others leave the last one's end as it is.
        (Some(last), false) => json!({
            "deletedRegion": {
                "startLine": change.line,
                "startColumn": 1,
                "endLine": change.line.saturating_add(count - 1),
                "endColumn": last.chars().count() + 1,
            },
            "insertedContent": { "text": text },
        }),
        (Some(_), true) => json!({
            "deletedRegion": {
                "startLine": change.line,
                "startColumn": 1,
                "endLine": change.line.saturating_add(count),
                "endColumn": 1,
            },
        }),
        (None, _) => json!({
            "deletedRegion": { "startLine": change.line, "startColumn": 1, "endColumn": 1 },
            "insertedContent": { "text": text + "\n" },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_no_more_than_a_path() {
        assert_eq!(encoded("a b/100%\n:#?é.txt"), "a%20b/100%25%0A%3A%23%3F%C3%A9.txt");
        let ci = Ci::default();
        assert_eq!(artifact("x:y/z.txt", &ci)["uri"], "x%3Ay/z.txt");
        assert_eq!(artifact("javascript:alert(1)", &ci)["uri"], "javascript%3Aalert%281%29");
        assert_eq!(artifact("/etc/x", &ci)["uri"], "file:///etc/x");
    }

    #[test]
    fn lines_are_taken_out_and_put_in() {
        let change = |old: &[&str], new: &[&str]| {
            let all = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
            replacement(&FileChange { path: "f".to_owned(), line: 3, old: all(old), new: all(new) })
        };
        let replaced = change(&["ab", "cdé"], &["x"]);
        assert_eq!(replaced["deletedRegion"], json!({"startLine": 3, "startColumn": 1, "endLine": 4, "endColumn": 4}));
        assert_eq!(replaced["insertedContent"]["text"], "x");
        let removed = change(&["ab"], &[]);
        assert_eq!(removed["deletedRegion"], json!({"startLine": 3, "startColumn": 1, "endLine": 4, "endColumn": 1}));
        let added = change(&[], &["x", "y"]);
        assert_eq!(added["deletedRegion"], json!({"startLine": 3, "startColumn": 1, "endColumn": 1}));
        assert_eq!(added["insertedContent"]["text"], "x\ny\n");
    }

    #[test]
    fn the_first_address_of_a_page_is_found() {
        assert_eq!(address("see <https://a.example/x?y=1>."), Some("https://a.example/x?y=1"));
        assert_eq!(address("see https://a.example/x."), Some("https://a.example/x"));
        assert_eq!(address("see no address"), None);
    }
}
