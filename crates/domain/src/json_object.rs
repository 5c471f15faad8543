//! How is a JSON value read as an object only?
//! Strict deserialization: an array is refused where an object is expected.
//!
//! serde also accepts an array for a struct, with one element per member in the order of their declaration. A caller
//! who sends an array has made a mistake.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Reads an object, and refuses any other JSON value; for `#[serde(deserialize_with)]`.
///
/// # Errors
/// The deserializer's error, when the value is not an object, or the object is not a valid `T`.
pub fn only_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(Object(PhantomData))
}

/// The same, or `null`, which is none.
///
/// # Errors
/// As for [`only_object`].
pub fn only_object_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let object: Option<OnlyObject<T>> = Deserialize::deserialize(deserializer)?;
    Ok(object.map(|OnlyObject(value)| value))
}

struct OnlyObject<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OnlyObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        only_object(deserializer).map(Self)
    }
}

struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}
