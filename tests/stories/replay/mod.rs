//! How is a delivery sent again by hand?
//! Stories of replays.

mod at_once;
mod replay_by_hand;
