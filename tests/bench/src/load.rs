//! How many requests per second `wrapup local` answers, beside what its own DynamoDB answers: the same
//! process on the same cores, with a load that keeps a number of connections busy.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wrapup_lambda_tests::opening_with;
use wrapup_test_support::Server;

use crate::error::BenchError;
use crate::measure::median;

/// Requests under way at once, each on a connection of its own.
const CONNECTIONS: usize = 32;

/// Requests per second; medians of some rounds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Throughput {
    pub connections: usize,
    /// `GET segment/{segment_id}` of the API.
    pub api: f64,
    /// GetItem of the same segment from the embedded DynamoDB.
    pub engine: f64,
    /// The former over the latter, round by round.
    pub ratio: f64,
}

/// Measures a `wrapup local` that is started for it.
pub async fn measure(binary: &str, rounds: usize, time: Duration) -> Result<Throughput, BenchError> {
    let server = Server::start(binary);
    let api = server.api();
    let opened = api.post("segment/create", &opening_with("LOAD", 10)).await.expect(200);
    let sys_id = opened["sys_id"].as_str().unwrap_or_default();
    let address = api.base().trim_start_matches("http://").to_owned();
    let engine_address = format!("127.0.0.1:{}", server.dynamodb_port);
    let get_segment = format!(
        "GET /api/now/v1/wrapup/segment/{sys_id} HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\n\
         Authorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=\r\n\r\n"
    );
    let get_item = get_item(&engine_address, sys_id);
    let (mut of_api, mut of_engine, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let engine = requests_per_second(&engine_address, &get_item, time).await?;
        let api = requests_per_second(&address, &get_segment, time).await?;
        of_api.push(api);
        of_engine.push(engine);
        ratios.push(api / engine);
    }
    Ok(Throughput { connections: CONNECTIONS, api: median(of_api), engine: median(of_engine), ratio: median(ratios) })
}

fn get_item(address: &str, sys_id: &str) -> String {
    let body = json!({
        "TableName": "interaction_wrap_up_segment", "Key": {"sys_id": {"S": sys_id}}, "ConsistentRead": true,
    });
    let body = body.to_string();
    // The engine looks whether a signature is there, not whether it is right.
    let credential = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=00";
    format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nX-Amz-Target: DynamoDB_20120810.GetItem\r\n\
         Content-Type: application/x-amz-json-1.0\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: {credential}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn requests_per_second(address: &str, request: &str, time: Duration) -> Result<f64, BenchError> {
    let broken = |source| BenchError::Load { address: address.to_owned(), source };
    let started = Instant::now();
    let connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| tokio::spawn(keep_busy(address.to_owned(), request.to_owned(), started + time)))
        .collect();
    let mut answered = 0;
    for connection in connections {
        answered += connection.await.map_err(std::io::Error::other).flatten().map_err(broken)?;
    }
    Ok(answered as f64 / started.elapsed().as_secs_f64())
}

/// Sends a request again and again; answers how often it was answered.
async fn keep_busy(address: String, request: String, end: Instant) -> std::io::Result<usize> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut answered = 0;
    let mut buffer = Vec::with_capacity(64 * 1024);
    while Instant::now() < end {
        stream.write_all(request.as_bytes()).await?;
        read_answer(&mut stream, &mut buffer).await?;
        answered += 1;
    }
    Ok(answered)
}

/// Reads one answer to its end; any but a 200 is an error.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    let malformed = |problem: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, problem.to_owned());
    buffer.clear();
    let mut wanted = None;
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if wanted.is_none()
            && let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&buffer[..end]);
            if !head.starts_with("HTTP/1.1 200 ") {
                return Err(malformed(head.lines().next().unwrap_or_default()));
            }
            let length = head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
                let length = name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>());
                length.and_then(Result::ok)
            });
            wanted = Some(end + 4 + length.ok_or_else(|| malformed("an answer without a length"))?);
        }
        if wanted.is_some_and(|wanted| buffer.len() >= wanted) {
            return Ok(());
        }
    }
}
