//! Does the rule builder make the same rule by mouse and keyboard?
//! Drag and drop, the keyboard and the Move buttons; backtest; watch and live.
