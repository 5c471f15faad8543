//! What does one see of an endpoint that fails, until it works again?
//! List, detail, a sentence for each attempt, replay.
