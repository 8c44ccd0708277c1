//! One page that needs nothing from elsewhere and runs nothing, to attach to a ticket: a square for each node, what is odd, each cause with its
//! nodes and what mends it.

use std::{collections::BTreeMap, fmt::Write as _, time::SystemTime};

use super::{fixes, in_short, names, odd, other_pools, plural, pool_line, reach, remarks, shown};
use crate::{
    finding::Severity,
    render::junit::{escaped, timestamp},
    report::{Cause, Fleet, Nodes, Verdict},
};

/// Squares on one page.
const MOST: usize = 20_000;

/// The page has no script, and its styles are its own: whatever a report has brought into it loads nothing.
const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<style>\n\
:root{color-scheme:light dark;--e:light-dark(#b3261e,#ff8a80);--w:light-dark(#8a5a00,#ffc14d);--o:light-dark(#1b6e3c,#6fd39a);--d:light-dark(#5f6368,#a0a4a8);--b:light-dark(#f3f4f5,#24272a)}\n\
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem}\n\
h1{font-size:1.3rem}h2,h3{font-size:1rem;margin:1.6rem 0 .4rem;overflow-wrap:anywhere}\n\
p,li{margin:.2rem 0;overflow-wrap:anywhere}ul{padding-left:1.2rem}\n\
.e{color:var(--e)}.w{color:var(--w)}.o{color:var(--o)}.d{color:var(--d)}\n\
.g{display:flex;flex-wrap:wrap;gap:2px;margin:.5rem 0}\n\
.g b{width:1.1rem;height:1.1rem;font:.75rem/1.1rem system-ui,sans-serif;text-align:center;background:var(--b);border-radius:2px}\n\
pre{background:var(--b);padding:.6rem;border-radius:4px;overflow-x:auto;margin:.3rem 0}\n</style>\n";

/// How bad a node is, and what is said of its square.
type Squares = BTreeMap<String, (u8, String)>;

/// The page.
pub(super) fn render(fleet: &Fleet, now: SystemTime) -> String {
    let (mark, class) = match fleet.verdict {
        Verdict::Ok => ("✓", "o"),
        Verdict::Warning => ("!", "w"),
        Verdict::Error => ("✗", "e"),
        Verdict::Unknown => ("?", "w"),
    };
    let short = escaped(&in_short(fleet));
    let mut out = format!("{HEAD}<title>gpucheck: {short}</title>\n<h1>gpucheck merge</h1>\n");
    let _ = writeln!(out, "<p class=\"{class}\">{mark} {short}</p>");
    let _ = writeln!(
        out,
        "<p class=\"d\">{} UTC, gpucheck {}, knowledge of {}</p>",
        timestamp(now).replace('T', " "),
        fleet.version,
        escaped(&fleet.knowledge.date)
    );
    pools(&mut out, fleet);
    for cause in &fleet.causes {
        one(&mut out, fleet, cause);
    }
    let named = |nodes: &Nodes| names(nodes, usize::MAX);
    let remarks = remarks(fleet, &named, usize::MAX);
    if !remarks.is_empty() {
        out += "<h2>Also</h2>\n<ul>\n";
        remarks.iter().for_each(|(mark, _, text)| {
            let _ = writeln!(out, "<li>{mark} {}</li>", escaped(text));
        });
        out += "</ul>\n";
    }
    out
}

/// What is to be said of each node that is not well.
fn squares(fleet: &Fleet) -> Squares {
    let mut squares = Squares::new();
    let mut add = |nodes: &Nodes, rank: u8, text: &str| {
        for name in nodes.each(MOST) {
            let (worst, said) = squares.entry(name).or_default();
            *worst = rank.max(*worst);
            if said.len() < 200 {
                let gap = if said.is_empty() { "" } else { "; " };
                let _ = write!(said, "{gap}{text}");
            }
        }
    };
    for cause in &fleet.causes {
        match cause.finding.severity {
            Severity::Error => add(&cause.nodes, 3, cause.finding.rule),
            Severity::Warning => add(&cause.nodes, 2, cause.finding.rule),
            Severity::Info => {}
        }
    }
    for (one, value) in fleet.pools.iter().flat_map(|pool| pool.odd()) {
        add(&value.nodes, 2, &odd(one, value));
    }
    fleet.undecided.iter().for_each(|one| add(&one.nodes, 1, "not fully checked"));
    squares
}

fn pools(out: &mut String, fleet: &Fleet) {
    let squares = squares(fleet);
    let mut room = MOST;
    for pool in shown(&fleet.pools) {
        let _ = writeln!(out, "<h2>{}: {}</h2>", plural(pool.nodes.count, "node"), escaped(&pool_line(pool)));
        let all = pool.nodes.each(room);
        room -= all.len();
        out.push_str("<div class=\"g\">");
        for name in &all {
            let (rank, said) = squares.get(name).map_or((0, ""), |(rank, said)| (*rank, said.as_str()));
            let (mark, class) = match rank {
                0 => ("✓", "o"),
                1 => ("?", "w"),
                2 => ("!", "w"),
                _ => ("✗", "e"),
            };
            let gap = if said.is_empty() { "" } else { ": " };
            let _ = write!(out, "<b class=\"{class}\" title=\"{}{gap}{}\">{mark}</b>", escaped(name), escaped(said));
        }
        out.push_str("</div>\n");
        let left = pool.nodes.count.saturating_sub(all.len() as u64);
        if left > 0 {
            let _ = writeln!(out, "<p class=\"d\">{} without a square</p>", plural(left, "report"));
        }
        out.push_str("<ul>\n");
        for (one, value) in pool.odd() {
            let (text, count) = (odd(one, value), plural(value.nodes.count, "node"));
            let on = names(&value.nodes, usize::MAX);
            let _ = writeln!(out, "<li class=\"w\">{} on {count}: {}</li>", escaped(&text), escaped(&on));
        }
        out.push_str("</ul>\n");
    }
    if let Some(text) = other_pools(&fleet.pools) {
        let _ = writeln!(out, "<p class=\"d\">{}</p>", escaped(&text));
    }
}

/// A cause.
fn one(out: &mut String, fleet: &Fleet, cause: &Cause) {
    let finding = &cause.finding;
    let (mark, class) = match finding.severity {
        Severity::Error => ("✗", "e"),
        Severity::Warning => ("!", "w"),
        Severity::Info => ("·", "d"),
    };
    let _ =
        writeln!(out, "<h3><span class=\"{class}\">{mark} {}</span>: {}</h3>", finding.rule, escaped(&finding.subject));
    let _ = writeln!(out, "<p>{}</p>", escaped(&finding.summary));
    let _ = writeln!(
        out,
        "<p><strong>{}</strong>: {}</p>",
        plural(cause.nodes.count, "node"),
        escaped(&names(&cause.nodes, usize::MAX))
    );
    for fix in fixes(fleet, cause).filter(|_| finding.severity > Severity::Info) {
        let label = if fix.fix.impossible { "No fix" } else { "Fix" };
        let reach = reach(fix).map(|text| format!(", {text}")).unwrap_or_default();
        let _ = writeln!(out, "<p>{label}: {}{}</p>", escaped(&fix.fix.summary), escaped(&reach));
        let edits = fix.fix.edits.iter().flat_map(|edit| [edit.file, edit.as_str()]);
        let lines = edits.chain(fix.fix.commands.iter().map(|command| command.line.as_str()));
        let lines: Vec<String> = lines.map(escaped).collect();
        if !lines.is_empty() {
            let _ = writeln!(out, "<pre>{}</pre>", lines.join("\n"));
        }
        for text in fix
            .fix
            .unproven
            .iter()
            .map(|text| format!("not verified: {text}"))
            .chain(fix.fix.remains.iter().map(|text| format!("afterwards: {text}")))
        {
            let _ = writeln!(out, "<p class=\"d\">{}</p>", escaped(&text));
        }
    }
}
