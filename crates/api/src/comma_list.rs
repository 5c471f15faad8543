//! How does a query parameter name several values?
//! Separated by commas, each as it would stand alone.

use serde::de::IntoDeserializer;
use serde::{Deserialize, Deserializer};

/// Reads the values of a parameter.
pub(crate) fn read<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    text.split(',').map(|value| T::deserialize(value.into_deserializer())).collect()
}

/// A parameter that names several values of a type.
macro_rules! comma_list {
    ($(#[$doc:meta])* $name:ident of $value:ty, written by $text:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $name(pub Vec<$value>);

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let texts: Vec<String> = self.0.iter().map($text).collect();
                serializer.serialize_str(&texts.join(","))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::comma_list::read(deserializer).map(Self)
            }
        }
    };
}

pub(crate) use comma_list;
