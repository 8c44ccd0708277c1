#![no_main]

use libfuzzer_sys::fuzz_target;

// What the child that asks the driver says.
use gpucheck::probe::live::Message;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = serde_json::from_slice::<Message>(bytes) {
        let text = serde_json::to_vec(&message).unwrap();
        assert_eq!(serde_json::from_slice::<Message>(&text).unwrap(), message);
    }
});
