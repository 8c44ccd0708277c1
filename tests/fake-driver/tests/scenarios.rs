//! Every scenario of the test suite can be read, and a wrong one says what is wrong.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use fake_driver::Scenario;

#[test]
fn every_scenario_is_one() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios");
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let scenario = Scenario::parse(&fs::read_to_string(&path).unwrap());
        assert!(scenario.is_ok(), "{}: {scenario:?}", path.display());
        read += 1;
    }
    assert!(read >= 30, "{read} scenarios");
}

#[test]
fn a_wrong_scenario_is_refused() {
    let wrong =
        |text: &str| Scenario::parse(&format!("driver_version = \"1\"\ncuda_version = 12080\n{text}")).unwrap_err();
    assert!(wrong("colour = 1").contains("colour"));
    assert!(wrong("[errors]\ncuInitt = 1").contains("cuInitt"));
    assert!(wrong("hang = [\"nvmlInit\"]").contains("nvmlInit"));
    let device = "[[device]]\nname = \"GPU\"\ncc = [9, 0]\nmemory = 8\nuuid = \"ab\"\npci = \"0000:01:00.0\"\npci_device = \"2330\"";
    assert!(wrong(device).contains("uuid"));
}
