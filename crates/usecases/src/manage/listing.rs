//! Which part of a list does a caller see?
//! Cursor pagination, and a window in time that is cut to what the workspace keeps.

use domain::access::workspace::Workspace;
use domain::event::MAX_ID_AHEAD;
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use store::Window;

/// A page of a list without a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows<P> {
    /// The last row of the page before; `None` for the first page.
    pub after: Option<P>,
    /// The maximum number of rows on the page.
    pub limit: usize,
}

/// A window in time, as a caller asks for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// The first instant.
    pub since: Option<Timestamp>,
    /// The instant after the last.
    pub until: Option<Timestamp>,
}

impl Span {
    /// The window, cut to the retention of `workspace`.
    pub(crate) fn within(self, workspace: &Workspace, now: Timestamp) -> Result<Window, Problem> {
        self.since_oldest(workspace.oldest_kept(now), now)
    }

    /// The window, cut to what is kept, from `oldest` on. A window before that is empty; a window that ends before it begins
    /// is a problem.
    pub(crate) fn since_oldest(self, oldest: Timestamp, now: Timestamp) -> Result<Window, Problem> {
        let Self { since, until } = self;
        if let (Some(since), Some(until)) = (since, until)
            && until <= since
        {
            return Err(Problem::invalid("until", "must be after `since`"));
        }
        let newest = now.plus(MAX_ID_AHEAD);
        let until = until.unwrap_or(newest).min(newest);
        Ok(Window { since: since.unwrap_or(oldest).max(oldest).min(until), until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::WorkspaceId;

    const DAY: i64 = 86_400_000;

    #[test]
    fn a_window_is_cut_to_what_is_kept_and_never_turned_round() {
        let at = |days: i64| Timestamp::from_millis(days * DAY);
        let settings = serde_json::from_str(r#"{"name":"a","retention_days":10}"#).unwrap();
        let workspace = Workspace::new(WorkspaceId::new(at(0), 1), settings, at(0));
        let now = at(100);
        let within = |since, until| Span { since, until }.within(&workspace, now);
        let all = within(None, None).unwrap();
        assert_eq!((all.since, all.until), (at(90), now.plus(MAX_ID_AHEAD)));
        let cut = within(Some(at(1)), Some(at(95))).unwrap();
        assert_eq!((cut.since, cut.until), (at(90), at(95)));
        for over in [within(Some(at(1)), Some(at(2))), within(Some(at(200)), None)] {
            let over = over.unwrap();
            assert!(over.since == over.until);
        }
        assert_eq!(within(Some(at(95)), Some(at(95))).unwrap_err().errors()[0].pointer, "until");
    }
}
