//! How is a delivery sent again by hand?
//! Replays of one delivery, of one event or of a window.

mod missed;
pub mod replay_delivery;
pub mod replay_window;
