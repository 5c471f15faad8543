//! How is something sent again by hand? One delivery, one event or a window.

pub mod replay_delivery;
pub mod replay_window;
