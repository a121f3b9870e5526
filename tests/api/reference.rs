//! placeholder
#[tokio::test]
async fn smoke() {
    let server = wrapup_test_support::Server::start(env!("CARGO_BIN_EXE_wrapup"));
    let t = std::time::Instant::now();
    let reply = server.api().get("code/nope").await;
    reply.expect(404);
    eprintln!("{:?}", t.elapsed());
}
