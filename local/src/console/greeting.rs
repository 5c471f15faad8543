//! What does `cargo local` print when it is ready?
//! Four lines to use it, and what to do next.

use embedded_aws::Durability;

use crate::first_run::Beginnings;
use crate::options::Options;

/// The text; `url` is the API's, `console` that of the console. `received` if the built-in receiver has an endpoint in the workspace.
pub(crate) fn greeting(
    options: &Options,
    (url, console): (&str, &str),
    beginnings: &Beginnings,
    received: bool,
) -> String {
    let (key, workspace) = (beginnings.admin_key.reveal(), beginnings.workspace);
    let next = match received {
        true => "Send an event. The built-in receiver takes it, and each delivery is one line here:",
        false => "Send an event to your endpoints; each delivery is one line here:",
    };
    format!(
        "Posthorn {version} on {url}, {kept}{strict}\n\
         API key    {key}\n\
         workspace  {workspace}\n\
         console    {console}\n\n\
         {next}\n\n  \
         curl -sS {url}/v1/events -H 'X-API-Key: {key}' \\\n    \
         -d '{{\"workspace_id\":\"{workspace}\",\"type\":\"invoice.paid\",\"data\":{{\"amount\":4200}}}}'\n\n\
         Where everything is: curl {url}/   Stop: Ctrl-C\n\n",
        version = env!("CARGO_PKG_VERSION"),
        kept = kept(options),
        strict = if options.strict { ", strict: endpoints need https and a public address" } else { "" },
    )
}

/// Where the data is, and what it survives.
fn kept(options: &Options) -> String {
    let folder = options.data.display();
    match (options.memory, options.durability()) {
        (true, _) => "data in memory only".to_owned(),
        (false, Durability::Full) => format!("data in {folder}, a 202 survives a power cut"),
        (false, Durability::Relaxed) => {
            format!("data in {folder}, relaxed: a 202 survives a killed process, not a power cut")
        }
    }
}
