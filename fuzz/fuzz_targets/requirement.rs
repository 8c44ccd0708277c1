#![no_main]

use libfuzzer_sys::fuzz_target;

// PEP 508: a requirement, its marker, and versions held against it.
use gpucheck::python::{Marker, MarkerEnvironment, Requirement};

fuzz_target!(|text: &str| {
    let environment = MarkerEnvironment::new("3.12".parse().ok(), "linux-x86_64".parse().ok());
    if let Ok(requirement) = text.parse::<Requirement>() {
        for version in ["2.7.1+cu126", "3.0.0.dev20260101", text] {
            let _ = requirement.accepts(version);
        }
        if let Some(marker) = requirement.marker {
            let _ = marker.eval(&environment, Some("dev"));
        }
    }
    if let Ok(marker) = text.parse::<Marker>() {
        let _ = marker.eval(&environment, None);
    }
});
