//! Doors for the fuzz targets (`fuzz/`) to parsers that are not public. Only there when they are built.

/// Reads the bytes as a kernel module.
pub fn modinfo(bytes: &[u8]) {
    let _ = crate::probe::kernel::modinfo::read(bytes);
}

/// Reads the bytes as an image in an archive, and looks at every file in it.
pub fn image(bytes: &[u8]) {
    crate::image::fuzz(bytes);
}

/// Reads the bytes as a log, whole and in pieces: what is found is the same, and it is bounded.
pub fn log(bytes: &[u8]) {
    let asked =
        ["unsupported gpu architecture", "undefined symbol: ", "no kernel image is available", "cannot open shared"];
    let read = |piece: usize| {
        let mut log = crate::log::Log::new("fuzzed", asked);
        bytes.chunks(piece.max(1)).for_each(|bytes| log.feed(bytes));
        log.finish()
    };
    let facts = read(bytes.len());
    assert!(facts.symptoms.len() <= 1000, "more symptoms than are kept");
    for place in facts.written.values() {
        assert!(place.line >= 1 && place.column >= 1);
    }
    assert_eq!(facts, read(7), "pieces matter");
}

/// Reads a file that asks for software: the first line is its name, the rest what it contains. No other file is there.
pub fn manifest(text: &str) {
    use crate::{
        facts::{Package, RequestPlace},
        manifest::{Choices, Put, Reading, Shelf, edit, excerpt},
        system::Root,
    };
    let (name, content) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(root) = Root::new(None, None) else { return };
    let folder = std::path::PathBuf::from("/nonexistent/fuzzed");
    let mut shelf = Shelf::new(root, folder.clone());
    let choices = Choices { platform: "linux-x86_64".parse().ok(), ..Choices::default() };
    // A name with slashes would lead elsewhere.
    let name = name.replace(['/', '\\'], "");
    let path = folder.join(&name);
    shelf.put(&path, Some(Put { shown: name, text: content.to_owned() }));
    let mut reading = Reading::new(&shelf, &choices);
    reading.named(&path);
    let mut declared = reading.declared();
    for (pointer, place) in &declared.written {
        assert!(place.line >= 1 && place.column >= 1, "{pointer} is nowhere");
        let _ = shelf.again(&place.path).and_then(|text| excerpt(&text, place));
    }
    // Whatever stands there is rewritten, or that is refused.
    for (number, environment) in declared.environments.iter_mut().enumerate() {
        let steps = environment.steps.iter().enumerate();
        let places =
            steps.flat_map(|(step, of)| (0..of.requests.len()).map(move |request| RequestPlace { step, request }));
        for place in places.take(20).collect::<Vec<_>>() {
            let Some(request) = environment.steps.get(place.step).and_then(|step| step.requests.get(place.request))
            else {
                continue;
            };
            let name = request.name.clone();
            environment.packages = vec![Package { request: Some(place), ..Package::unknown(&name, "fuzzed") }];
            let index = Some("https://download.pytorch.org/whl/cu128".to_owned());
            let wanted = edit::Wanted { name: name.clone(), specifiers: "==2.7.1+cu128".to_owned(), index };
            let declaration = edit::Declaration { environment, number, written: &declared.written };
            let _ = edit::ways(&shelf, &declaration, &[wanted], &[]);
            let _ = edit::ways(&shelf, &declaration, &[], &[name]);
        }
    }
}
