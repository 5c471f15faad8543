//! Do the adapters agree with a file of vectors?
//! Runs every row of a JSON file through its provider's adapter, under the row's clock and certificate, and prints each
//! disagreement: `cargo run -p inbound --example vectors -- FILE`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: vectors FILE");
        return ExitCode::from(2);
    };
    let run = std::fs::read_to_string(&path).map_err(|error| error.to_string());
    let run = run.and_then(|json| providers::vectors::run(&json).map_err(|error| error.to_string()));
    let results = match run {
        Ok(results) => results,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            return ExitCode::from(2);
        }
    };
    let failed = results.iter().filter_map(|result| Some((&result.id, result.disagreement.as_ref()?)));
    let failed: Vec<_> = failed.collect();
    for (id, disagreement) in &failed {
        println!("{id}: {disagreement}");
    }
    println!("{} passed, {} failed", results.len() - failed.len(), failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
