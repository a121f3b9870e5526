//! The DynamoDB of a deployment: one in memory for each, or a share of one that runs already.

use dynoxide::Database;
use tokio::net::TcpListener;

/// The variable with the URL of a DynamoDB that runs already, whose accounts have tables of their own: a second engine, so
/// that no test holds by what is only the first one's way.
const OTHER_ENGINE: &str = "WRAPUP_TEST_DYNAMODB";

/// Where a deployment's DynamoDB is, and whose tables it has there.
pub struct Engine {
    pub url: String,
    /// Of no meaning to the engine in memory; to another, its twelve digits are an account.
    pub access_key: String,
}

impl Engine {
    pub async fn start() -> Self {
        if let Some(url) = std::env::var(OTHER_ENGINE).ok().filter(|url| !url.is_empty()) {
            let account = fastrand::u64(100_000_000_000..1_000_000_000_000);
            return Self { url, access_key: account.to_string() };
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let database = Database::memory().expect("a database");
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
        Self { url, access_key: ACCESS_KEY.to_owned() }
    }
}

/// What the functions of a test sign with.
pub const ACCESS_KEY: &str = "test";
