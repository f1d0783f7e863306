//! Tells the programs what they were built from.

use std::process::Command;
use std::{env, fs};

fn main() {
    let rustc = env::var("RUSTC").expect("cargo sets RUSTC");
    let output = Command::new(rustc).arg("--version").output().expect("rustc runs, or nothing is built");
    println!("cargo::rustc-env=RUSTC_VERSION={}", String::from_utf8_lossy(&output.stdout).trim());
    let lock = fs::read_to_string("../Cargo.lock").expect("Cargo.lock is part of the sources");
    for (crate_name, variable) in [("tonic", "TONIC_VERSION"), ("mio", "MIO_VERSION")] {
        let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("\nname = \"{crate_name}\"\n")));
        let version = entry.and_then(|entry| entry.split('"').nth(3)).expect("each is in Cargo.lock");
        println!("cargo::rustc-env={variable}={version}");
    }
    println!("cargo::rerun-if-changed=../Cargo.lock");
}
