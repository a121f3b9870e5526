"""A segment table as a Lambda function; docs/segment-tables.md says what is asked and answered."""
import json, os, signal, sqlite3
from contextlib import closing
from urllib.request import ProxyHandler, build_opener

FILE = os.environ.get("SEGMENT_TABLE_FILE", "segment_table.sqlite3")


def handler(event, context):
    if event["version"] != 1:
        raise ValueError(f"version {event['version']} of the contract is not known here")
    try:  # the API waits no longer than remaining_ms, so neither does the database
        with closing(sqlite3.connect(FILE, timeout=event["remaining_ms"] / 1000, isolation_level=None)) as database:
            return {"version": 1, **answer(event, database)}
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        return {"version": 1, "error": {"code": "try_again"}}


def answer(event, database):
    database.execute("CREATE TABLE IF NOT EXISTS records (segment_table, id, record, PRIMARY KEY (segment_table, id))")
    segment, table = event.get("segment"), event["segment_table"]
    key = (table, segment["segment_id"] if segment else event["segment_id"])
    if event["operation"] == "create":
        if any(character < " " for character in key[1]):
            return {"error": {"code": "bad_input", "message": "an id here has no control characters"}}
        record = {"id": key[1], "table": table, "interaction": segment["interaction"], "agent": segment["agent"],
                  "start": segment["opened_on"], "fields": {"opened_by": segment["caller"]}}
        # Whoever comes second changes nothing, and is answered what the first one stored.
        database.execute("INSERT OR IGNORE INTO records VALUES (?, ?, ?)", (*key, json.dumps(record)))
    row = database.execute("SELECT record FROM records WHERE segment_table = ? AND id = ?", key).fetchone()
    return {"record": json.loads(row[0])} if row else {"error": {"code": "no_such_record"}}


if __name__ == "__main__":  # AWS brings this loop along; `wrapup local --function` runs this file as it is
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a traceback
    http, api = build_opener(ProxyHandler({})), os.environ["AWS_LAMBDA_RUNTIME_API"]
    while True:
        with http.open(f"http://{api}/2018-06-01/runtime/invocation/next") as call:
            url = f"http://{api}/2018-06-01/runtime/invocation/{call.headers['Lambda-Runtime-Aws-Request-Id']}/"
            try:
                outcome, body = "response", handler(json.load(call), None)
            except Exception as error:
                outcome, body = "error", {"errorType": type(error).__name__, "errorMessage": str(error)}
        http.open(url + outcome, json.dumps(body).encode()).close()
