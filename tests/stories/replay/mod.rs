//! How is something sent again by hand?

mod replay_by_hand;
