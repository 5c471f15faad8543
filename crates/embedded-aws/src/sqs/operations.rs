//! What does each action do? One function an action, on JSON as AWS's protocol has it.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};

use super::errors::SqsError;
use super::message::{ARN, NewMessage, Received};
use super::storage::{Queue, Receive, Storage};
use super::validation::{
    self, MAX_BATCH, MAX_BYTES, MAX_DELAY_SECONDS, MAX_VISIBILITY_SECONDS, MAX_WAIT_SECONDS, number, redrive,
    seconds,
};

/// SQS's account part of a queue's URL.
pub(super) const ACCOUNT: &str = "000000000000";

/// The name of the queue a request is for: the last part of its URL, so that a restart may move to another port.
pub(super) fn name(request: &Value) -> Result<&str, SqsError> {
    Ok(name_in(request["QueueUrl"].as_str().ok_or_else(|| SqsError::missing("QueueUrl"))?))
}

pub(super) fn name_in(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

fn queue_of(storage: &mut Storage, request: &Value) -> Result<Arc<Queue>, SqsError> {
    queue_named(storage, name(request)?)
}

fn queue_named(storage: &mut Storage, name: &str) -> Result<Arc<Queue>, SqsError> {
    storage.queue(name)?.ok_or_else(SqsError::no_such_queue)
}

impl Queue {
    fn number(&self, name: &str) -> i64 {
        number(&self.attributes[name]).unwrap_or(0)
    }
}

pub(super) fn create_queue(storage: &mut Storage, request: &Value, now: i64) -> Result<String, SqsError> {
    let name = request["QueueName"].as_str().ok_or_else(|| SqsError::missing("QueueName"))?;
    validation::queue_name(name)?;
    let none = Map::new();
    let asked = request["Attributes"].as_object().unwrap_or(&none);
    match queue_named(storage, name) {
        Ok(existing) => {
            let mut wanted = existing.attributes.clone();
            validation::set(&mut wanted, asked)?;
            if wanted != existing.attributes {
                return Err(SqsError::queue_exists());
            }
        }
        Err(error) if error == SqsError::no_such_queue() => {
            let attributes = validation::with_defaults(asked)?;
            storage.save_queue(Queue { name: name.to_owned(), created_at: now, attributes })?;
        }
        Err(error) => return Err(error),
    }
    Ok(name.to_owned())
}

pub(super) fn queue_name(storage: &mut Storage, request: &Value) -> Result<String, SqsError> {
    let name = request["QueueName"].as_str().ok_or_else(|| SqsError::missing("QueueName"))?;
    Ok(queue_named(storage, name)?.name.clone())
}

pub(super) fn queue_attributes(storage: &mut Storage, request: &Value, now: i64) -> Result<Value, SqsError> {
    let queue = queue_of(storage, request)?;
    let counts = storage.counts(&queue.name, now)?;
    let mut all = queue.attributes.clone();
    all.insert("QueueArn".into(), format!("{ARN}{}", queue.name).into());
    all.insert("CreatedTimestamp".into(), (queue.created_at / 1_000).to_string().into());
    all.insert("ApproximateNumberOfMessages".into(), counts.visible.to_string().into());
    all.insert("ApproximateNumberOfMessagesNotVisible".into(), counts.in_flight.to_string().into());
    all.insert("ApproximateNumberOfMessagesDelayed".into(), counts.delayed.to_string().into());
    let names = request["AttributeNames"].as_array().map(Vec::as_slice).unwrap_or_default();
    let wanted = |name: &String| names.iter().any(|asked| asked == "All" || asked.as_str() == Some(name));
    all.retain(|name, _| wanted(name));
    Ok(json!({ "Attributes": all }))
}

pub(super) fn set_queue_attributes(storage: &mut Storage, request: &Value) -> Result<Value, SqsError> {
    let queue = queue_of(storage, request)?;
    let asked = request["Attributes"].as_object().ok_or_else(|| SqsError::missing("Attributes"))?;
    let mut attributes = queue.attributes.clone();
    validation::set(&mut attributes, asked)?;
    storage.save_queue(Queue { name: queue.name.clone(), created_at: queue.created_at, attributes })?;
    Ok(json!({}))
}

pub(super) fn purge_queue(storage: &mut Storage, request: &Value) -> Result<Value, SqsError> {
    let queue = queue_of(storage, request)?;
    storage.purge(&queue.name)?;
    Ok(json!({}))
}

pub(super) fn send_message(storage: &mut Storage, request: &Value, now: i64) -> Result<Value, SqsError> {
    let queue = queue_of(storage, request)?;
    if size(request) > MAX_BYTES {
        return Err(SqsError::invalid_value(
            "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
        ));
    }
    send(storage, &queue, request, now)
}

pub(super) fn send_message_batch(
    storage: &mut Storage,
    request: &Value,
    now: i64,
) -> Result<Value, SqsError> {
    let queue = queue_of(storage, request)?;
    let entries = validation::entries(request)?;
    let bytes = entries.iter().map(size).sum();
    if bytes > MAX_BYTES {
        return Err(SqsError::batch_too_long(bytes));
    }
    Ok(each(entries, |entry| send(storage, &queue, entry, now)))
}

/// What a receive found.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) received: Vec<Received>,
    /// When there is nothing: when the next message becomes visible by itself.
    pub(super) next_visible_at: Option<i64>,
    /// How long the request wants to wait for a message.
    pub(super) wait: Duration,
}

/// Receives what is visible now; an empty answer is an answer.
pub(super) fn receive_message(
    storage: &mut Storage,
    request: &Value,
    now: i64,
    in_flight_limit: usize,
) -> Result<Look, SqsError> {
    let mut receive = receive_of(storage, name(request)?, now, in_flight_limit)?;
    let (name, default) = ("WaitTimeSeconds", receive.queue.number("ReceiveMessageWaitTimeSeconds"));
    let wait = seconds(&request[name], name, default, MAX_WAIT_SECONDS)?;
    let most = number(&request["MaxNumberOfMessages"]).unwrap_or(1);
    let most = usize::try_from(most).ok().filter(|most| (1..=MAX_BATCH).contains(most));
    receive.most = most.ok_or_else(|| {
        SqsError::invalid_value("Value for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.")
    })?;
    let (name, default) = ("VisibilityTimeout", receive.queue.number("VisibilityTimeout"));
    receive.visible_at = now + seconds(&request[name], name, default, MAX_VISIBILITY_SECONDS)? * 1_000;
    look(storage, &receive, Duration::from_secs(wait.unsigned_abs()))
}

/// The receive of one message as the queue's own attributes have it.
pub(super) fn receive_of(
    storage: &mut Storage,
    queue: &str,
    now: i64,
    in_flight_limit: usize,
) -> Result<Receive, SqsError> {
    let queue = queue_named(storage, queue)?;
    Ok(Receive {
        now,
        most: 1,
        visible_at: now + queue.number("VisibilityTimeout") * 1_000,
        oldest: now - queue.number("MessageRetentionPeriod") * 1_000,
        redrive: queue.attributes.get("RedrivePolicy").and_then(Value::as_str).and_then(redrive),
        in_flight_limit,
        queue,
    })
}

pub(super) fn look(storage: &mut Storage, receive: &Receive, wait: Duration) -> Result<Look, SqsError> {
    let received = storage.receive(receive)?;
    let next_visible_at = match received.is_empty() {
        true => storage.next_visible_at(&receive.queue.name, receive.now)?,
        false => None,
    };
    Ok(Look { received, next_visible_at, wait })
}

/// A received message as the protocol writes it, with the system attributes that were asked for.
pub(super) fn message(received: &Received, request: &Value) -> Value {
    let mut attributes = Map::new();
    let asked: Vec<&str> = ["MessageSystemAttributeNames", "AttributeNames"]
        .iter()
        .filter_map(|member| request[*member].as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, value) in received.system_attributes() {
        if asked.contains(&"All") || asked.contains(&name) {
            attributes.insert(name.to_owned(), value.into());
        }
    }

    let mut message = json!({
        "MessageId": received.message_id,
        "ReceiptHandle": received.receipt,
        "Body": received.body,
        "MD5OfBody": md5_hex(received.body.as_bytes()),
    });
    if !attributes.is_empty() {
        message["Attributes"] = Value::Object(attributes);
    }
    let names = request["MessageAttributeNames"].as_array().map(Vec::as_slice).unwrap_or_default();
    let wanted = |name: &str| names.iter().any(|n| n == "All" || n == ".*" || n == name);
    if let Some(Ok(Value::Object(mut all))) = received.message_attributes.as_deref().map(serde_json::from_str)
    {
        all.retain(|name, _| wanted(name));
        if !all.is_empty() {
            message["MD5OfMessageAttributes"] = md5_of_attributes(&all).into();
            message["MessageAttributes"] = Value::Object(all);
        }
    }
    message
}

pub(super) fn delete_message(storage: &mut Storage, request: &Value) -> Result<Value, SqsError> {
    let queue = queue_of(storage, request)?;
    delete(storage, &queue, request)
}

pub(super) fn delete_message_batch(storage: &mut Storage, request: &Value) -> Result<Value, SqsError> {
    let queue = queue_of(storage, request)?;
    let entries = validation::entries(request)?;
    Ok(each(entries, |entry| delete(storage, &queue, entry)))
}

pub(super) fn change_visibility(storage: &mut Storage, request: &Value, now: i64) -> Result<Value, SqsError> {
    let queue = queue_of(storage, request)?;
    change(storage, &queue, request, now)
}

pub(super) fn change_visibility_batch(
    storage: &mut Storage,
    request: &Value,
    now: i64,
) -> Result<Value, SqsError> {
    let queue = queue_of(storage, request)?;
    let entries = validation::entries(request)?;
    Ok(each(entries, |entry| change(storage, &queue, entry, now)))
}

/// Moves a dead-letter queue's messages back. Here it is done when this returns.
pub(super) fn move_messages(
    storage: &mut Storage,
    source_arn: &str,
    target_arn: Option<&str>,
    now: i64,
    new_id: impl Fn() -> String,
) -> Result<i64, SqsError> {
    let name = |arn: &str| arn.rsplit(':').next().unwrap_or_default().to_owned();
    let source = queue_named(storage, &name(source_arn))?;
    let target = target_arn.map(|arn| queue_named(storage, &name(arn))).transpose()?;
    Ok(storage.move_back(&source.name, target.as_ref().map(|queue| queue.name.as_str()), now, new_id)?)
}

fn send(storage: &Storage, queue: &Queue, entry: &Value, now: i64) -> Result<Value, SqsError> {
    let body = entry["MessageBody"].as_str().ok_or_else(|| SqsError::missing("MessageBody"))?;
    validation::body(body)?;
    let default = queue.number("DelaySeconds");
    let delay = seconds(&entry["DelaySeconds"], "DelaySeconds", default, MAX_DELAY_SECONDS)?;
    let group = entry["MessageGroupId"].as_str();
    group.map_or(Ok(()), validation::group)?;
    let attributes = entry["MessageAttributes"].as_object().filter(|attributes| !attributes.is_empty());
    let message = NewMessage {
        message_id: new_message_id(),
        body,
        message_attributes: attributes.map(|attributes| Value::Object(attributes.clone()).to_string()),
        group,
        sent_at: now,
        visible_at: now + delay * 1_000,
    };
    storage.send(&queue.name, &message)?;
    let mut answer = json!({ "MessageId": message.message_id, "MD5OfMessageBody": md5_hex(body.as_bytes()) });
    if let Some(attributes) = attributes {
        answer["MD5OfMessageAttributes"] = md5_of_attributes(attributes).into();
    }
    Ok(answer)
}

fn delete(storage: &mut Storage, queue: &Queue, entry: &Value) -> Result<Value, SqsError> {
    let handle = entry["ReceiptHandle"].as_str().ok_or_else(|| SqsError::missing("ReceiptHandle"))?;
    let id = validation::receipt_handle(handle)?;
    storage.delete_by_receipt(&queue.name, id, handle)?;
    Ok(json!({}))
}

fn change(storage: &mut Storage, queue: &Queue, entry: &Value, now: i64) -> Result<Value, SqsError> {
    let handle = entry["ReceiptHandle"].as_str().ok_or_else(|| SqsError::missing("ReceiptHandle"))?;
    let id = validation::receipt_handle(handle)?;
    if entry["VisibilityTimeout"].is_null() {
        return Err(SqsError::missing("VisibilityTimeout"));
    }
    let name = "VisibilityTimeout";
    let timeout = seconds(&entry[name], name, 0, MAX_VISIBILITY_SECONDS)?;
    let received_at =
        storage.received_at(&queue.name, id, handle, now)?.ok_or_else(SqsError::not_in_flight)?;
    let visible_at = now + timeout * 1_000;
    if visible_at > received_at + MAX_VISIBILITY_SECONDS * 1_000 {
        let message = format!(
            "Value {timeout} for parameter {name} is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]."
        );
        return Err(SqsError::invalid_value(message));
    }
    storage.defer(&queue.name, id, visible_at, now)?;
    Ok(json!({}))
}

/// Does each entry of a batch by itself: one that is refused fails alone.
fn each(entries: &[Value], mut work: impl FnMut(&Value) -> Result<Value, SqsError>) -> Value {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        match work(entry) {
            Ok(mut answer) => {
                answer["Id"] = entry["Id"].clone();
                successful.push(answer);
            }
            Err(error) => failed.push(json!({
                "Id": entry["Id"],
                "Code": error.query_code,
                "Message": error.message,
                "SenderFault": true,
            })),
        }
    }
    json!({ "Successful": successful, "Failed": failed })
}

/// What counts towards the limit of a message: its body and attributes.
fn size(entry: &Value) -> usize {
    let attributes = entry["MessageAttributes"].as_object().map_or(0, |attributes| {
        attributes
            .iter()
            .map(|(name, value)| {
                let text = |member: &str| value[member].as_str().map_or(0, str::len);
                name.len() + text("DataType") + text("StringValue") + text("BinaryValue") / 4 * 3
            })
            .sum()
    });
    entry["MessageBody"].as_str().map_or(0, str::len) + attributes
}

fn md5_hex(bytes: &[u8]) -> String {
    hex(Md5::digest(bytes).into())
}

fn hex(digest: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(digest))
}

/// AWS's digest of attributes: sorted by name, each part preceded by its length, and 1 for text or 2 for binary
/// before the value ("Calculating the MD5 message digest for message attributes", SQS Developer Guide).
fn md5_of_attributes(attributes: &Map<String, Value>) -> String {
    fn part(digest: &mut Md5, bytes: &[u8]) {
        digest.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        digest.update(bytes);
    }
    let mut names: Vec<_> = attributes.keys().collect();
    names.sort();
    let mut digest = Md5::new();
    for name in names {
        let value = &attributes[name];
        part(&mut digest, name.as_bytes());
        part(&mut digest, value["DataType"].as_str().unwrap_or_default().as_bytes());
        match value["BinaryValue"].as_str() {
            Some(encoded) => {
                digest.update([2]);
                part(&mut digest, &STANDARD.decode(encoded).unwrap_or_default());
            }
            None => {
                digest.update([1]);
                part(&mut digest, value["StringValue"].as_str().unwrap_or_default().as_bytes());
            }
        }
    }
    hex(digest.finalize().into())
}

/// Unique is all a message id must be; it looks like AWS's.
pub(super) fn new_message_id() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let half = || RandomState::new().hash_one(std::thread::current().id());
    let (a, b) = (half(), half());
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}
