//! A Lambda function for tests that need a process of its own: `create-codes`.

use wrapup::system::StartError;

fn main() -> Result<(), StartError> {
    wrapup_functions::create_codes::main()
}
