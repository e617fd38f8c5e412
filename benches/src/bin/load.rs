//! Puts a server under load and says what that took. See `benches/README.md`.

use std::io;
use std::process::ExitCode;

use order_events_benches::load::options::{Options, USAGE};
use order_events_benches::load::server::Server;
use order_events_benches::load::{machine, scenario};

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprint!("load: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> io::Result<()> {
    machine::open_all_files()?;
    let server = match options.port.zip(options.pid) {
        Some((port, pid)) => Server::running(port, pid),
        None => Server::start(&options.command, options.port, &options.server_cores)?,
    };
    machine::pin(&[options.load_core])?;
    let report = scenario::run(options, &server)?;
    print!("{report}");
    println!("{}", report.json());
    Ok(())
}
