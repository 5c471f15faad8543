//! How does the API show what several functions ask for?
//! What a use case found, as the shape that its routes and an agent's tools answer with.

use api::deliveries::SkippedStatus;
use api::explanations::{Explanation, Recorded, Verdict};
use api::page::Page;
use api::workspace_deliveries::{
    ListedStatus, SearchedDeliveries, SkippedDelivery, WorkspaceDeliveryFilter, WorkspaceDeliveryPage,
    WorkspaceDeliveryRow,
};
use domain::delivery::DeliveryStatus;
use usecases::manage::explain_event::ExplainedEvent;
use usecases::manage::listing::{ListPage, Rows, Span};
use usecases::manage::workspace_deliveries::{Listed, Position, Searched, WorkspaceFilter, WorkspaceListing};

/// The explanation of an event at an endpoint.
pub fn explanation(explained: ExplainedEvent) -> Explanation {
    let ExplainedEvent { event, endpoint, explanation, recorded, delivery, changed_since } = explained;
    let decides = explanation.as_ref().filter(|explanation| !explanation.verdicts.is_empty());
    let passes = decides.map(|explanation| explanation.passes());
    let (verdicts, forwarded_by) =
        explanation.map(|explanation| (explanation.verdicts, explanation.forwarded_by)).unwrap_or_default();
    Explanation {
        event_id: event.id,
        endpoint_id: endpoint,
        event_type: event.event_type,
        channels: event.channels,
        passes,
        rules: verdicts.into_iter().map(Verdict::from).collect(),
        forwarded_by: forwarded_by.into_iter().map(Into::into).collect(),
        recorded: recorded.map(Recorded::from),
        changed_since,
        delivery: delivery.map(Into::into),
    }
}

/// The list of a workspace's deliveries that a filter asks for.
pub fn listing(filter: WorkspaceDeliveryFilter, rows: Rows<Position>) -> WorkspaceListing {
    let WorkspaceDeliveryFilter { workspace_id, status, endpoint_id, event_type, error, since, until } =
        filter;
    let mut statuses: Vec<DeliveryStatus> = Vec::new();
    for status in status.0.iter().filter_map(|status| status.of_delivery()) {
        if !statuses.contains(&status) {
            statuses.push(status);
        }
    }
    let filter = WorkspaceFilter {
        statuses,
        skipped: status.0.contains(&ListedStatus::Skipped),
        endpoint: endpoint_id,
        types: event_type.0,
        errors: error.0,
    };
    WorkspaceListing { workspace: workspace_id, filter, span: Span { since, until }, rows }
}

/// A page of that list.
pub fn delivery_page((page, searched): (ListPage<Listed, Position>, Searched)) -> WorkspaceDeliveryPage {
    let Searched { deliveries, back_to } = searched;
    let rows = page.rows.into_iter().map(delivery_row);
    WorkspaceDeliveryPage {
        page: Page::of(rows, page.next, page.previous),
        searched: SearchedDeliveries { deliveries, back_to },
    }
}

fn delivery_row(row: Listed) -> WorkspaceDeliveryRow {
    match row {
        Listed::Delivery(delivery) => WorkspaceDeliveryRow::Delivery((*delivery).into()),
        Listed::Skipped { endpoint, event, event_type, reason } => {
            WorkspaceDeliveryRow::Skipped(SkippedDelivery {
                endpoint_id: endpoint,
                event_id: event,
                event_type,
                status: SkippedStatus::Skipped,
                reason,
                created_at: event.time(),
            })
        }
    }
}
