//! How is a delivery sent again by hand?
//! Stories of replays.

mod replay_by_hand;
