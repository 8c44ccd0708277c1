#![no_main]

// A stream of reports in, what is said of many machines out. How the stream comes in pieces changes nothing, no page acts on what shows it,
// and each report is counted. The first byte says how many bytes are read at once.
use std::{
    io::BufReader,
    time::{Instant, SystemTime},
};

use gpucheck::{
    judge::{FleetQuestion, Gathering, Piece, Pieces, Sent},
    knowledge::Knowledge,
    render::{
        Screen,
        fleet::{FleetFormat, render},
    },
};
use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "pages are held here, lines to paste in the target `report`")]
#[path = "../../tests/hostile/holds.rs"]
mod holds;
#[allow(dead_code, reason = "as above")]
#[path = "../../tests/hostile/lexers.rs"]
mod lexers;

/// A piece that is longer is said to be too long.
const LIMIT: usize = 1 << 15;
/// Machines that are told apart cost a judgement each, a few milliseconds.
const MOST: usize = 16;

thread_local! {
    static KNOWLEDGE: Knowledge = Knowledge::builtin().unwrap();
}

fn pieces(stream: &[u8], at_once: usize) -> Vec<Piece> {
    let mut reader = BufReader::with_capacity(at_once, stream);
    Pieces::new(&mut reader, LIMIT).map(|piece| piece.unwrap()).collect()
}

fuzz_target!(|input: &[u8]| {
    let Some((first, stream)) = input.split_first() else { return };
    let all = pieces(stream, 1 << 16);
    assert!(all == pieces(stream, 1 + usize::from(*first)), "the size of a read changes the pieces");
    let sent: Vec<Sent> = all
        .into_iter()
        .take(MOST)
        .enumerate()
        .map(|(number, piece)| Sent {
            name: format!("node{number}"),
            text: match piece {
                Piece::Text(text) => Ok(text),
                Piece::TooLong => Err("too long".to_owned()),
            },
        })
        .collect();
    KNOWLEDGE.with(|knowledge| {
        let question = FleetQuestion { knowledge, expected: &[], group_by: Some("rack"), start: Instant::now() };
        let mut gathering = Gathering::new(question);
        gathering.add(&sent);
        let fleet = gathering.finish();
        assert!(fleet.counts.judged + fleet.counts.unread >= sent.len() as u64, "each report is counted");
        let plain = Screen { width: None, color: false, verbose: 1, quiet: false };
        for screen in [plain, Screen { color: true, width: Some(60), ..plain }] {
            for format in [
                FleetFormat::Human,
                FleetFormat::Json,
                FleetFormat::Markdown,
                FleetFormat::Html,
                FleetFormat::Prometheus,
            ] {
                let page = render(fleet.clone(), format, &screen, SystemTime::UNIX_EPOCH).unwrap();
                holds::harmless(&page, screen.color && format == FleetFormat::Human);
            }
        }
    });
});
