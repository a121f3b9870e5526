use std::path::Path;

/// Fails where a file or folder beside a suite's `main.rs` is no module of it: it would be left out of the tests without a
/// word. `main` is what stands in that file.
#[track_caller]
pub fn assert_all_are_modules(folder: impl AsRef<Path>, main: &str) {
    let entries = std::fs::read_dir(folder).expect("the suite's folder").map(|entry| entry.expect("an entry").path());
    let names: Vec<_> = entries.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    assert!(names.iter().any(|name| name == "main"), "the folder is another one: {names:?}");
    let is_one = |name: &String| name == "main" || main.contains(&format!("\nmod {name};"));
    let left_out: Vec<_> = names.into_iter().filter(|name| !is_one(name)).collect();
    assert!(left_out.is_empty(), "files without a `mod` line: {left_out:?}");
}
