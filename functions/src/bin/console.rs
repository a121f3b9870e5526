//! `GET /supervisor`: the supervisor's page. It stands beside the API: no authorizer is in front of it, since it holds nothing
//! of a deployment, and asks the API as whoever signs in.

use std::convert::Infallible;

use lambda_runtime::{LambdaEvent, service_fn};
use wrapup::api::{Event, Page, PageFile};
use wrapup::clock::Clock;
use wrapup::logging;
use wrapup::system::StartError;
use wrapup::watch::Reporter;

/// Where the page is.
pub const PATH: &str = "/supervisor";

const SCRIPT: &str = "text/javascript; charset=UTF-8";
const STYLE: &str = "text/css; charset=UTF-8";

const FILES: &[PageFile] = &[
    PageFile {
        name: "",
        content_type: "text/html; charset=UTF-8",
        content: include_str!("../../../infra/console/index.html"),
    },
    PageFile { name: "page.js", content_type: SCRIPT, content: include_str!("../../../infra/console/page.js") },
    PageFile { name: "page.css", content_type: STYLE, content: include_str!("../../../infra/console/page.css") },
    PageFile { name: "uplot.js", content_type: SCRIPT, content: include_str!("../../../infra/console/uplot.js") },
    PageFile { name: "uplot.css", content_type: STYLE, content: include_str!("../../../infra/console/uplot.css") },
];

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    logging::init();
    let page = page().with_reporter(Reporter::stdout(Clock::system()));
    let service =
        service_fn(|event: LambdaEvent<Event>| Box::pin(async { Ok::<_, Infallible>(page.invoke(event).await) }));
    Ok(lambda_runtime::run(service).await?)
}

/// The page.
pub fn page() -> Page {
    Page::new(PATH, FILES)
}
