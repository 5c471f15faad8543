//! `/v1/webhook-endpoints/{we}/deliveries`: an endpoint's deliveries, and one with all its attempts.

use api::deliveries::{Delivery, DeliveryDetail, DeliveryQuery};
use axum::Json;
use axum::extract::State;
use axum::http::header::LINK;
use axum::http::{HeaderName, Uri};
use domain::id::{DeliveryId, EndpointId};
use http_kit::{Caller, Id, Query};
use usecases::manage::listing::Span;
use usecases::manage::management::Management;
use usecases::manage::read_deliveries::{DeliveryListing, list_deliveries, read_delivery};

use crate::v1::Answer;

/// Rows when the caller does not say.
const DEFAULT_LIMIT: usize = 20;

/// List the deliveries of an endpoint
///
/// A bare array, newest first. When there are more deliveries, the header `Link` has the query of the next page, even of a
/// page that is short or empty.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{endpoint}/deliveries",
    operation_id = "list_deliveries",
    tag = "Deliveries",
    params(DeliveryQuery),
    responses((status = 200, description = "A page of deliveries.", body = Vec<Delivery>,
        headers(("Link" = Option<String>, description = "The query of the next page (RFC 8288); none on the last page.")))),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Query(query): Query<DeliveryQuery>,
    Id(endpoint): Id<EndpointId>,
    uri: Uri,
) -> Answer<(Option<[(HeaderName, String); 1]>, Json<Vec<Delivery>>)> {
    let DeliveryQuery { workspace_id: _, status, event_type, event_id, since, until, limit, before } = query;
    let listing = DeliveryListing {
        endpoint,
        status,
        types: event_type.0,
        event: event_id,
        span: Span { since, until },
        before,
        limit: limit.map_or(DEFAULT_LIMIT, |limit| limit.rows()),
    };
    let page = list_deliveries(&management, &caller, listing).await?;
    let next = page.next.map(|next| [(LINK, next_link(&uri, next))]);
    Ok((next, Json(page.rows.into_iter().map(Delivery::from).collect())))
}

/// The same list, before `next`, as RFC 8288 has it.
fn next_link(uri: &Uri, next: DeliveryId) -> String {
    let asked = uri.query().unwrap_or_default().split('&');
    let kept = asked.filter(|parameter| !parameter.is_empty() && !parameter.starts_with("before="));
    let query: Vec<String> = kept.map(str::to_owned).chain([format!("before={next}")]).collect();
    format!("<?{}>; rel=\"next\"", query.join("&"))
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
    fn the_link_to_the_next_page_asks_the_same_question() {
        let next = DeliveryId::new(Timestamp::from_millis(0), 1);
        for (asked, expected) in [
            ("/d", format!("<?before={next}>; rel=\"next\"")),
            (
                "/d?limit=5&before=wd_x&status=failed",
                format!("<?limit=5&status=failed&before={next}>; rel=\"next\""),
            ),
        ] {
            assert_eq!(next_link(&asked.parse().unwrap(), next), expected);
        }
    }
}
