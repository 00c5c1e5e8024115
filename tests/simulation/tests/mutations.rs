//! The list of rules that are broken on purpose stays true to the code: `just mutations` finds each in its place.

use std::path::Path;

use simulation::checker::FLOORS;

#[test]
fn every_mutation_finds_its_place_exactly_once() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list: toml::Table = std::fs::read_to_string(here.join("mutations.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let mutations = list["mutation"].as_array().unwrap();
    assert!((10..=16).contains(&mutations.len()));
    for mutation in mutations {
        let text = |key: &str| mutation[key].as_str().unwrap();
        let source = std::fs::read_to_string(here.join("../..").join(text("file"))).unwrap();
        assert_eq!(source.matches(text("from")).count(), 1, "{}", text("name"));
        assert_ne!(text("from"), text("to"), "{}", text("name"));
        let expects = mutation["expects"].as_array().unwrap();
        assert!(!expects.is_empty(), "{}", text("name"));
        for check in expects {
            let known = FLOORS.iter().any(|(name, _)| Some(*name) == check.as_str());
            assert!(known, "{}: no check is called {check}", text("name"));
        }
    }
}
