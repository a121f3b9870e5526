use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
    BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};

use super::note;
use super::tally::add_tries;

/// Asks DynamoDB what each request consumes, of the tables and their indexes together, and adds it to the tally of the call.
#[derive(Debug)]
pub struct CapacityMeter;

/// Asks for the consumed capacity where the input is one of the named operations'.
macro_rules! ask {
    ($input:expr, $($operation:ty),+) => {
        $(if let Some(input) = $input.downcast_mut::<$operation>() {
            input.return_consumed_capacity = Some(ReturnConsumedCapacity::Total);
        })+
    };
}

impl Intercept for CapacityMeter {
    fn name(&self) -> &'static str {
        "CapacityMeter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input_mut();
        ask!(input, GetItemInput, BatchGetItemInput, QueryInput);
        ask!(input, PutItemInput, UpdateItemInput, TransactWriteItemsInput);
        note(|tally| tally.dynamodb_operations += 1);
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        note(|tally| tally.dynamodb_requests += 1);
        add_tries(1);
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(output) = context.output_or_error() else { return Ok(()) };
        let units = |consumed: &[ConsumedCapacity]| -> f64 {
            consumed.iter().filter_map(|consumed| consumed.capacity_units).sum()
        };
        let one = |consumed: Option<&ConsumedCapacity>| consumed.map_or(0.0, |one| units(std::slice::from_ref(one)));
        let read = if let Some(output) = output.downcast_ref::<GetItemOutput>() {
            one(output.consumed_capacity())
        } else if let Some(output) = output.downcast_ref::<BatchGetItemOutput>() {
            units(output.consumed_capacity())
        } else if let Some(output) = output.downcast_ref::<QueryOutput>() {
            one(output.consumed_capacity())
        } else {
            0.0
        };
        let written = if let Some(output) = output.downcast_ref::<PutItemOutput>() {
            one(output.consumed_capacity())
        } else if let Some(output) = output.downcast_ref::<UpdateItemOutput>() {
            one(output.consumed_capacity())
        } else if let Some(output) = output.downcast_ref::<TransactWriteItemsOutput>() {
            units(output.consumed_capacity())
        } else {
            0.0
        };
        note(|tally| {
            tally.read_units += read;
            tally.write_units += written;
        });
        Ok(())
    }
}
