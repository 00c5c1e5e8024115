//! Rebuilds when an embedded file changes.

fn main() {
    println!("cargo:rerun-if-changed=../migrations/outlet-controller");
    println!("cargo:rerun-if-changed=devices");
    println!("cargo:rerun-if-changed=panels");
}
