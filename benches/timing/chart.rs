//! A bar chart as SVG, on a logarithmic scale.

use std::{fmt::Write, time::Duration};

const LEFT: f64 = 330.0;
const WIDTH: f64 = 560.0;
const BAR: f64 = 26.0;

/// The chart: a bar for each label, those of gpucheck in another colour.
pub fn svg(title: &str, rows: &[(String, Duration)]) -> String {
    let height = 70.0 + BAR * rows.len() as f64;
    // From a tenth of a millisecond to a hundred seconds: six decades.
    let place = |time: f64| ((time.log10() + 4.0) / 6.0).clamp(0.0, 1.0) * WIDTH;
    let mut out = String::new();
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{height}" font-family="sans-serif" font-size="13">"#,
        LEFT + WIDTH + 90.0
    );
    let _ = writeln!(
        out,
        r#"<rect width="100%" height="100%" fill="white"/><text x="10" y="22" font-size="15">{}</text>"#,
        escaped(title)
    );
    for (decade, label) in ["0.1 ms", "1 ms", "10 ms", "0.1 s", "1 s", "10 s", "100 s"].iter().enumerate() {
        let x = LEFT + WIDTH * decade as f64 / 6.0;
        let bottom = height - 26.0;
        let _ = writeln!(
            out,
            "<line x1=\"{x}\" x2=\"{x}\" y1=\"34\" y2=\"{bottom}\" stroke=\"#ddd\"/><text x=\"{x}\" y=\"{}\" fill=\"#666\" text-anchor=\"middle\">{label}</text>",
            height - 8.0
        );
    }
    for (index, (label, time)) in rows.iter().enumerate() {
        let y = 38.0 + BAR * index as f64;
        let colour = if label.starts_with("gpucheck") { "#2a7d3f" } else { "#9aa0a6" };
        let width = place(time.as_secs_f64()).max(1.0);
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text><rect x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"18\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{}\">{}</text>",
            LEFT - 8.0,
            y + 14.0,
            escaped(label),
            LEFT + width + 6.0,
            y + 14.0,
            super::seconds(*time)
        );
    }
    out.push_str("</svg>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
