//! Does a list of ten thousand deliveries stay usable?
//! Pages, filters in the address, the back button, rows that arrive.
