//! What becomes of an event that does not fit the catalogue?
//! A workspace's strictness: it is accepted, accepted and counted, or refused.

use serde::{Deserialize, Serialize};

use crate::catalogue::EventTypeDescription;
use crate::event::event_type::EventType;
use crate::problem::{FieldError, Problem};

/// How strict a workspace is with events that producers send. What providers and rules send is not checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Strictness {
    /// Every event is accepted; the catalogue is not read.
    #[default]
    Off,
    /// Every event is accepted, and those that do not fit the catalogue are counted.
    Warn,
    /// Events that do not fit the catalogue are refused.
    Refuse,
}

impl Strictness {
    /// Whether events are not checked.
    pub fn is_off(&self) -> bool {
        *self == Self::Off
    }
}

/// Why an event does not fit the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// Its type is not described; these are the names that are near.
    Undescribed(Vec<EventType>),
    /// Its type is archived.
    Archived,
    /// Its payload does not fit the schema: what is wrong, with pointers that begin with `/data`.
    Mismatch(Vec<FieldError>),
}

/// The kind of a [`Misfit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MisfitKind {
    /// The type is not described.
    Undescribed,
    /// The type is archived.
    Archived,
    /// The payload does not fit the schema.
    Mismatch,
}

impl Misfit {
    /// Whether the type itself may be sent.
    ///
    /// # Errors
    /// A [`Misfit`] of a type that is not described or archived; `near` is asked for names only then.
    pub fn of_type(described: Option<&EventTypeDescription>) -> Result<&EventTypeDescription, Self> {
        match described {
            None => Err(Self::Undescribed(Vec::new())),
            Some(described) if described.settings.archived => Err(Self::Archived),
            Some(described) => Ok(described),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> MisfitKind {
        match self {
            Self::Undescribed(_) => MisfitKind::Undescribed,
            Self::Archived => MisfitKind::Archived,
            Self::Mismatch(_) => MisfitKind::Mismatch,
        }
    }

    /// The problem with which a strict workspace refuses it.
    pub fn problem(self) -> Problem {
        match self {
            Self::Undescribed(near) => Problem::invalid("/type", undescribed(&near)),
            Self::Archived => Problem::invalid(
                "/type",
                "is archived in the catalogue, so this workspace does not accept it",
            ),
            Self::Mismatch(errors) => Problem::Invalid(errors),
        }
    }
}

fn undescribed(near: &[EventType]) -> String {
    let detail = "is not described in the catalogue, so this workspace does not accept it";
    let names: Vec<_> = near.iter().map(|name| format!("`{name}`")).collect();
    match names.is_empty() {
        true => detail.to_owned(),
        false => format!("{detail}; did you mean {}?", names.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::EventTypeSettings;
    use crate::timestamp::Timestamp;

    #[test]
    fn a_type_is_sent_if_it_is_described_and_not_archived() {
        let settings = EventTypeSettings::default();
        let name = EventType::parse("a.b").unwrap();
        let (mut described, _) = EventTypeDescription::new(name, settings, None, Timestamp::from_millis(0));
        assert!(Misfit::of_type(Some(&described)).is_ok());
        assert_eq!(Misfit::of_type(None), Err(Misfit::Undescribed(Vec::new())));
        described.settings.archived = true;
        assert_eq!(Misfit::of_type(Some(&described)), Err(Misfit::Archived));
    }

    #[test]
    fn a_refusal_names_what_may_have_been_meant() {
        let near = ["a.b", "a.c"].map(|text| EventType::parse(text).unwrap());
        let problem = Misfit::Undescribed(near.to_vec()).problem();
        assert!(problem.to_string().ends_with("did you mean `a.b` or `a.c`?"), "{problem}");
        assert!(!Misfit::Undescribed(Vec::new()).problem().to_string().contains("mean"));
    }
}
