//! What the Rust peers share: the workload's resources and their marks, the control port, the flags.

pub mod control;
pub mod listen;
pub mod messages;
pub mod options;
pub mod program;
pub mod snapshot;
pub mod versions;

/// Ends the program when what it was given or needs from the machine is not there.
pub fn fail(peer: &str, reason: &str, code: i32) -> ! {
    eprintln!("{peer}: {reason}");
    std::process::exit(code)
}
