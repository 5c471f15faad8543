//! Where are messages kept?
//! SQLite storage: a small row per message for the fields that change with every receive, and a second row, written
//! once, for the body.
//!
//! The queues and the messages in flight are also kept in memory, so that a deep backlog costs nothing.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Map, Value};

use super::Counts;
use super::errors::SqsError;
use super::fairness::InFlight;
use super::message::{NewMessage, Received};
use crate::{Durability, EmulatorError};

/// Reads the candidates of a receive: the first 100 visible messages; a deeper backlog is not searched. The limit is
/// not a bound parameter, because SQLite would then prepare the statement again for each receive.
const VISIBLE: &str = "SELECT id, message_group, receives, sent_at FROM messages
                       WHERE queue = ?1 AND visible_at <= ?2 ORDER BY visible_at, id LIMIT 100";

/// The version of the table schema; a file with another version is refused and not changed.
const VERSION: i64 = 2;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS queues (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL, attributes TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        message_id TEXT NOT NULL,
        message_group TEXT,
        sent_at INTEGER NOT NULL,
        visible_at INTEGER NOT NULL,
        receives INTEGER NOT NULL DEFAULT 0,
        first_received_at INTEGER,
        received_at INTEGER,
        receipt TEXT,
        deferred INTEGER NOT NULL DEFAULT 0,
        moved_from TEXT
    );
    CREATE INDEX IF NOT EXISTS visible ON messages (queue, visible_at, id);
    CREATE TABLE IF NOT EXISTS bodies (id INTEGER PRIMARY KEY, body TEXT NOT NULL, message_attributes TEXT);
";

/// The database, and the messages in flight.
#[derive(Debug)]
pub(super) struct Storage {
    connection: Connection,
    /// Of commits that must be durable.
    durability: Durability,
    /// Of the last commit.
    now: Durability,
    in_flight: HashMap<String, InFlight>,
    /// Messages in flight that are only counted, so that a test reaches a large count.
    pub(super) counted_in_flight: i64,
    queues: HashMap<String, Arc<Queue>>,
}

/// One queue with its attributes.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) created_at: i64,
    pub(super) attributes: Map<String, Value>,
}

/// The parameters of a receive.
#[derive(Debug, Clone)]
pub(super) struct Receive {
    pub(super) queue: Arc<Queue>,
    pub(super) now: i64,
    pub(super) most: usize,
    pub(super) visible_at: i64,
    pub(super) oldest: i64,
    /// The dead-letter queue, and the receives after which a message goes there.
    pub(super) redrive: Option<(String, i64)>,
    pub(super) in_flight_limit: usize,
}

struct Candidate {
    id: i64,
    group: Option<Arc<str>>,
    receives: i64,
    sent_at: i64,
}

impl Storage {
    pub(super) fn open(connection: Connection, durability: Durability) -> Result<Self, EmulatorError> {
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
        if version != VERSION && tables > 0 {
            return Err(EmulatorError::OtherVersion);
        }
        connection.pragma_update(None, "user_version", VERSION)?;
        connection.pragma_update(None, "synchronous", durability.synchronous())?;
        connection.execute_batch(SCHEMA)?;
        connection.set_prepared_statement_cache_capacity(64);
        let (in_flight, queues) = (HashMap::new(), HashMap::new());
        let mut storage =
            Self { connection, durability, now: durability, in_flight, counted_in_flight: 0, queues };
        storage.rebuild_in_flight()?;
        Ok(storage)
    }

    /// Runs `work` as one transaction, which is rolled back if the commit fails. The commit is synced to the disk if
    /// `synced`; a later commit that is synced takes it along.
    pub(super) fn in_transaction<T>(
        &mut self,
        synced: bool,
        work: impl FnOnce(&mut Self) -> T,
    ) -> rusqlite::Result<T> {
        let wanted = if synced { self.durability } else { Durability::Relaxed };
        if wanted != self.now {
            self.connection.pragma_update(None, "synchronous", wanted.synchronous())?;
            self.now = wanted;
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let result = work(self);
        if let Err(error) = self.connection.execute_batch("COMMIT") {
            // After some errors SQLite has rolled back already.
            if !self.connection.is_autocommit() {
                self.connection.execute_batch("ROLLBACK")?;
            }
            self.queues.clear();
            self.rebuild_in_flight()?;
            return Err(error);
        }
        Ok(result)
    }

    pub(super) fn queue(&mut self, name: &str) -> Result<Option<Arc<Queue>>, SqsError> {
        if let Some(queue) = self.queues.get(name) {
            return Ok(Some(Arc::clone(queue)));
        }
        let row: Option<(i64, String)> = self
            .connection
            .prepare_cached("SELECT created_at, attributes FROM queues WHERE name = ?1")?
            .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((created_at, text)) = row else { return Ok(None) };
        let attributes = serde_json::from_str(&text).map_err(|error| SqsError::internal(&error))?;
        let queue = Arc::new(Queue { name: name.to_owned(), created_at, attributes });
        self.queues.insert(name.to_owned(), Arc::clone(&queue));
        Ok(Some(queue))
    }

    pub(super) fn save_queue(&mut self, queue: Queue) -> rusqlite::Result<()> {
        let sql = "INSERT INTO queues (name, created_at, attributes) VALUES (?1, ?2, ?3)
                   ON CONFLICT (name) DO UPDATE SET attributes = excluded.attributes";
        let attributes = Value::Object(queue.attributes.clone()).to_string();
        self.connection.prepare_cached(sql)?.execute(params![queue.name, queue.created_at, attributes])?;
        self.queues.insert(queue.name.clone(), Arc::new(queue));
        Ok(())
    }

    pub(super) fn purge(&mut self, queue: &str) -> rusqlite::Result<()> {
        let sql = "DELETE FROM bodies WHERE id IN (SELECT id FROM messages WHERE queue = ?1)";
        self.connection.execute(sql, [queue])?;
        self.connection.execute("DELETE FROM messages WHERE queue = ?1", [queue])?;
        self.in_flight.remove(queue);
        Ok(())
    }

    pub(super) fn send(&self, queue: &str, message: &NewMessage<'_>) -> rusqlite::Result<()> {
        let sql = "INSERT INTO messages (queue, message_id, message_group, sent_at, visible_at)
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        self.connection.prepare_cached(sql)?.execute(params![
            queue,
            message.message_id,
            message.group,
            message.sent_at,
            message.visible_at
        ])?;
        let id = self.connection.last_insert_rowid();
        let sql = "INSERT INTO bodies (id, body, message_attributes) VALUES (?1, ?2, ?3)";
        let values = params![id, message.body, message.message_attributes];
        let written = self.connection.prepare_cached(sql).and_then(|mut insert| insert.execute(values));
        if let Err(error) = written {
            // The commit may still succeed for the other requests of the group, so a message without a body must not
            // remain.
            self.connection.execute("DELETE FROM messages WHERE id = ?1", [id])?;
            return Err(error);
        }
        Ok(())
    }

    /// Receives up to `most` messages, the least busy groups first. A message that was received too often goes to
    /// the dead-letter queue instead of being returned; one past the queue's retention is deleted.
    pub(super) fn receive(&mut self, receive: &Receive) -> rusqlite::Result<Vec<Received>> {
        let queue = receive.queue.name.as_str();
        let in_flight = self.in_flight.entry(queue.to_owned()).or_default();
        in_flight.expire(receive.now);
        let room = receive.in_flight_limit.saturating_sub(in_flight.len());
        let wanted = receive.most.min(room);
        if wanted == 0 {
            return Ok(Vec::new());
        }
        loop {
            let (mut candidates, mut unfit) = (self.visible(queue, receive.now)?, 0);
            for index in (0..candidates.len()).rev() {
                let candidate = &candidates[index];
                let dead = receive.redrive.as_ref().filter(|(_, most)| candidate.receives >= *most);
                if candidate.sent_at < receive.oldest {
                    self.delete(candidate.id)?;
                } else if let Some((dead_letters, _)) = dead {
                    self.bury(candidate.id, queue, dead_letters, receive.now)?;
                } else {
                    continue;
                }
                candidates.remove(index);
                unfit += 1;
            }
            // If no message of this window may be returned, it hides the messages behind it: look again.
            if candidates.is_empty() && unfit > 0 {
                continue;
            }
            let in_flight = self.in_flight.entry(queue.to_owned()).or_default();
            let picked = in_flight.pick(candidates, wanted, |candidate| candidate.group.as_ref());
            return picked.into_iter().map(|candidate| self.take(receive, &candidate)).collect();
        }
    }

    /// When the next message of the queue becomes visible by itself.
    pub(super) fn next_visible_at(&self, queue: &str, now: i64) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT visible_at FROM messages WHERE queue = ?1 AND visible_at > ?2
                   ORDER BY visible_at LIMIT 1";
        self.connection.prepare_cached(sql)?.query_row(params![queue, now], |row| row.get(0)).optional()
    }

    /// Deletes a message by a receipt handle, unless the handle is not its newest.
    pub(super) fn delete_by_receipt(&mut self, queue: &str, id: i64, receipt: &str) -> rusqlite::Result<()> {
        let sql = "DELETE FROM messages WHERE id = ?1 AND queue = ?2 AND receipt = ?3";
        let deleted = self.connection.prepare_cached(sql)?.execute(params![id, queue, receipt])?;
        if deleted > 0 {
            self.delete_body(id)?;
            if let Some(in_flight) = self.in_flight.get_mut(queue) {
                in_flight.remove(id);
            }
        }
        Ok(())
    }

    /// When the message with this newest receipt handle was received, if it is in flight.
    pub(super) fn received_at(
        &self,
        queue: &str,
        id: i64,
        receipt: &str,
        now: i64,
    ) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT received_at FROM messages
                   WHERE id = ?1 AND queue = ?2 AND receipt = ?3 AND visible_at > ?4";
        self.connection
            .prepare_cached(sql)?
            .query_row(params![id, queue, receipt, now], |row| row.get(0))
            .optional()
    }

    /// Gives a message in flight another visibility timeout, which it then keeps over a restart.
    pub(super) fn defer(&mut self, queue: &str, id: i64, visible_at: i64, now: i64) -> rusqlite::Result<()> {
        let sql = "UPDATE messages SET visible_at = ?2, deferred = 1 WHERE id = ?1 RETURNING message_group";
        let group: Option<Arc<str>> =
            self.connection.prepare_cached(sql)?.query_row(params![id, visible_at], |row| row.get(0))?;
        let in_flight = self.in_flight.entry(queue.to_owned()).or_default();
        in_flight.remove(id);
        if visible_at > now {
            in_flight.insert(id, visible_at, group);
        }
        Ok(())
    }

    pub(super) fn release_received(&mut self, now: i64) -> rusqlite::Result<()> {
        let sql = "UPDATE messages SET visible_at = ?1
                   WHERE receipt IS NOT NULL AND deferred = 0 AND visible_at > ?1";
        self.connection.execute(sql, [now])?;
        self.rebuild_in_flight()
    }

    /// From the index and from memory: the schedule asks each minute, also beside a deep backlog.
    pub(super) fn counts(&mut self, queue: &str, now: i64) -> rusqlite::Result<Counts> {
        let in_flight = self.in_flight.entry(queue.to_owned()).or_default();
        in_flight.expire(now);
        let in_flight = i64::try_from(in_flight.len()).unwrap_or(i64::MAX);
        let sql = "SELECT count(*) FILTER (WHERE visible_at <= ?2), count(*) FILTER (WHERE visible_at > ?2)
                   FROM messages WHERE queue = ?1";
        self.connection.prepare_cached(sql)?.query_row(params![queue, now], |row| {
            let delayed = row.get::<_, i64>(1)? - in_flight;
            Ok(Counts { visible: row.get(0)?, in_flight: in_flight + self.counted_in_flight, delayed })
        })
    }

    /// Moves every message of a dead-letter queue to `target`, or to where each came from. They are new messages.
    pub(super) fn move_back(
        &mut self,
        queue: &str,
        target: Option<&str>,
        now: i64,
        new_id: impl Fn() -> String,
    ) -> rusqlite::Result<i64> {
        let sql = "SELECT id, coalesce(?2, moved_from) FROM messages
                   WHERE queue = ?1 AND coalesce(?2, moved_from) IS NOT NULL";
        let mut moved = 0;
        let rows: Vec<(i64, String)> = self
            .connection
            .prepare(sql)?
            .query_map(params![queue, target], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (id, target) in rows {
            let sql = "INSERT INTO messages (queue, message_id, message_group, sent_at, visible_at)
                       SELECT ?2, ?3, message_group, ?4, ?4 FROM messages WHERE id = ?1";
            self.connection.prepare_cached(sql)?.execute(params![id, target, new_id(), now])?;
            let sql = "INSERT INTO bodies (id, body, message_attributes)
                       SELECT last_insert_rowid(), body, message_attributes FROM bodies WHERE id = ?1";
            self.connection.prepare_cached(sql)?.execute([id])?;
            self.delete(id)?;
            moved += 1;
        }
        Ok(moved)
    }

    fn visible(&self, queue: &str, now: i64) -> rusqlite::Result<Vec<Candidate>> {
        let mut statement = self.connection.prepare_cached(VISIBLE)?;
        let mut rows = statement.query(params![queue, now])?;
        let (mut candidates, mut last) = (Vec::new(), None::<Arc<str>>);
        while let Some(row) = rows.next()? {
            let group = row.get_ref(1)?.as_str_or_null()?;
            // Adjacent messages are mostly of one group: its name is stored once.
            if group != last.as_deref() {
                last = group.map(Arc::from);
            }
            let (id, receives, sent_at) = (row.get(0)?, row.get(2)?, row.get(3)?);
            candidates.push(Candidate { id, group: last.clone(), receives, sent_at });
        }
        Ok(candidates)
    }

    fn take(&mut self, receive: &Receive, candidate: &Candidate) -> rusqlite::Result<Received> {
        let receipt = format!("{}.{}.{}", candidate.id, candidate.receives + 1, receive.now);
        let sql =
            "UPDATE messages SET receives = receives + 1, receipt = ?2, visible_at = ?3, received_at = ?4,
                     first_received_at = coalesce(first_received_at, ?4), deferred = 0
                   WHERE id = ?1
                   RETURNING message_id, message_group, sent_at, receives, first_received_at, moved_from";
        let values = params![candidate.id, receipt, receive.visible_at, receive.now];
        let mut received =
            self.connection.prepare_cached(sql)?.query_row(values, |row| Received::read(row, &receipt))?;
        let sql = "SELECT body, message_attributes FROM bodies WHERE id = ?1";
        (received.body, received.message_attributes) = self
            .connection
            .prepare_cached(sql)?
            .query_row([candidate.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if receive.visible_at > receive.now {
            let in_flight = self.in_flight.entry(receive.queue.name.clone()).or_default();
            in_flight.insert(candidate.id, receive.visible_at, candidate.group.clone());
        }
        Ok(received)
    }

    /// Moves a message to the dead-letter queue, with its id, time and attributes.
    fn bury(&mut self, id: i64, queue: &str, dead_letters: &str, now: i64) -> rusqlite::Result<()> {
        let sql =
            "UPDATE messages SET queue = ?2, visible_at = ?3, receipt = NULL, deferred = 0, moved_from = ?4
                   WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![id, dead_letters, now, queue])?;
        self.in_flight.values_mut().for_each(|in_flight| in_flight.remove(id));
        Ok(())
    }

    fn delete(&mut self, id: i64) -> rusqlite::Result<()> {
        self.connection.prepare_cached("DELETE FROM messages WHERE id = ?1")?.execute([id])?;
        self.delete_body(id)?;
        self.in_flight.values_mut().for_each(|in_flight| in_flight.remove(id));
        Ok(())
    }

    fn delete_body(&self, id: i64) -> rusqlite::Result<()> {
        self.connection.prepare_cached("DELETE FROM bodies WHERE id = ?1")?.execute([id])?;
        Ok(())
    }

    fn rebuild_in_flight(&mut self) -> rusqlite::Result<()> {
        self.in_flight.clear();
        let sql = "SELECT queue, id, visible_at, message_group FROM messages WHERE receipt IS NOT NULL";
        let rows: Vec<(String, i64, i64, Option<Arc<str>>)> = self
            .connection
            .prepare(sql)?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (queue, id, visible_at, group) in rows {
            self.in_flight.entry(queue).or_default().insert(id, visible_at, group);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SQLite's `synchronous` after a transaction: 1 is `NORMAL`, 2 is `FULL`.
    fn synchronous_after(storage: &mut Storage, synced: bool) -> i64 {
        storage.in_transaction(synced, |_| ()).unwrap();
        storage.connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn only_what_must_be_durable_is_synced_and_nothing_when_relaxed() {
        let open = |durability| Storage::open(Connection::open_in_memory().unwrap(), durability).unwrap();
        let mut full = open(Durability::Full);
        assert_eq!([true, false, true].map(|synced| synchronous_after(&mut full, synced)), [2, 1, 2]);
        let mut relaxed = open(Durability::Relaxed);
        assert_eq!([true, false].map(|synced| synchronous_after(&mut relaxed, synced)), [1, 1]);
    }
}
