//! `/v1/webhook-endpoints/{we}/deliveries`: an endpoint's deliveries, and one with all its attempts.

use api::deliveries::{Delivery, DeliveryDetail, DeliveryQuery};
use axum::Json;
use axum::extract::State;
use axum::http::header::LINK;
use axum::http::{HeaderName, Uri};
use domain::id::{DeliveryId, EndpointId, SortableId as _};
use domain::problem::Problem;
use http_kit::{Caller, Id, Query};
use usecases::manage::listing::{Anchor, Rows, Span};
use usecases::manage::management::Management;
use usecases::manage::read_deliveries::{DeliveryListing, list_deliveries, read_delivery};

use crate::v1::Answer;

/// Rows when the caller does not say.
const DEFAULT_LIMIT: usize = 20;

/// List the deliveries of an endpoint
///
/// A bare array, newest first. When there are more deliveries, the header `Link` has the query of the next page, even of a
/// page that is short or empty. With `after` it has that of the previous page as well.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{endpoint}/deliveries",
    operation_id = "list_deliveries",
    tag = "Deliveries",
    params(DeliveryQuery),
    responses((status = 200, description = "A page of deliveries.", body = Vec<Delivery>,
        headers(("Link" = Option<String>, description = "The query of the next page, `rel=\"next\"`, and with `after` that of the previous page, `rel=\"prev\"` (RFC 8288); none on the last page.")))),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Query(query): Query<DeliveryQuery>,
    Id(endpoint): Id<EndpointId>,
    uri: Uri,
) -> Answer<(Option<[(HeaderName, String); 1]>, Json<Vec<Delivery>>)> {
    let DeliveryQuery { workspace_id: _, status, event_type, event_id, since, until, limit, before, after } =
        query;
    let anchor = match (before, after) {
        (None, None) => Anchor::First,
        (Some(before), None) => Anchor::After(before),
        // `after` leaves out its delivery, the anchor does not.
        (None, Some(after)) => Anchor::UpTo(after.successor()),
        (Some(_), Some(_)) => {
            return Err(Problem::invalid("after", "cannot be combined with `before`").into());
        }
    };
    let listing = DeliveryListing {
        endpoint,
        statuses: status.0,
        types: event_type.0,
        event: event_id,
        span: Span { since, until },
        rows: Rows { anchor, limit: limit.map_or(DEFAULT_LIMIT, |limit| limit.rows()) },
    };
    let page = list_deliveries(&management, &caller, listing).await?;
    // Backwards, the boundary need not be a delivery's id; the last delivery of the page says the same.
    let last = page.rows.last().filter(|_| after.is_some()).map(|delivery| delivery.id);
    let next = page.next.map(|next| link(&uri, "before", last.unwrap_or(next), "next"));
    // A caller that pages forwards only, as all did once, takes an answer without a link for the last page.
    let previous = page.previous.filter(|_| after.is_some());
    let previous = previous.map(|previous| link(&uri, "after", previous.predecessor(), "prev"));
    let links: Vec<_> = next.into_iter().chain(previous).collect();
    let links = (!links.is_empty()).then(|| [(LINK, links.join(", "))]);
    Ok((links, Json(page.rows.into_iter().map(Delivery::from).collect())))
}

/// The same list, before or after `id`, as RFC 8288 has it.
fn link(uri: &Uri, parameter: &str, id: DeliveryId, relation: &str) -> String {
    let asked = uri.query().unwrap_or_default().split('&');
    let kept = asked.filter(|parameter| {
        !parameter.is_empty() && !parameter.starts_with("before=") && !parameter.starts_with("after=")
    });
    let query: Vec<String> = kept.map(str::to_owned).chain([format!("{parameter}={id}")]).collect();
    format!("<?{}>; rel=\"{relation}\"", query.join("&"))
}

/// Read a delivery
///
/// The delivery with all its attempts.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}",
    operation_id = "read_delivery",
    tag = "Deliveries",
    responses((status = 200, description = "The delivery and its attempts.", body = DeliveryDetail)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
    Id(delivery): Id<DeliveryId>,
) -> Answer<Json<DeliveryDetail>> {
    let (delivery, attempts) = read_delivery(&management, &caller, endpoint, delivery).await?;
    Ok(Json(DeliveryDetail::of(delivery, attempts)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::timestamp::Timestamp;

    #[test]
    fn a_link_to_another_page_asks_the_same_question() {
        let id = DeliveryId::new(Timestamp::from_millis(0), 1);
        for (asked, expected) in [
            ("/d", format!("<?before={id}>; rel=\"next\"")),
            (
                "/d?limit=5&before=wd_x&status=failed",
                format!("<?limit=5&status=failed&before={id}>; rel=\"next\""),
            ),
            ("/d?after=wd_x&limit=5", format!("<?limit=5&before={id}>; rel=\"next\"")),
        ] {
            assert_eq!(link(&asked.parse().unwrap(), "before", id, "next"), expected);
        }
    }
}
