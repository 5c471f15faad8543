//! How are attempts of one delivery kept apart that were made at the same time?
//! By conditional writes: each attempt takes the next number that is free, and an earlier one never replaces the
//! delivery's row that a later one has written.
//!
//! Forced replays make attempts at once, and so may a job that SQS delivers twice. It costs as many write units as a
//! batch would; only a number that is taken costs another.

use domain::delivery::attempt::Attempt;

use crate::Store;
use crate::error::StoreError;
use crate::keys;
use crate::rows::deliveries::{DeliveryRow, Settlement, write, write_attempt};
use crate::table::update::Condition;

impl Store {
    /// Writes a settled attempt beside which others of the same delivery may have been made.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn settle_beside_others(&self, settlement: Settlement) -> Result<(), StoreError> {
        let Settlement { row: DeliveryRow { mut delivery, mut first_attempt }, later_attempt, expires_at } =
            settlement;
        let key = keys::delivery(delivery.endpoint_id, delivery.id);
        // 1. A first attempt stands in the delivery's row, unless another one does.
        let mut attempt = match later_attempt {
            Some(attempt) => attempt,
            None => {
                let row = DeliveryRow { delivery: delivery.clone(), first_attempt: first_attempt.clone() };
                let item = write(&key, &Settlement { row, later_attempt: None, expires_at })?;
                if self.put_if(item, Condition::new("attribute_not_exists(first_attempt)")).await? {
                    return Ok(());
                }
                let Some(attempt) = first_attempt else { return Ok(()) };
                let there = self.load_delivery(delivery.endpoint_id, delivery.id, attempt.started_at).await?;
                first_attempt = there.and_then(|row| row.first_attempt);
                Attempt { number: attempt.number + 1, ..attempt }
            }
        };

        // 2. A later one has its own row, under the first number that is free.
        loop {
            let (_, item) = write_attempt(&delivery, &attempt, expires_at)?;
            if self.put_new(item).await? {
                break;
            }
            attempt.number += 1;
        }

        // 3. Where the delivery stands is what its latest attempt came to.
        delivery = delivery.renumbered(attempt.number);
        let row = DeliveryRow { delivery, first_attempt };
        let item = write(&key, &Settlement { row, later_attempt: None, expires_at })?;
        let latest = Condition::new("attribute_not_exists(attempts) OR attempts < :number");
        self.put_if(item, latest.number(":number", attempt.number)).await?;
        Ok(())
    }
}
