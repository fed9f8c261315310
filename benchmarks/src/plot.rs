//! The report at a glance: an SVG.
//!
//! Above, copies: the ratio over the size. Below, calls and life cycles: a bar for each peer,
//! to the right of 1.0 where ours is faster, to the left where the peer is.

use std::error::Error;
use std::ops::Range;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Result;
use crate::harness::Outcome;
use crate::report::{Row, Section};

/// The groups that are drawn, as ranges of the sections.
#[derive(Default)]
pub(crate) struct Plot {
    copies: Range<usize>,
    calls: Range<usize>,
    lives: Range<usize>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

const WIDTH: i32 = 1200;
const MARGIN: i32 = 24;
const COPIES_HEIGHT: i32 = 400;
const LEGEND_HEIGHT: i32 = 64;
const BAR: i32 = 7;
/// Between rows, and between sections.
const GAPS: [i32; 2] = [6, 40];

/// What the bars show; beyond it a number says more.
const RATIOS: Range<f64> = 0.75..1.25;

const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
const COLOURS: [RGBColor; 10] = [
    RGBColor(0x1b, 0x6c, 0xa8),
    RGBColor(0xe0, 0x7b, 0x00),
    RGBColor(0x2e, 0x8b, 0x57),
    RGBColor(0xb0, 0x3a, 0x5b),
    RGBColor(0x7d, 0x5b, 0xa6),
    RGBColor(0x8c, 0x6d, 0x31),
    RGBColor(0x17, 0xa2, 0xa2),
    RGBColor(0x99, 0x99, 0x99),
    RGBColor(0xc4, 0x9c, 0x00),
    RGBColor(0x5a, 0x5a, 0x5a),
];

impl Plot {
    pub(crate) fn add(&mut self, group: &str, sections: Range<usize>) {
        match group {
            "copies" => self.copies = sections,
            "calls" => self.calls = sections,
            "lives" => self.lives = sections,
            _ => {}
        }
    }

    pub(crate) fn draw(&self, sections: &[Section], file: &str) -> Result<()> {
        let of_copies = &sections[self.copies.clone()];
        let columns = [
            &sections[self.calls.clone()],
            // Ours against ours is no comparison with a peer.
            &sections[self.lives.clone()],
        ]
        .map(|sections| {
            sections
                .iter()
                .filter(|section| has_peers(section))
                .collect::<Vec<_>>()
        });
        let copies_height = if of_copies.is_empty() {
            0
        } else {
            COPIES_HEIGHT
        };
        let bars_height = columns.iter().map(|column| height(column)).max();
        let bars_height = match bars_height.unwrap_or(0) {
            0 => 0,
            height => LEGEND_HEIGHT + height,
        };
        let size = (
            WIDTH as u32,
            (copies_height + bars_height + 2 * MARGIN) as u32,
        );
        let root = SVGBackend::new(file, size).into_drawing_area();
        root.fill(&WHITE)?;
        let inner = root.margin(MARGIN, MARGIN, MARGIN, MARGIN);
        let (above, below) = inner.split_vertically(copies_height);
        if !of_copies.is_empty() {
            copies(&above, of_copies)?;
        }
        if bars_height > 0 {
            bars(&below, &columns)?;
        }
        Ok(root.present()?)
    }
}

fn has_peers(section: &Section) -> bool {
    let mut rows = section.rows.iter();
    rows.any(|row| row.outcomes.iter().any(|outcome| outcome.target.is_some()))
}

/// Text of a size in pixels, with a corner or an edge of it where it is put.
fn text(pixels: i32, colour: RGBColor, (h, v): (HPos, VPos)) -> TextStyle<'static> {
    TextStyle {
        font: (FONT, pixels).into_font(),
        color: colour.to_backend_color(),
        pos: Pos::new(h, v),
    }
}

const START: (HPos, VPos) = (HPos::Left, VPos::Center);
const CENTRE: (HPos, VPos) = (HPos::Center, VPos::Center);
const END: (HPos, VPos) = (HPos::Right, VPos::Center);

// Copies.

fn copies(area: &Area<'_>, sections: &[Section]) -> Result<()> {
    let (width, _) = area.dim_in_pixel();
    let (left, right) = area.split_horizontally(width / 2);
    for (panel, direction) in [
        (left, "Out of shared memory"),
        (right, "Into shared memory"),
    ] {
        let of_alignment = |alignment| {
            let title = format!("{direction}, {alignment}");
            sections.iter().find(move |section| section.title == title)
        };
        let alignments = ["aligned", "unaligned"];
        let found = alignments.map(|alignment| of_alignment(alignment).map(|it| (alignment, it)));
        direction_of_copies(&panel, direction, &found)?;
    }
    Ok(())
}

/// One panel. The peers that targets are about are drawn, each with both alignments.
fn direction_of_copies(
    panel: &Area<'_>,
    direction: &str,
    alignments: &[Option<(&str, &Section)>],
) -> Result<()> {
    let sizes = 8.0..(256_u64 << 20) as f64;
    let mut chart = ChartBuilder::on(panel)
        .caption(
            format!("{direction}: speed against a peer (above 1.0: rawshm is faster)"),
            text(15, INK, START),
        )
        .margin(8)
        .x_label_area_size(36)
        .y_label_area_size(44)
        .build_cartesian_2d(sizes.clone().log_scale().base(4.0), 0.6..2.0)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .x_labels(14)
        .y_labels(8)
        .x_label_formatter(&|&bytes| short_size(bytes))
        .y_label_formatter(&|ratio| format!("{ratio:.1}"))
        .x_label_style(text(12, INK, CENTRE))
        .y_label_style(text(12, INK, END))
        .draw()?;
    let even = [(sizes.start, 1.0), (sizes.end, 1.0)];
    chart.draw_series(LineSeries::new(even, INK.stroke_width(2)))?;
    let mut series = 0;
    for &(alignment, section) in alignments.iter().flatten() {
        for peer in ["memcpy", "vm-memory"] {
            // A copy is clipped to the panel; a number beyond would say no more.
            let points = section.rows.iter().filter_map(|row| {
                let outcome = row.outcomes.iter().find(|outcome| outcome.name == peer)?;
                Some((row.bytes? as f64, outcome.ratio.median.clamp(0.6, 2.0)))
            });
            let colour = COLOURS[series % COLOURS.len()];
            let style = colour.stroke_width(if peer == "memcpy" { 3 } else { 1 });
            chart
                .draw_series(LineSeries::new(points, style))?
                .label(format!("{alignment}, against {peer}"))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
            series += 1;
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(GRID)
        .label_font(text(12, INK, START))
        .draw()?;
    Ok(())
}

fn short_size(bytes: f64) -> String {
    let bytes = bytes.round() as u64;
    match bytes {
        0..0x400 => format!("{bytes} B"),
        0x400..0x10_0000 => format!("{} K", bytes >> 10),
        _ => format!("{} M", bytes >> 20),
    }
}

// Bars.

/// The peers that are drawn in a row.
fn peers(row: &Row) -> impl Iterator<Item = &Outcome> {
    row.outcomes.iter().skip(1)
}

fn row_height(row: &Row) -> i32 {
    (peers(row).count() as i32 * BAR).max(2 * BAR) + GAPS[0]
}

fn height(sections: &[&Section]) -> i32 {
    let of_section =
        |section: &&Section| section.rows.iter().map(row_height).sum::<i32>() + GAPS[1];
    sections.iter().map(of_section).sum()
}

/// Where things are in a column of bars.
struct Column<'a> {
    area: Area<'a>,
    /// Where ratios begin and end.
    bars: Range<i32>,
}

impl Column<'_> {
    fn x(&self, ratio: f64) -> i32 {
        let part =
            (ratio.clamp(RATIOS.start, RATIOS.end) - RATIOS.start) / (RATIOS.end - RATIOS.start);
        self.bars.start + (part * f64::from(self.bars.end - self.bars.start)) as i32
    }
}

fn bars(area: &Area<'_>, columns: &[Vec<&Section>; 2]) -> Result<()> {
    let mut names: Vec<&str> = Vec::new();
    for row in columns.iter().flatten().flat_map(|section| &section.rows) {
        for peer in peers(row) {
            if !names.contains(&peer.name) {
                names.push(peer.name);
            }
        }
    }
    let colour = |name: &str| {
        let index = names.iter().position(|known| *known == name);
        COLOURS[index.unwrap_or(0) % COLOURS.len()]
    };

    let (legend, below) = area.split_vertically(LEGEND_HEIGHT);
    let title = "Calls and life cycles: speed against each peer (right of 1.0: rawshm is faster; \
                 pale: the peer does less)";
    legend.draw_text(title, &text(15, INK, START), (0, 14))?;
    let mut x = 0;
    for name in &names {
        let square = [(x, 38), (x + 12, 50)];
        legend.draw(&Rectangle::new(square, colour(name).filled()))?;
        let label = plain(name);
        legend.draw_text(&label, &text(12, INK, START), (x + 17, 44))?;
        x += 17 + label.len() as i32 * 6 + 20;
    }

    let (width, _) = below.dim_in_pixel();
    let (left, right) = below.split_horizontally(width / 2);
    for (area, sections) in [left, right].into_iter().zip(columns) {
        let (width, _) = area.dim_in_pixel();
        let column = Column {
            area,
            bars: 230..width as i32 - 40,
        };
        column_of_bars(&column, sections, &colour)?;
    }
    Ok(())
}

fn column_of_bars(
    column: &Column<'_>,
    sections: &[&Section],
    colour: &dyn Fn(&str) -> RGBColor,
) -> Result<()> {
    let area = &column.area;
    let mut y = 0;
    for section in sections {
        let heading = text(14, INK, START);
        area.draw_text(&plain(&section.title), &heading, (0, y + 14))?;
        let top = y + GAPS[1] - 12;
        let bottom = y + height(&[section]) - GAPS[0];
        for ratio in [0.8, 0.9, 1.0, 1.1, 1.2] {
            let style = if ratio == 1.0 { INK } else { GRID };
            let x = column.x(ratio);
            area.draw(&PathElement::new([(x, top), (x, bottom)], style))?;
            let label = text(10, INK, CENTRE);
            area.draw_text(&format!("{ratio:.1}"), &label, (x, top - 7))?;
        }
        y += GAPS[1];
        for row in &section.rows {
            let middle = y + (row_height(row) - GAPS[0]) / 2;
            let place = (column.bars.start - 8, middle);
            area.draw_text(&plain(&row.label), &text(11, INK, END), place)?;
            for (index, peer) in peers(row).enumerate() {
                bar(column, y + index as i32 * BAR, peer, colour(peer.name))?;
            }
            y += row_height(row);
        }
    }
    Ok(())
}

/// From 1.0 to the median, and a line over the middle half.
fn bar(
    column: &Column<'_>,
    y: i32,
    peer: &Outcome,
    colour: RGBColor,
) -> Result<(), Box<dyn Error>> {
    let ratio = peer.ratio;
    let (one, end) = (column.x(1.0), column.x(ratio.median));
    // One that does less work pales.
    let colour = colour.mix(if peer.target.is_some() { 1.0 } else { 0.35 });
    // One that is as fast shall be seen as well.
    let corners = [(one.min(end) - 1, y), (one.max(end) + 1, y + BAR - 1)];
    column
        .area
        .draw(&Rectangle::new(corners, colour.filled()))?;
    let middle = y + BAR / 2 - 1;
    let half = [
        (column.x(ratio.lower), middle),
        (column.x(ratio.upper), middle),
    ];
    column.area.draw(&PathElement::new(half, INK.mix(0.6)))?;
    if !RATIOS.contains(&ratio.median) {
        // On the other side of the line, where there is room.
        let (place, edge) = if ratio.median < 1.0 {
            (one + 4, START)
        } else {
            (one - 4, END)
        };
        let label = text(9, INK, edge);
        let number = format!("{:.2}", ratio.median);
        column.area.draw_text(&number, &label, (place, middle))?;
    }
    Ok(())
}

/// Without Markdown.
fn plain(label: &str) -> String {
    label.replace(['`', '\\'], "")
}
