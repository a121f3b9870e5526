//! Whether the answer will fit: judged before anything is stored, since a request whose answer cannot be sent would be
//! sent again for ever.

use wrapup::Error;
use wrapup::api::{Call, MOST_ANSWER_BYTES};
use wrapup::codes::{CodeRequest, Codes};

use super::Failed;

/// Up to here the answer is sure to fit, and nothing is read.
const SURE: usize = 5_000_000;

/// What the answer has around its entries.
const FRAME: usize = 1_000;

/// Bytes of a code that is shown with as much as there can be: four texts, of which no character takes more than 7, and
/// what stands around them.
const MOST_OF_A_CODE: usize = 7 * 2 * (255 + CodeRequest::LONGEST_DESCRIPTION) + 500;

/// Judges a request by its entries. For the usual one that is a multiplication; where what the table may hold could make
/// the answer too large, the table is asked, 100 codes a request.
///
/// # Errors
/// [`Error::AnswerTooLarge`], with the number of entries that fit.
pub async fn judge(codes: &Codes, call: &Call, entries: &[Result<CodeRequest, Failed>]) -> Result<(), Error> {
    let roughly = entries.iter().map(|entry| match entry {
        Ok(_) => MOST_OF_A_CODE,
        Err(failed) => failed.bytes_at_most(),
    });
    if roughly.sum::<usize>() <= SURE {
        return Ok(());
    }
    let widest = call.widest_character();
    let at_most = entries.iter().map(|entry| match entry {
        Ok(request) => call.bytes_of(&request.at_most(&call.wish, widest).shown(&call.wish)),
        Err(failed) => call.bytes_of(failed),
    });
    if fitting(at_most, SURE) == entries.len() {
        return Ok(());
    }
    let requests: Vec<CodeRequest> = entries.iter().filter_map(|entry| entry.as_ref().ok()).cloned().collect();
    let mut foreseen = codes.foresee(&requests).await?.into_iter();
    let exactly = entries.iter().map(|entry| match entry {
        Ok(_) => foreseen.next().map_or(0, |code| call.bytes_of(&code.shown(&call.wish))),
        Err(failed) => call.bytes_of(failed),
    });
    match fitting(exactly, MOST_ANSWER_BYTES - FRAME) {
        fit if fit < entries.len() => Err(Error::AnswerTooLarge { fit }),
        _ => Ok(()),
    }
}

/// How many of these sizes, from the first, come to at most so much.
fn fitting(sizes: impl Iterator<Item = usize>, most: usize) -> usize {
    let mut sum = 0;
    sizes
        .take_while(|size| {
            sum += size;
            sum <= most
        })
        .count()
}
