//! Is the console usable on a phone, in the dark, enlarged, without motion?
//! 390 px, dark, 200 % zoom, prefers-reduced-motion.
