//! The figures as a picture: a bar of CPU time for each subject, and a line for each floor.

use std::fmt::Write;

use crate::report::{Report, Row};
use crate::subject::Call;

const WIDTH: f64 = 900.0;
const NAMES: f64 = 210.0;
const FIGURES: f64 = 60.0;
const TOP: f64 = 70.0;
const BAR: f64 = 22.0;

/// The chart as SVG; empty where there are no figures of CPU time.
pub fn svg(report: &Report) -> String {
    let bars: Vec<(&Row, f64)> = report.rows.iter().filter_map(|row| Some((row, row.warm.cpu_us?))).collect();
    let most = bars.iter().map(|(_, cpu)| *cpu).fold(1.0, f64::max);
    let scale = (WIDTH - NAMES - FIGURES) / most;
    let bottom = TOP + BAR * bars.len() as f64;
    let mut svg = format!(
        concat!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" "##,
            r##"font-size="13"><rect width="100%" height="100%" fill="#fff"/>"##,
            r##"<text x="10" y="24" font-size="16">CPU time per warm invocation, microseconds</text>"##,
            "\n"
        ),
        width = WIDTH,
        height = bottom + 20.0,
    );
    for (index, (row, cpu)) in bars.iter().enumerate() {
        let y = TOP + BAR * index as f64;
        let fill = if row.subject.is_floor() { "#9aa5b1" } else { "#2f6f9f" };
        let _ = writeln!(
            svg,
            concat!(
                r##"<text x="{names}" y="{text_y}" text-anchor="end">{name}</text>"##,
                r##"<rect x="{left}" y="{y}" width="{width:.1}" height="{height}" fill="{fill}"/>"##,
                r##"<text x="{right:.1}" y="{text_y}">{cpu:.0}</text>"##
            ),
            names = NAMES - 8.0,
            text_y = y + 15.0,
            name = row.name,
            left = NAMES,
            y = y + 3.0,
            width = cpu * scale,
            height = BAR - 6.0,
            fill = fill,
            right = NAMES + cpu * scale + 6.0,
            cpu = cpu,
        );
    }
    let floor = |call| report.floor(call).and_then(|row| row.warm.cpu_us);
    if let Some((constant, item)) = floor(Call::Constant).zip(floor(Call::GetItem)) {
        let floors = [("constant", constant), ("one request", item), ("two requests", 2.0 * item - constant)];
        for (name, cpu) in floors.into_iter().filter(|(_, cpu)| *cpu <= most) {
            let _ = writeln!(
                svg,
                concat!(
                    r##"<line x1="{x:.1}" y1="{top}" x2="{x:.1}" y2="{bottom}" stroke="#c2410c" stroke-dasharray="4 3"/>"##,
                    r##"<text x="{x:.1}" y="{name_y}" text-anchor="middle" fill="#c2410c">{name}</text>"##
                ),
                x = NAMES + cpu * scale,
                top = TOP - 6.0,
                bottom = bottom,
                name_y = TOP - 14.0,
                name = name,
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}
