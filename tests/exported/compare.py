"""Opens and closes wrap-ups, exports them in each format, and compares what DuckDB makes of the files with what the API's
reports say: `compare.py WRAPUP BASE DYNAMODB_PORT FOLDER PAGE`."""

import base64
import json
import os
import random
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import duckdb

WRAP_UPS = 300
CODES = ["Refund", "Complaint", "General Enquiry", "=Formula", "Größe, \"falsch\""]
WRAPUP, BASE, PORT, FOLDER, PAGE = sys.argv[1:]
QUERIES = re.findall(r"^```sql\n(.*?)^```$", open(PAGE, encoding="utf-8").read(), re.MULTILINE | re.DOTALL)


def call(method: str, path: str, body: dict | None = None) -> dict:
    user = base64.b64encode(b"username:password").decode()
    headers = {"Authorization": f"Basic {user}", "Content-Type": "application/json", "Accept": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{BASE}/api/now/v1/wrapup/{path}", data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def wrap_up(index: int) -> str:
    """Opens one and closes it; answers when it was submitted."""
    chance = random.Random(index)
    external = f"EXPORTED-{index}"
    configuration = {
        "enable_codes": True,
        "allowed_codes": [{"code": code} for code in CODES],
        "default_code": "General Enquiry",
        "use_third_party_ai": True,
        "enable_ai_code": True,
        "enable_ai_notes": True,
    }
    opened = {
        "agent_sys_id": f"agent-{index % 7}",
        "interaction_sys_id": f"interaction-{index}",
        "external": True,
        "external_segment_id": external,
        "opened_on": f"2026-01-{chance.randint(1, 28):02} 10:{chance.randint(0, 59):02}:00",
        "configuration": configuration,
    }
    if chance.random() < 0.5:
        opened |= {"ai_wrap_up_code": chance.choice(CODES), "ai_notes": "=1+1\n\"so\", they said"}
    call("POST", "segment/create", opened)
    closing = {}
    if chance.random() < 0.7:
        closing["wrap_up_code"] = chance.choice(CODES)
    if chance.random() < 0.3:
        closing["notes"] = "+49 30 1, \"again\"\nand again"
    if chance.random() < 0.3:
        closing["confirmed_on"] = "2026-02-01 00:00:00"
    return call("PUT", f"segment/update?external_segment_id={external}", closing)["segment"]["submitted_on"]


def report(name: str, days: tuple[str, str], by: str | None = None) -> list[dict]:
    query = {"from": f"{days[0]} 00:00:00", "to": f"{days[1]} 00:00:00"} | ({"by": by} if by else {})
    return call("GET", f"report/{name}?{urllib.parse.urlencode(query)}")["report"]["rows"]


def same(what: str, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found} is not {wanted}")


def main():
    with ThreadPoolExecutor(8) as pool:
        submitted = list(pool.map(wrap_up, range(WRAP_UPS)))
    first = min(submitted)[:10]
    [(after,)] = duckdb.sql(f"SELECT strftime(DATE '{max(submitted)[:10]}' + 1, '%Y-%m-%d')").fetchall()
    days = (first, after)
    os.chdir(FOLDER)
    for form in ("csv", "ndjson", "parquet"):
        for _ in range(2):
            command = ["export", "segments", "--from", first, "--to", after, "--format", form, "--out", "exports", "--notes"]
            subprocess.run([WRAPUP, *command, "--local", "--dynamodb-port", PORT], check=True, stdout=subprocess.DEVNULL)

    codes = {row["code"]: row["count"] for row in report("codes", days) if row["count"]}
    same("wrap-ups of the report", sum(codes.values()), WRAP_UPS)
    wanted = {
        (row.get("code"), row["count"], round(row["default_share"], 4)) for row in report("codes", days) if row["count"]
    }
    matrix = {
        (one["suggested"], one.get("chosen"), one["count"]) for row in report("ai", days) for one in row["matrix"]
    }
    [times] = report("handle_time", days)
    by_code, suggested, table, by_day = QUERIES
    for form in ("csv", "ndjson", "parquet"):
        files = f"'exports/segments-*.{form}'"
        # What a spreadsheet would calculate has an apostrophe in CSV.
        plain = lambda text: text[1:] if form == "csv" and text and text.startswith("'=") else text
        rows = duckdb.sql(by_code.replace("'exports/segments-*.parquet'", files)).fetchall()
        same(f"{form}: codes", {(plain(code), count, share) for code, count, _, _, share in rows}, wanted)
        rows = duckdb.sql(suggested.replace("'exports/segments-*.parquet'", files)).fetchall()
        same(f"{form}: suggested by chosen", {(plain(one), plain(other), count) for one, other, count in rows}, matrix)
        [(count, ids, mean, awaiting, texts)] = duckdb.sql(
            "SELECT count(*), count(DISTINCT sys_id), round(avg(seconds), 1), count(*) FILTER (awaiting_confirmation),"
            f" count(notes) FROM {files}"
        ).fetchall()
        same(f"{form}: rows", (count, ids, mean), (WRAP_UPS, WRAP_UPS, times["mean"]))
        same(f"{form}: awaiting", awaiting, report("confirmations", days)[0]["awaiting"])
        if not texts:
            sys.exit(f"{form}: no notes")
    # Each column has its type, in the format that says it, and in the others where DuckDB sees it.
    types = {}
    for form in ("ndjson", "parquet"):
        described = duckdb.sql(f"DESCRIBE SELECT * FROM 'exports/segments-*.{form}'").fetchall()
        types[form] = {name: kind for name, kind, *_ in described}
    same("columns", list(types["ndjson"]), list(types["parquet"]))
    hive = {"string": "VARCHAR", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP", "bigint": "BIGINT", "double": "DOUBLE"}
    declared = re.findall(r"^    (\w+) (\w+),?$", table, re.MULTILINE)
    exported = {name: kind.removesuffix("_MS") for name, kind in types["parquet"].items()}
    same(
        "Athena's columns",
        {name: hive[kind] for name, kind in declared} | {"notes": "VARCHAR", "ai_notes": "VARCHAR"},
        exported,
    )
    # Athena's SELECT is DuckDB's too.
    duckdb.sql("CREATE VIEW wrap_ups AS SELECT * FROM 'exports/segments-*.parquet'")
    rows = duckdb.sql(by_day).fetchall()
    counted = {}
    for _, code, count, *_ in rows:
        counted[code] = counted.get(code, 0) + count
    same("Athena's query", counted, codes)
    print(f"{WRAP_UPS} wrap-ups are the same in CSV, JSON, Parquet and the reports")


if __name__ == "__main__":
    main()
