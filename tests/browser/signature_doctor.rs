//! Why does a signature not verify?
//! The signature doctor on requests that were sabotaged.
