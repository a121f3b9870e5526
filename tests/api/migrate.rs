//! Codes and configurations that come from elsewhere: spreadsheets, another deployment's lists, an instance's exports.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::path::PathBuf;

use hyper::Method;
use serde_json::{Value, json};
use wrapup::codes::Label;
use wrapup::document::FromText;
use wrapup_test_support::Said;

use crate::BINARY;
use crate::desk::Desk;

impl Desk {
    /// Runs a command of any words.
    fn said(&self, arguments: &[&str]) -> Said {
        self.server.cli(BINARY, arguments, "").into()
    }

    /// Imports codes from a file of this name.
    fn import_as(&self, name: &str, content: impl AsRef<[u8]>) -> Said {
        self.import(&self.file(name, content))
    }
}

/// A file of `tests/exports`.
fn export(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../tests/exports", name].iter().collect();
    path.to_string_lossy().into_owned()
}

const BILLING: &str = "49c27b679f201210c89656effa0a1cd7";
const STORE: &str = "54327b679f201210c89656effa0a1cd7";
const REFUND: &str = "70327b679f201210c89656effa0a1cd7";

#[tokio::test]
async fn csv_is_read_however_a_spreadsheet_writes_it() {
    let desk = Desk::open();
    let text =
        "Code;Description; CODE_DE ;description_de\r\nRückruf;\"Später; „bald“\";Rückruf;\"Später\r\nmal\"\r\n;;;\r\n";
    let utf_16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let (little, big) = (utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes));
    let windows: Vec<u8> = text
        .chars()
        .map(|character| match character {
            '„' => 0x84,
            '“' => 0x93,
            character => u8::try_from(u32::from(character)).expect("a character of Windows-1252"),
        })
        .collect();
    for (content, description) in [
        (text.as_bytes().to_vec(), "Später; „bald“"),
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), "Später; „bald“"),
        ([b"\xff\xfe", &little[..]].concat(), "Später; „bald“"),
        ([b"\xfe\xff", &big[..]].concat(), "Später; „bald“"),
        (little, "Später; „bald“"),
        (big, "Später; „bald“"),
        (windows, "Später; „bald“"),
        (text.replace(';', "\t").into_bytes(), "Später\t „bald“"),
        (format!("sep=;\r\n{text}").into_bytes(), "Später; „bald“"),
    ] {
        let printed = desk.import_as("codes.csv", content).fine();
        assert!(printed.contains("imported 1 of 1 code:"), "{printed}");
        let code = desk.code("Rückruf");
        assert_eq!(code["description"], description);
        assert_eq!(code["translations"][0]["description"], "Später\r\nmal");
    }
}

#[tokio::test]
async fn faults_of_csv_are_named_by_the_lines_of_the_file() {
    let desk = Desk::open();
    let before = desk.list("code").len();
    let said =
        desk.import_as("codes.csv", "sep=;\r\n\r\ncode;description\r\nOne;\"First\r\nTwo;Second\r\nThree;Third\r\n");
    said.failed(&["codes.csv: line 4:", "quote"]);
    assert_eq!(desk.list("code").len(), before);
    let said = desk.import_as(
        "codes.csv",
        "sep=,\ncode,sys_id,external\nOne,49c27b679f201210c89656effa0a1cd7,\n,,\n\"Two\",,WAHR\n One ,,\nThree,49C27B679F201210C89656EFFA0A1CD7,\nFour,49c2,\nFive,,perhaps\n",
    );
    let said = said.failed(&["4 of 6 codes were not imported; mend them"]);
    for line in [
        "wrapup: line 6: code repeats 'One' of line 3",
        "wrapup: line 7: sys_id repeats '49c27b679f201210c89656effa0a1cd7' of line 3",
        "wrapup: line 8: sys_id has to be a sys_id of 32 hex digits, and is another text",
        "wrapup: line 9: external has to be true or false",
    ] {
        assert!(said.err.lines().any(|complaint| complaint == line), "no '{line}' in {}", said.err);
    }
    assert_eq!(desk.code("Two")["external"], true);
    // In JSON, too.
    let said = desk.import_as("codes.json", r#"{"codes": [{"code": "Six"}, {"code": "Six"}]}"#);
    said.failed(&["codes[1].code repeats 'Six' of codes[0]", "1 of 2 codes was not imported"]);
}

#[tokio::test]
async fn a_code_keeps_the_sys_id_that_it_had_wherever_it_is_shown() {
    let desk = Desk::open();
    let api = desk.server.api();
    desk.import_as("codes.csv", format!("code,sys_id\nBilling Issue,{}\n", BILLING.to_uppercase())).fine();
    assert_eq!(desk.code("Billing Issue")["sys_id"], BILLING);
    for asked in
        [BILLING.to_owned(), BILLING.to_uppercase(), Label::from_text("Billing Issue").expect("a label").sys_id()]
    {
        let shown = desk.shown(&asked, "en").await;
        assert_eq!((&shown["code"], &shown["sys_id"]), (&json!("Billing Issue"), &json!(BILLING)), "{asked}");
    }
    api.get("code/59c27b679f201210c89656effa0a1cd7").await.expect(404);
    // It is shown so by POST code and in segments, in XML too.
    let posted = api.post("code", &json!({"codes": [{"code": "Billing Issue", "active": true}]})).await.expect(200);
    assert_eq!(posted["result"]["result_map"]["created_wrap_up_codes"][0]["sys_id"], BILLING);
    let mut opening = wrapup_test_support::external("CALL-1");
    opening["configuration"] =
        json!({"enable_codes": true, "allowed_codes": [{"code": "Billing Issue"}], "default_code": "Billing Issue"});
    let opened = api.post("segment/create", &opening).await.expect(200);
    assert_eq!(opened["segment"]["wrap_up_configuration"]["default_code"]["sys_id"], BILLING);
    let xml = api.call(Method::GET, &format!("code/{BILLING}")).accept_xml().send().await.expect_xml(200);
    assert_eq!(xml["result"]["result_map"]["wrap_up_code"]["sys_id"], BILLING);
    // It is there once, and importing it again changes nothing.
    assert_eq!(desk.list("code").iter().filter(|code| code["code"] == "Billing Issue").count(), 1);
    let stored = async || {
        let mut items: Vec<_> = desk.server.stored("interaction_wrap_up_code").await;
        items.sort_by_key(|item| format!("{:?}", item.get("sys_id")));
        items
    };
    let before = stored().await;
    let printed = desk.import_as("codes.csv", format!("code,sys_id\nBilling Issue,{BILLING}\n")).fine();
    assert!(printed.contains("0 new, 0 changed, 1 the same"), "{printed}");
    assert_eq!(stored().await, before);
}

#[tokio::test]
async fn a_sys_id_names_one_code() {
    let desk = Desk::open();
    let orders = desk.code("Order Status")["sys_id"].as_str().expect("a sys_id").to_owned();
    desk.import_as("codes.csv", format!("code,sys_id\nBilling Issue,{BILLING}\nOrder Status,{orders}\n")).fine();
    let file = format!("code,sys_id\nBilling Problem,{BILLING}\nOrder State,{orders}\nStore Issue,{STORE}\n");
    let said = desk.import_as("codes.csv", file).failed(&["2 of 3 codes were not imported"]);
    for (line, words) in [("line 2: sys_id", BILLING), ("line 3: sys_id", "'Order Status'")] {
        let complaint = said.err.lines().find(|complaint| complaint.contains(line));
        assert!(complaint.is_some_and(|complaint| complaint.contains(words)), "{line}: {}", said.err);
    }
    assert_eq!(desk.shown(BILLING, "en").await["code"], "Billing Issue");
    assert_eq!(desk.code("Store Issue")["sys_id"], STORE);
    // What two systems called one code finds it twice; it goes on being shown as before.
    let second = "99c27b679f201210c89656effa0a1cd7";
    desk.import_as("codes.csv", format!("code,sys_id\nBilling Issue,{second}\n")).fine();
    assert_eq!(desk.shown(second, "en").await["sys_id"], second);
    assert_eq!(desk.code("Billing Issue")["sys_id"], BILLING);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let desk = Desk::open();
    desk.import_as("codes.csv", "code,description\nSame,As before\nOther,Old\n").fine();
    let before = desk.list("code");
    let file = desk.file("codes.csv", "code,description,active\nSame,As before,\nOther,New,\nAdded,,\nBad,,maybe\n");
    let said = desk.said(&["code", "import", &file, "--dry-run"]);
    let said = said.failed(&["line 5: active", "1 of 4 codes would not be imported"]);
    for line in ["same     Same", "changed  Other", "new      Added"] {
        assert!(said.out.lines().any(|printed| printed == line), "no '{line}' in {}", said.out);
    }
    assert!(said.out.contains("would import 3 of 4 codes: 1 new, 1 changed, 1 the same"), "{}", said.out);
    assert_eq!(desk.list("code"), before);
    let files = ["interaction_wrap_up_code.csv", "interaction_wrap_up_configuration.json"].map(export);
    let printed = desk.said(&["migrate", "servicenow", &files[0], &files[1], "--dry-run"]).fine();
    assert!(printed.contains("would import 1 of 1 configuration: 1 new"), "{printed}");
    desk.said(&["migrate", "genesys", &export("genesys.json"), "--dry-run"]).fine();
    assert_eq!(desk.list("code"), before);
    let configurations = desk.list("configuration");
    let demo = configurations[0]["name"].as_str().expect("a name");
    let mut changed = configurations[0].clone();
    changed["active"] = json!(false);
    for (list, line) in [(&configurations[0], format!("same     {demo}")), (&changed, format!("changed  {demo}"))] {
        let file = desk.file("configurations.json", json!([list]).to_string());
        let printed = desk.said(&["configuration", "put", &file, "--dry-run"]).fine();
        assert!(printed.lines().any(|printed| printed == line), "no '{line}' in {printed}");
    }
    assert_eq!(desk.list("configuration"), configurations);
}

#[tokio::test]
async fn what_a_list_prints_can_be_imported_as_it_is() {
    let desk = Desk::open();
    desk.import_as("codes.csv", format!("code,sys_id,external\nBilling Issue,{BILLING},true\n")).fine();
    // A translation need not say all that a request has to.
    let code = |fields: Value| json!({"codes": [fields]});
    let api = desk.server.api();
    let translated = json!({"code": "Half", "translations": [{"language": "de", "code": "Halb"}]});
    api.post("code", &code(translated)).await.expect(200);
    api.post("code", &code(json!({"code": "Half", "description": "Half translated"}))).await.expect(200);
    // It may have collected more of them than one request may bring.
    for beginnings in ["ab", "cd"] {
        let languages = beginnings.chars().flat_map(|first| ('a'..='z').map(move |second| format!("{first}{second}")));
        let translations: Vec<Value> =
            languages.map(|language| json!({"language": language, "code": format!("In {language}")})).collect();
        let many = json!({"code": "Many", "translations": translations});
        api.post("code", &code(many)).await.expect(200);
    }
    assert_eq!(desk.code("Many")["translations"].as_array().map(Vec::len), Some(104));
    let codes = desk.said(&["code", "list", "--output", "json"]).fine();
    let configurations = desk.said(&["configuration", "list", "--output", "json"]).fine();
    let other = Desk::open();
    other.import_as("codes.json", &codes).fine();
    assert_eq!(other.said(&["code", "list", "--output", "json"]).fine(), codes);
    let file = other.file("configurations.json", &configurations);
    other.said(&["configuration", "put", &file]).did(&["unchanged"]);
    assert_eq!(other.said(&["configuration", "list", "--output", "json"]).fine(), configurations);
    // One that is wrong does not keep the others out.
    let mut list: Vec<Value> = serde_json::from_str(&configurations).expect("a list");
    let mut wrong = list[0].clone();
    wrong["default_code"] = json!("Nothing of the kind");
    list.insert(0, wrong);
    let file = other.file("configurations.json", json!(list).to_string());
    let said = other.said(&["configuration", "put", &file]);
    said.failed(&["configurations.json: configurations[0].default_code", "1 of 2 configurations was not imported"]);
}

#[tokio::test]
async fn an_instances_exports_are_taken_all_together_in_any_order() {
    let desk = Desk::open();
    let files = [
        "update-set.xml",
        "interaction_wrap_up_configuration.json",
        "sys_translated_text.json",
        "interaction_wrap_up_code.csv",
    ];
    let files = files.map(export);
    let arguments = [&["migrate", "servicenow"][..], &files.each_ref().map(String::as_str)].concat();
    let said = desk.said(&arguments);
    assert_eq!(said.status, Some(0), "{said:?}");
    assert!(said.out.contains("imported 4 of 4 codes: 4 new"), "{}", said.out);
    assert!(said.out.contains("imported 2 of 2 configurations: 2 new"), "{}", said.out);
    for passed_over in ["1 record of sys_choice", "1 record deleted there"] {
        assert!(said.err.contains(passed_over), "{}", said.err);
    }
    let billing = desk.shown(BILLING, "de").await;
    assert_eq!(
        (&billing["translated_code"], &billing["translated_description"], &billing["external"]),
        (&json!("Abrechnungsproblem"), &json!("Ein Code für Abrechnungsprobleme"), &json!(true))
    );
    let store = desk.shown(STORE, "de").await;
    assert_eq!(
        (&store["code"], &store["description"]),
        (&json!("Store, or Depot"), &json!("Where goods are kept\nand handed out"))
    );
    let refund = desk.shown(REFUND, "fr").await;
    assert_eq!(
        (&refund["code"], &refund["description"], &refund["translated_code"]),
        (&json!("Refund & Return"), &json!("Money <back>"), &json!("Remboursement"))
    );
    assert_eq!(desk.code("Fax")["active"], false);
    let configurations = desk.list("configuration");
    let named = |name: &str| configurations.iter().find(|one| one["name"] == name).expect("a configuration");
    let voice = named("Voice");
    assert_eq!(voice["sys_id"], "a1f27b679f201210c89656effa0a1c01");
    assert_eq!(voice["allowed_codes"], json!(["Billing Issue", "Store, or Depot"]));
    assert_eq!((&voice["default_code"], &voice["duration"]), (&json!("Billing Issue"), &json!(120)));
    assert_eq!(named("Chat")["allowed_codes"], json!(["Refund & Return", "Billing Issue"]));
    // Wrap-ups open by the sys_id that the configuration had.
    let opening = json!({
        "external": false, "agent_sys_id": "agent", "interaction_sys_id": "interaction",
        "opened_on": "2024-09-16 17:52:01", "wrap_up_configuration_sys_id": "a1f27b679f201210c89656effa0a1c01",
    });
    let opened = desk.server.api().post("segment/create", &opening).await.expect(200);
    assert_eq!(opened["segment"]["wrap_up_configuration"]["default_code"]["sys_id"], BILLING);
    // Once more, and nothing changes.
    let said = desk.said(&arguments);
    assert!(said.out.contains("0 new, 0 changed, 4 the same"), "{}", said.out);
    assert!(said.out.contains("0 new, 0 changed, 2 the same"), "{}", said.out);
    // Translations alone find the codes that are stored.
    let translations = desk.file(
        "sys_translated_text.csv",
        format!(
            "Table,Field name,Language,Document key,Value\ninteraction_wrap_up_code,code,it,{BILLING},Fatturazione\n"
        ),
    );
    desk.said(&["migrate", "servicenow", &translations]).fine();
    assert_eq!(desk.shown(BILLING, "it").await["translated_code"], "Fatturazione");
}

#[tokio::test]
async fn rows_of_an_export_that_cannot_be_taken_are_named_and_the_others_stored() {
    let desk = Desk::open();
    let codes = desk.file(
        "interaction_wrap_up_code.csv",
        format!("sys_id,code,active\n{BILLING},Billing Issue,true\n{STORE},,true\n{REFUND},Refund,perhaps\n"),
    );
    let configurations = desk.file(
        "export.json",
        json!({"records": [
            {"name": "Voice", "enable_codes": "true", "allowed_codes": format!("{BILLING},{STORE}"), "default_code": BILLING},
            {"name": "Chat", "enable_codes": "true", "allowed_codes": BILLING, "default_code": "Billing Issue"},
        ]})
        .to_string(),
    );
    let said = desk.said(&["migrate", "servicenow", &configurations, &codes]);
    let said = said.failed(&[
        "interaction_wrap_up_code.csv, line 3: code is required",
        "interaction_wrap_up_code.csv, line 4: active has to be true or false",
        &format!("export.json, records[0]: no active wrap-up code '{STORE}'"),
        "2 of 3 codes were not imported",
        "1 of 2 configurations was not imported",
    ]);
    assert!(said.out.contains("imported 1 of 3 codes"), "{}", said.out);
    assert_eq!(desk.code("Billing Issue")["sys_id"], BILLING);
    assert!(desk.list("configuration").iter().any(|one| one["name"] == "Chat"));
    // A file whose table nothing tells.
    let file = desk.file("export.csv", "label_of_it,number\nBilling Issue,1\n");
    desk.said(&["migrate", "servicenow", &file]).failed(&["export.csv", "--as TABLE=FILE"]);
    let file = desk.file("export.csv", format!("name,sys_id\nStore Issue,{STORE}\n"));
    desk.said(&["migrate", "servicenow", "--as", &format!("interaction_wrap_up_code={file}")]).fine();
    assert_eq!(desk.code("Store Issue")["sys_id"], STORE);
    desk.said(&["migrate", "servicenow", "--as", &format!("incident={file}")]).misused();
    desk.said(&["migrate", "servicenow"]).misused();
    for (name, content, problem) in [
        ("broken.xml", "<unload>\n<interaction_wrap_up_code>\n<code>One</cod>", "line 3"),
        ("type.xml", "<!DOCTYPE unload>\n<unload/>", "line 1: document types"),
        ("broken.json", "{\"result\": [\n{\"code\": }]}", "line 2"),
        ("none.json", "{\"error\": {\"message\": \"User Not Authenticated\"}}", "no list of records"),
    ] {
        let file = desk.file(name, content);
        desk.said(&["migrate", "servicenow", &file]).failed(&[name, problem]);
    }
}

#[tokio::test]
async fn wrap_up_codes_of_genesys_are_taken_page_by_page() {
    let desk = Desk::open();
    let printed = desk.said(&["migrate", "genesys", &export("genesys.json")]).fine();
    assert!(printed.contains("imported 3 of 3 codes: 3 new"), "{printed}");
    let code = desk.shown("0b6f7f341c2e4f0a9a552f5cf0f0a101", "en").await;
    assert_eq!((&code["code"], &code["description"]), (&json!("Order Cancelled"), &json!("Before it was sent")));
    let pages = json!([{"entities": [{"id": "1", "name": "Odd Id"}, {"name": "No Id"}]}, {"entities": [{"id": "2"}]}]);
    let said = desk.said(&["migrate", "genesys", &desk.file("pages.json", pages.to_string())]);
    said.failed(&[
        "pages.json, page 1, entities[0]: id has to be",
        "pages.json, page 2, entities[0]: name is required",
        "2 of 3 codes were not imported",
    ]);
    assert_eq!(desk.code("No Id")["active"], true);
    let page = json!({"entities": [{"id": "0b6f7f34-1c2e-4f0a-9a55-2f5cf0f0a104", "name": "Piped"}]}).to_string();
    Said::from(desk.server.cli(BINARY, &["migrate", "genesys", "-"], &page)).fine();
    assert_eq!(desk.code("Piped")["sys_id"], "0b6f7f341c2e4f0a9a552f5cf0f0a104");
}

#[tokio::test]
async fn a_configuration_is_read_by_its_columns_labels_and_its_codes_by_theirs() {
    let desk = Desk::open();
    desk.import_as("codes.csv", format!("code,sys_id\n\"Store, or Depot\",{STORE}\nBilling Issue,{BILLING}\n")).fine();
    let row = "A1F27B679F201210C89656EFFA0A1C03,Desk,WAHR,true,\"Billing Issue, Store, or Depot\",\"Store, or Depot\",true,00:01:30";
    let file = desk.file(
        "export.csv",
        format!("Sys ID,Name,Active,Enable codes,Allowed codes,Default code,Show timer,Duration\n{row}\n"),
    );
    let printed = desk.said(&["migrate", "servicenow", &file]).fine();
    assert!(printed.contains("imported 1 of 1 configuration: 1 new"), "{printed}");
    let shown = desk.said(&["configuration", "show", "a1f27b679f201210c89656effa0a1c03"]).fine();
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["allowed_codes"], json!(["Billing Issue", "Store, or Depot"]));
    assert_eq!((&shown["default_code"], &shown["duration"]), (&json!("Store, or Depot"), &json!(90)));
    // A code that is switched off can be no agent's.
    desk.import_as("codes.csv", "code,active\nBilling Issue,false\n").fine();
    desk.said(&["migrate", "servicenow", &file])
        .failed(&["export.csv, line 2: no active wrap-up code 'Billing Issue'"]);
}
