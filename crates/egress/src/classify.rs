//! Why did a request get no answer?
//! Error classification: the stable error class, found by the types in the error's chain of sources. Error texts are
//! never searched, because they change with every release of a library.

use std::error::Error;
use std::io;

use domain::policy::outcome::ErrorClass;
use tokio::time::error::Elapsed;

use crate::informational::TooMuchInformational;
use crate::resolver::ResolveError;

/// The class of a request that ended with `error`.
pub(crate) fn classify(error: &(dyn Error + 'static)) -> ErrorClass {
    first_class(error).unwrap_or(ErrorClass::Unknown)
}

/// The class of the outermost error that has one.
fn first_class(error: &(dyn Error + 'static)) -> Option<ErrorClass> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(class) = class_of(error) {
            return Some(class);
        }
        cause = error.source();
    }
    None
}

fn class_of(error: &(dyn Error + 'static)) -> Option<ErrorClass> {
    if let Some(error) = error.downcast_ref::<ResolveError>() {
        return Some(match error {
            ResolveError::Blocked => ErrorClass::BlockedAddress,
            ResolveError::LookupFailed(_) | ResolveError::NoAddress => ErrorClass::DnsError,
        });
    }
    if error.is::<rustls::Error>() {
        return Some(ErrorClass::TlsError);
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return class_of_hyper(error);
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return class_of_io(error);
    }
    if error.is::<TooMuchInformational>() {
        return Some(ErrorClass::ResponseInvalid);
    }
    // Connecting took too long.
    if error.is::<Elapsed>() {
        return Some(ErrorClass::Timeout);
    }
    None
}

fn class_of_hyper(error: &hyper::Error) -> Option<ErrorClass> {
    if error.is_parse() {
        return Some(ErrorClass::ResponseInvalid);
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return Some(ErrorClass::ConnectionReset);
    }
    None
}

fn class_of_io(error: &io::Error) -> Option<ErrorClass> {
    // `io::Error::source` skips the error that it wraps, and TLS errors arrive wrapped in one.
    if let Some(inner) = error.get_ref()
        && let Some(class) = first_class(inner)
    {
        return Some(class);
    }
    match error.kind() {
        io::ErrorKind::TimedOut => Some(ErrorClass::Timeout),
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => Some(ErrorClass::ConnectionRefused),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => Some(ErrorClass::ConnectionReset),
        _ => None,
    }
}
