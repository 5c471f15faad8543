//! Is every delivery of the demo as it must be?
//! A reconciliation report: it compares the ledgers of the API with the requests that the receivers saw.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Table};
use domain::timestamp::Timestamp;
use serde_json::Value;

use super::Sent;
use super::receivers::{Behaviour, Receiver, Seen};

/// The API's record of one event at one endpoint.
#[derive(Debug)]
pub(crate) struct Fate {
    event_id: String,
    endpoint_id: String,
    status: String,
    reason: Option<String>,
    attempts: u64,
    millis: Option<u64>,
}

impl Fate {
    pub(crate) fn read(event_id: &str, row: &Value) -> Self {
        let text = |name: &str| row[name].as_str().map(str::to_owned);
        let instant = |name: &str| row[name].as_str().and_then(|text| Timestamp::parse(text).ok());
        let took = instant("delivered_at").zip(instant("created_at"));
        let millis = took.map(|(end, start)| end.since(start).as_millis());
        Self {
            event_id: event_id.to_owned(),
            endpoint_id: text("endpoint_id").unwrap_or_default(),
            status: text("status").unwrap_or_default(),
            reason: text("reason").or_else(|| text("cancel_reason")).or_else(|| text("last_error")),
            attempts: row["attempts"].as_u64().unwrap_or(0),
            millis: millis.map(|millis| u64::try_from(millis).unwrap_or(u64::MAX)),
        }
    }

    pub(crate) fn attempts(&self) -> u64 {
        self.attempts
    }

    pub(crate) fn is_settled(&self) -> bool {
        !matches!(self.status.as_str(), "pending" | "retrying" | "parked")
    }

    /// Whether this is the expected result at such a receiver.
    fn is_right(&self, behaviour: Behaviour) -> bool {
        let reason = self.reason.as_deref();
        match (behaviour, self.status.as_str()) {
            (Behaviour::Healthy, "delivered") => self.attempts == 1,
            (Behaviour::Flaky, "delivered") => self.attempts == 3,
            // The first delivery gets the 410; deliveries under way at that moment are cancelled.
            (Behaviour::Gone, "failed") => self.attempts == 1 && reason == Some("endpoint_gone"),
            (Behaviour::Gone, "cancelled") => self.attempts == 0 && reason == Some("endpoint_disabled"),
            (Behaviour::Gone, "skipped") => reason == Some("disabled"),
            _ => false,
        }
    }
}

/// The verdict on the whole demo.
#[derive(Debug)]
pub(crate) struct Report {
    rows: Vec<Row>,
    events: usize,
    deliveries: usize,
    lost: usize,
    unsigned: usize,
    altered: usize,
    doubled: usize,
}

#[derive(Debug)]
struct Row {
    event: String,
    endpoint: &'static str,
    status: String,
    attempts: u64,
    /// The status of each answer, in order.
    answers: String,
    millis: Option<u64>,
    right: bool,
}

impl Report {
    pub(crate) fn new(sent: &[Sent], fates: &[Fate], receivers: &[Receiver]) -> Self {
        let mut report = Self {
            rows: Vec::new(),
            events: sent.len(),
            deliveries: 0,
            lost: 0,
            unsigned: 0,
            altered: 0,
            doubled: 0,
        };
        for event in sent {
            for receiver in receivers {
                let endpoint_id = receiver.endpoint_id();
                let seen = receiver.seen();
                let seen: Vec<_> = seen.iter().filter(|seen| seen.event_id == event.id).collect();
                let same = |fate: &&Fate| fate.event_id == event.id && fate.endpoint_id == endpoint_id;
                let fate = fates.iter().find(same);
                let attempts = fate.map_or(0, |fate| fate.attempts);
                let requests = u64::try_from(seen.len()).unwrap_or(u64::MAX);
                let right = fate.is_some_and(|fate| fate.is_right(receiver.behaviour()));

                report.lost += usize::from(!right || requests < attempts);
                report.doubled += usize::from(requests > attempts);
                report.unsigned += seen.iter().filter(|seen| !seen.signed).count();
                let unchanged = |data: &Option<String>| data.as_deref() == Some(event.sample.data.get());
                let same_type = |name: &Option<String>| name.as_ref() == Some(&event.sample.event_type);
                report.altered +=
                    seen.iter().filter(|seen| !unchanged(&seen.data) || !same_type(&seen.event_type)).count();
                report.deliveries += usize::from(fate.is_some_and(|fate| fate.status == "delivered"));
                report.rows.push(Row {
                    event: event.sample.event_type.clone(),
                    endpoint: receiver.behaviour().name(),
                    status: fate.map_or_else(|| "lost".to_owned(), describe),
                    attempts,
                    answers: answers(&seen),
                    millis: fate.and_then(|fate| fate.millis),
                    right,
                });
            }
        }
        // An event that a receiver saw but the demo did not send would be in no row above.
        let strangers = receivers
            .iter()
            .flat_map(Receiver::seen)
            .filter(|seen| sent.iter().all(|event| event.id != seen.event_id))
            .count();
        report.doubled += strangers;
        report
    }

    pub(crate) fn is_right(&self) -> bool {
        self.lost + self.unsigned + self.altered + self.doubled == 0
    }

    pub(crate) fn table(&self) -> String {
        let mut table = Table::new();
        table
            .load_style(NOTHING)
            .set_header(["", "event", "endpoint", "status", "attempts", "answers", "ms"]);
        for index in [4, 6] {
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut last = "";
        for row in &self.rows {
            let event = if row.event == last { "" } else { &row.event };
            last = &row.event;
            table.add_row([
                Cell::new(if row.right { "ok" } else { "WRONG" }),
                Cell::new(event),
                Cell::new(row.endpoint),
                Cell::new(&row.status),
                Cell::new(row.attempts),
                Cell::new(&row.answers),
                Cell::new(row.millis.map_or_else(|| "-".to_owned(), |millis| millis.to_string())),
            ]);
        }
        let lines: Vec<_> = table.to_string().lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }

    pub(crate) fn summary(&self) -> String {
        let verdict = if self.is_right() { "All as it should be." } else { "Something went wrong." };
        format!(
            "\n{} events, {} deliveries: {} lost, {} unsigned, {} altered, {} sent twice without cause.\n{verdict}\n",
            self.events, self.deliveries, self.lost, self.unsigned, self.altered, self.doubled
        )
    }
}

fn answers(seen: &[&Seen]) -> String {
    let statuses: Vec<String> = seen.iter().map(|seen| seen.answer.as_u16().to_string()).collect();
    if statuses.is_empty() { "-".to_owned() } else { statuses.join(", ") }
}

fn describe(fate: &Fate) -> String {
    match &fate.reason {
        Some(reason) => format!("{} ({reason})", fate.status),
        None => fate.status.clone(),
    }
}
