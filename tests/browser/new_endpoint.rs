//! Where does a refused form say what is wrong?
//! Validation beside the field: nothing that was typed is lost.
