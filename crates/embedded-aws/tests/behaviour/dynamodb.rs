//! What Posthorn relies on of DynamoDB; of ours, over HTTP and in this process.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, ConditionCheck, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, Put, PutRequest, ReturnConsumedCapacity,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType, TransactWriteItem, WriteRequest,
};

use crate::{dynamodb_clients, unique};

pub(crate) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(crate) fn item(pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("PK".to_owned(), text(pk)), ("SK".to_owned(), text(sk))])
}

pub(crate) async fn table(client: &Client) -> String {
    let name = unique("table");
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let attribute = |name: &str| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute.attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let index = GlobalSecondaryIndex::builder()
        .index_name("lookup")
        .key_schema(key("lookup", KeyType::Hash))
        .key_schema(key("SK", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()
        .unwrap();
    client
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("PK", KeyType::Hash))
        .key_schema(key("SK", KeyType::Range))
        .set_attribute_definitions(Some(vec![attribute("PK"), attribute("SK"), attribute("lookup")]))
        .global_secondary_indexes(index)
        .send()
        .await
        .unwrap();
    name
}

#[tokio::test]
async fn a_conditional_put_is_refused_with_the_row_that_stands_in_its_way() {
    for (client, _ours) in dynamodb_clients().await {
        let table = table(&client).await;
        let put = || {
            client
                .put_item()
                .table_name(&table)
                .set_item(Some(item("a", "1")))
                .condition_expression("attribute_not_exists(PK)")
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
        };
        put().await.unwrap();
        let error = put().await.unwrap_err().into_service_error();
        assert!(error.is_conditional_check_failed_exception());
        let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(error) =
            error
        else {
            unreachable!("checked a line up")
        };
        assert_eq!(error.item().unwrap()["SK"], text("1"));
    }
}

#[tokio::test]
async fn a_batch_of_writes_is_written_and_one_row_twice_in_it_is_refused() {
    for (client, _ours) in dynamodb_clients().await {
        let table = table(&client).await;
        let put = |sk: &str| {
            let put = PutRequest::builder().set_item(Some(item("a", sk))).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        };
        let writes = (0..25).map(|n| put(&format!("{n:02}"))).collect();
        let answer = client.batch_write_item().request_items(&table, writes).send().await.unwrap();
        assert!(answer.unprocessed_items().is_none_or(HashMap::is_empty));
        let twice = vec![put("x"), put("x")];
        assert!(client.batch_write_item().request_items(&table, twice).send().await.is_err());
        let many = (0..26).map(|n| put(&format!("{n:02}"))).collect();
        assert!(client.batch_write_item().request_items(&table, many).send().await.is_err());
    }
}

#[tokio::test]
async fn a_query_gives_a_range_newest_first_page_by_page() {
    for (client, _ours) in dynamodb_clients().await {
        let table = table(&client).await;
        for n in 0..5 {
            let row = item("a", &format!("k{n}"));
            client.put_item().table_name(&table).set_item(Some(row)).send().await.unwrap();
        }
        let query = client
            .query()
            .table_name(&table)
            .key_condition_expression("PK = :pk AND SK BETWEEN :low AND :high")
            .expression_attribute_values(":pk", text("a"))
            .expression_attribute_values(":low", text("k1"))
            .expression_attribute_values(":high", text("k9"))
            .scan_index_forward(false)
            .limit(3);
        let first = query.clone().send().await.unwrap();
        let keys = |items: &[HashMap<String, AttributeValue>]| -> Vec<String> {
            items.iter().map(|item| item["SK"].as_s().unwrap().clone()).collect()
        };
        assert_eq!(keys(first.items()), ["k4", "k3", "k2"]);
        let second = query.set_exclusive_start_key(first.last_evaluated_key).send().await.unwrap();
        assert_eq!(keys(second.items()), ["k1"]);
        assert!(second.last_evaluated_key.is_none());
    }
}

#[tokio::test]
async fn a_sparse_index_holds_only_rows_that_carry_its_key() {
    for (client, _ours) in dynamodb_clients().await {
        let table = table(&client).await;
        let mut row = item("a", "1");
        row.insert("lookup".to_owned(), text("here"));
        for row in [row, item("a", "2")] {
            client.put_item().table_name(&table).set_item(Some(row)).send().await.unwrap();
        }
        let query =
            client.query().table_name(&table).index_name("lookup").key_condition_expression("#l = :l");
        let query =
            query.expression_attribute_names("#l", "lookup").expression_attribute_values(":l", text("here"));
        let found = query.send().await.unwrap();
        assert_eq!(found.items().len(), 1);
        assert_eq!(found.items()[0]["SK"], text("1"));
    }
}

#[tokio::test]
async fn a_transaction_writes_all_or_nothing_and_says_which_part_failed() {
    for (client, _ours) in dynamodb_clients().await {
        let table = table(&client).await;
        let put = Put::builder().table_name(&table).set_item(Some(item("a", "1"))).build().unwrap();
        let check = ConditionCheck::builder()
            .table_name(&table)
            .set_key(Some(item("b", "1")))
            .condition_expression("attribute_exists(PK)")
            .build()
            .unwrap();
        let request = client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put).build())
            .transact_items(TransactWriteItem::builder().condition_check(check).build());
        let error = request.send().await.unwrap_err().into_service_error();
        let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(error) =
        error
    else {
        panic!("{error:?}")
    };
        let reasons: Vec<_> =
            error.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
        assert_eq!(reasons, ["None", "ConditionalCheckFailed"]);
        let read = client.get_item().table_name(&table).set_key(Some(item("a", "1"))).send().await.unwrap();
        assert!(read.item.is_none());
    }
}

#[tokio::test]
async fn a_write_tells_what_it_costs() {
    for (client, _ours) in dynamodb_clients().await {
        let table = table(&client).await;
        let mut row = item("a", "1");
        row.insert("payload".to_owned(), text(&"x".repeat(1_500)));
        let put = client.put_item().table_name(&table).set_item(Some(row));
        let answer = put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
        assert_eq!(answer.consumed_capacity().unwrap().capacity_units(), Some(2.0));
    }
}
