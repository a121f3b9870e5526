use roxmltree::{Document, Node};
use serde_json::{Map, Value, json};

use super::super::value::to_json;
use super::{parse, steps};

fn tree(xml: &str) -> Value {
    match parse(xml.as_bytes(), false) {
        Ok(fields) => Value::Object(to_json(&fields)),
        Err(error) => Value::String(error.to_string()),
    }
}

/// What a text in `<a>` is read as.
fn text(inner: &str) -> Value {
    tree(&format!("<request><a>{inner}</a></request>"))["a"].take()
}

#[track_caller]
fn assert_refused(xml: &str, error: &str) {
    let answer = tree(xml);
    assert!(answer.as_str().is_some_and(|text| text.contains(error)), "{xml}: {answer}");
}

#[test]
fn becomes_the_tree_of_its_json_counterpart() {
    let expected = json!({ "codes": [{ "code": "A & B" }, { "code": "<C>\u{1F642}" }], "notes": "" });
    for xml in [
        "<request><codes><code>A &amp; B</code></codes><codes><code>&lt;C&gt;&#x1F642;</code></codes><notes/></request>",
        "<?xml version='1.0' encoding='UTF-8'?>\n<request><entry>\n <codes><code>A &amp; B</code></codes>\n <codes><code><![CDATA[<C>]]>&#128578;</code></codes><!-- c --><notes></notes></entry></request>\n",
        "<r:request xmlns:r='urn:r'><codes><r:code>A &amp; B</r:code></codes><r:codes><code>&lt;C><?p?>&#xD83D;&#xDE42;</code></r:codes><x:notes/></r:request>",
    ] {
        assert_eq!(tree(xml), expected, "{xml}");
    }
}

#[test]
fn says_where_it_is_malformed() {
    for (xml, error) in [
        ("<request>\n<notes>x</note></request>", "line 2, column 9: another end tag than </notes>"),
        ("<request>\n <notes>x</notes>", "line 1, column 1: <request> has no end tag"),
        ("<request>\n <notes>x", "line 2, column 2: <notes> has no end tag"),
        ("", "line 1, column 1: no root element"),
        ("<other/>", "line 1, column 1: the root element has to be <request>, and is <other>"),
        ("<request/><request/>", "line 1, column 11: a second root element"),
        ("</request>", "line 1, column 1: an end tag without a start tag"),
        ("<request/>\n x", "line 2, column 2: text outside of the root element"),
        ("x<request/>", "line 1, column 1: text outside of the root element"),
        ("\u{a0}<request/>", "line 1, column 1: text outside of the root element"),
        ("<request/><![CDATA[]]>", "line 1, column 11: text outside of the root element"),
        ("<request/>&#32;", "line 1, column 11: text outside of the root element"),
        ("<request>&bomb;</request>", "line 1, column 10: a reference that XML does not know"),
        ("<request><a>a & b</a></request>", "line 1, column 15: a bare '&'"),
        ("<request><a>&#0;</a></request>", "line 1, column 13: a reference to what is no character"),
        ("<request><a>&#1114112;</a></request>", "line 1, column 13: a reference to what is no character"),
        ("<!DOCTYPE request [<!ENTITY a 'b'>]><request/>", "line 1, column 1: document types are not accepted"),
        ("<request>\n<!doctype a></request>", "line 2, column 1: document types are not accepted"),
        ("<!DOCTYPE request [", "line 1, column 1: document types are not accepted"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><request/>", "column 31: the only encoding accepted is UTF-8"),
        ("<request>text</request>", "line 1, column 1: the body has to be an object, and is a text"),
        ("<request>\n <a>x<b/></a></request>", "line 2, column 2: text between elements"),
        ("<request>\n <!-- a - b -- c --></request>", "line 2, column 13: '--' in a comment"),
        ("<request>\n <!-- a ---></request>", "line 2, column 9: '--' in a comment"),
        ("<request>\n <!-- a", "line 2, column 2: comment not closed"),
        ("<request>\n <![CDATA[ a", "line 2, column 2: CDATA not closed"),
        ("<request><a>x]]></a></request>", "line 1, column 14: ']]>' in a text"),
        ("<request><a>x\u{1}</a></request>", "line 1, column 14: a character that XML does not have"),
        ("<request><!-- \u{fffe} --></request>", "line 1, column 15: a character that XML does not have"),
        ("<request a='\u{1f}'/>", "line 1, column 13: a character that XML does not have"),
        ("<request>\n<1a/></request>", "line 2, column 1: an element with a name that is none"),
        ("<request>\n<a:b:c/></request>", "line 2, column 1: an element with a name that is none"),
        ("<request>\n<:a/></request>", "line 2, column 1: an element with a name that is none"),
        ("<request>\n< a/></request>", "line 2, column 1: an element with a name that is none"),
        ("<request>\n<></></request>", "line 2, column 1: an element with a name that is none"),
        ("<request>\n<a b/></request>", "line 2, column 4: an attribute without a value"),
        ("<request>\n<a b=1/></request>", "line 2, column 4: an attribute's value without quotes"),
        ("<request>\n<a b='1'c='2'/></request>", "line 2, column 9: no blank in front of an attribute"),
        ("<request>\n<a b='1' b='2'/></request>", "line 2, column 10: an attribute that is given twice"),
        ("<request>\n<a b='1<'/></request>", "line 2, column 8: '<' in an attribute's value"),
        ("<request>\n<a b='1&'/></request>", "line 2, column 8: a bare '&'"),
        ("<request>\n<a b='\t&c;'/></request>", "line 2, column 8: a reference that XML does not know"),
        ("<request>\n<a 1='1'/></request>", "line 2, column 4: an attribute with a name that is none"),
        ("<request>\n<?xml version='1.0'?></request>", "line 2, column 1: an XML declaration that does not begin"),
        (" <?xml version='1.0'?><request/>", "line 1, column 2: an XML declaration that does not begin the text"),
        ("<request><?XML a?></request>", "column 10: a processing instruction with a name that is none"),
        ("<request><?a+b c?></request>", "column 10: a processing instruction with a name that is none"),
        ("<?xml?><request/>", "column 6: an XML declaration has to begin with its version"),
        ("<?xml encoding='UTF-8' version='1.0'?><request/>", "column 24: what an XML declaration does not say"),
        ("<?xml standalone='no'?><request/>", "an XML declaration has to begin with its version"),
        ("<?xml version='2.0'?><request/>", "column 16: the only version accepted is XML 1.0"),
        ("<?xml version='1.0' standalone='no' encoding='UTF-8'?><request/>", "column 37: what an XML declaration"),
        ("<?xml version='1.0' lang='en'?><request/>", "column 21: what an XML declaration does not say"),
        ("<?xml version='1.0' standalone='maybe'?><request/>", "column 33: 'standalone' has to be"),
    ] {
        assert_refused(xml, error);
    }
}

#[test]
fn columns_count_bytes_whatever_stands_in_front() {
    assert_refused("<request>\n<a>\u{e4}\u{1F642}</b></request>", "line 2, column 10: ");
    // The byte order mark is no part of the first line.
    assert_refused("\u{feff}<request></a>", "line 1, column 10: ");
    assert_refused("\u{feff}\u{feff}<request/>", "line 1, column 1: text outside of the root element");
    assert_refused("<request>\r\n<a/>\r\n</a></request>", "line 3, column 1: ");
    let error = parse(b"<request>\n<a>\xc3\xa4\xff</a></request>", true).map_err(|error| error.to_string());
    assert_eq!(error, Err("line 2, column 6: bytes that are not UTF-8, which a body has to be in".to_owned()));
}

#[test]
fn an_error_shows_no_more_of_a_name_than_helps() {
    let long = "n".repeat(100_000);
    for xml in [
        format!("<{long}/>"),
        format!("<request><{long}></a>"),
        format!("<request><a></{long}>"),
        format!("<request><{long}>"),
    ] {
        assert!(tree(&xml).as_str().is_some_and(|text| text.len() < 200), "{:?}", tree(&xml));
    }
}

#[test]
fn line_ends_are_one_character() {
    assert_eq!(text("a\r\nb\rc\nd\r"), json!("a\nb\nc\nd\n"));
    assert_eq!(text("a\r\u{e4}\r\r\n<![CDATA[b\r\nc\r]]>\r"), json!("a\n\u{e4}\n\nb\nc\n\n"));
    assert_eq!(text("a&#13;&#xD;&#10;\r&#10;b"), json!("a\r\r\n\n\nb"));
    // A comment does not part a text.
    assert_eq!(text("a<!-- \r -->b<?p \r?>c"), json!("abc"));
}

#[test]
fn only_what_xml_itself_defines_is_referred_to() {
    assert_eq!(text("&lt;&gt;&amp;&quot;&apos;&#65;&#x41;&#x00041;&#9;"), json!("<>&\"'AAA\t"));
    assert_eq!(text("&amp;lt;&#38;lt;"), json!("&lt;&lt;"));
    for reference in [
        "&;", "&#;", "&#x;", "&#X41;", "&#+65;", "&#-1;", "&# 65;", "&#6 5;", "&#xG;", "&nbsp;", "&AMP;", "&amp ;",
        "& amp;",
    ] {
        assert_refused(
            &format!("<request><a>{reference}</a></request>"),
            "line 1, column 13: a reference that XML does not know",
        );
        assert_refused(
            &format!("<request><a b='{reference}'/></request>"),
            "line 1, column 16: a reference that XML does not know",
        );
    }
    for reference in ["&#xDC00;", "&#xD83D;", "&#xD83D;&#xD83D;&#xDE42;"] {
        assert_refused(
            &format!("<request><a b='{reference}'/></request>"),
            "line 1, column 16: a reference to what is no character",
        );
    }
    for reference in ["&#xFFFE;", "&#11;", "&#99999999999999999999;"] {
        assert_refused(
            &format!("<request><a>{reference}</a></request>"),
            "line 1, column 13: a reference to what is no character",
        );
        assert_refused(
            &format!("<request><a b='{reference}'/></request>"),
            "line 1, column 16: a reference to what is no character",
        );
    }
    for unfinished in ["&", "&amp", "&amp<b/>", "&&amp;", "&#65"] {
        assert_refused(&format!("<request><a>{unfinished}</a></request>"), "line 1, column 13: a bare '&'");
    }
}

#[test]
fn two_references_may_be_the_halves_of_one_character() {
    for (halves, expected) in [
        ("a&#xD83D;&#xDE42;b&#55357;&#56898;", "a\u{1F642}b\u{1F642}"),
        // What stands between them is no text.
        ("&#xD83D;<!-- -->&#xDE42;", "\u{1F642}"),
        ("&#xD83D;<![CDATA[]]>&#xDE42;", "\u{1F642}"),
    ] {
        assert_eq!(read_text(halves), (expected.to_owned(), false), "{halves}");
    }
    for (halves, expected) in [
        ("cut &#xD83D;", "cut \u{fffd}"),
        ("&#xDE42; cut", "\u{fffd} cut"),
        ("&#xDE42;&#xD83D;", "\u{fffd}\u{fffd}"),
        ("&#xD83D;x&#xDE42;", "\u{fffd}x\u{fffd}"),
        ("&#xD83D; &#xDE42;", "\u{fffd} \u{fffd}"),
        ("&#xD83D;<![CDATA[x]]>&#xDE42;", "\u{fffd}x\u{fffd}"),
        ("&#xD83D;&#xD83D;&#xDE42;", "\u{fffd}\u{1F642}"),
        ("&#xD83D;&#xDE42;&#xDE42;", "\u{1F642}\u{fffd}"),
        ("&#xD83D;&amp;&#xDE42;", "\u{fffd}&\u{fffd}"),
    ] {
        assert_eq!(read_text(halves), (expected.to_owned(), true), "{halves}");
    }
    assert_eq!(read_text("\u{fffd}&#xFFFD;"), ("\u{fffd}\u{fffd}".to_owned(), false));
    assert_refused("<request><a>&#xD83D;<b/>&#xDE42;</a></request>", "text between elements");
}

/// What a text in `<a>` is read as, and whether half of a pair was in it.
fn read_text(inner: &str) -> (String, bool) {
    match parse(format!("<request><a>{inner}</a></request>").as_bytes(), false).map(|mut fields| fields.remove("a")) {
        Ok(Some(super::Value::Text(text))) => (text.text, text.has_half),
        other => (format!("{other:?}"), false),
    }
}

#[test]
fn nil_is_null() {
    let declared = |attributes: &str, inner: &str| {
        tree(&format!("<request xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' {attributes}>{inner}</request>"))
    };
    for (attributes, inner, expected) in [
        ("", "<a xsi:nil='true'/>", json!({ "a": null })),
        ("", "<a xsi:nil=' 1 '></a>", json!({ "a": null })),
        ("", "<a xsi:nil='true'>\n <!-- nothing --> </a>", json!({ "a": null })),
        ("", "<a xsi:nil='false'>b</a><c xsi:nil='0'/>", json!({ "a": "b", "c": "" })),
        ("", "<a>x</a><a xsi:nil='true'/><a/>", json!({ "a": ["x", null, ""] })),
        ("", "<a xsi:nil='true'/><a xsi:nil='true'/>", json!({ "a": [null, null] })),
        ("", "<a><entry xsi:nil='true'/></a>", json!({ "a": { "entry": null } })),
        // The namespace counts, not the prefix, and a declaration for the tag that it stands in and what is within.
        ("xmlns:i='http://www.w3.org/2001/XMLSchema-instance'", "<a i:nil='true'/>", json!({ "a": null })),
        ("", "<a i:nil='true' xmlns:i='http&#58;//www.w3.org/2001/XMLSchema-instance'/>", json!({ "a": null })),
        (
            "xmlns:o='urn:other'",
            "<a o:nil='true'/><b nil='true'/><c xml:nil='true'/>",
            json!({ "a": "", "b": "", "c": "" }),
        ),
        (
            "",
            "<a><b xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'/><c/></a>",
            json!({ "a": { "b": null, "c": "" } }),
        ),
        (
            "xmlns:i='http://www.w3.org/2001/XMLSchema-instance'",
            "<a xmlns:i='urn:other'><b i:nil='true'/><c xsi:nil='1'/></a><d i:nil='1'/>",
            json!({ "a": { "b": "", "c": null }, "d": null }),
        ),
    ] {
        assert_eq!(declared(attributes, inner), expected, "{attributes} {inner}");
    }
    for (inner, error) in [
        ("<a xsi:nil='true'>b</a>", "an element with 'nil' that is not empty"),
        ("<a xsi:nil='true'><b/></a>", "an element with 'nil' that is not empty"),
        ("<a xsi:nil='yes'/>", "'nil' has to be true or false"),
        ("<a xsi:nil=''/>", "'nil' has to be true or false"),
        (
            "<a xsi:nil='1' i:nil='0' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'/>",
            "an attribute that is given twice",
        ),
        ("<a xmlns:xsi='urn:other' xsi:nil='true'/>", "the namespace of 'xsi' is not declared"),
        // Of a prefix that nobody has declared, or not for this element, nobody knows what it means.
        ("<c u:nil='true'/>", "the namespace of 'u' is not declared"),
        (
            "<a><b xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'/><c i:nil='true'/></a>",
            "the namespace of 'i' is not declared",
        ),
    ] {
        let answer = declared("", inner);
        assert!(answer.as_str().is_some_and(|text| text.contains(error)), "{inner}: {answer}");
    }
    assert_refused(
        "<request>\n<a xsi:nil='true'/></request>",
        "line 2, column 4: the namespace of 'xsi' is not declared",
    );
    assert_eq!(declared("xsi:nil='true'", ""), json!("line 1, column 1: the body has to be an object, and is null"));
    assert_eq!(
        declared("", "<entry xsi:nil='true'/>"),
        json!("line 1, column 1: the body has to be an object, and is null")
    );
}

#[test]
fn the_encoding_that_is_declared_is_one_that_it_can_be() {
    let declared =
        |encoding: &str| format!("<?xml version=\"1.0\" encoding=\"{encoding}\" ?><request><a>\u{e4}</a></request>");
    for encoding in ["utf-8", "UTF-8", "utf8", "US-ASCII", "UTF-16", "utf-16", "UTF-16LE"] {
        assert_eq!(tree(&declared(encoding)), json!({ "a": "\u{e4}" }), "{encoding}");
    }
    for encoding in ["ISO-8859-1", "windows-1252", "UTF-32", "utf-7", "", "utf-88"] {
        assert_refused(&declared(encoding), "line 1, column 31: the only encoding accepted is UTF-8");
        // The mark says what the bytes are, and so does a header.
        assert_eq!(tree(&format!("\u{feff}{}", declared(encoding))), json!({ "a": "\u{e4}" }), "{encoding}");
        let told = parse(declared(encoding).as_bytes(), true).map(|fields| Value::Object(to_json(&fields)));
        assert_eq!(told, Ok(json!({ "a": "\u{e4}" })), "{encoding}");
    }
    assert_eq!(tree("<?xml\n\tversion = '1.1'\r\nencoding='utf-8'?><request/>"), json!({}));
}

#[test]
fn attributes_are_bounded() {
    let with = |attributes: &str| format!("<request><!-- a=b --><notes {attributes}>a=b</notes></request>");
    let numbered = |name: &str, count| (0..count).map(|n| format!("{name}{n}='{n}' ")).collect::<String>();
    let refused = |xml: String| tree(&xml).as_str().is_some_and(|text| text.contains("more attributes"));
    assert_eq!(tree(&with(&numbered("a", 64))), json!({ "notes": "a=b" }));
    assert!(refused(with(&numbered("a", 65))));
    assert!(refused(with(&numbered("xmlns:a", 65))));
    assert!(refused(with(&format!("first='>' {}", numbered("a", 100_000)))), "a quoted > ends no tag");
    assert_eq!(tree(&format!("<request><notes>{}</notes></request>", "=".repeat(100)))["notes"], "=".repeat(100));
    // Serialisers may declare their namespaces at each element.
    let codes = "<codes xmlns:i='http://www.w3.org/2001/XMLSchema-instance' xmlns:x = 'urn:x'><code>a</code></codes>";
    let list = tree(&format!("<request>{}</request>", codes.repeat(1_000)))["codes"].take();
    assert_eq!(list.as_array().map(Vec::len), Some(1_000));
}

#[test]
fn depth_is_bounded() {
    let deep = |levels| format!("<request>{}{}</request>", "<a>".repeat(levels), "</a>".repeat(levels));
    assert!(parse(deep(127).as_bytes(), false).is_ok());
    assert_refused(&deep(128), "line 1, column 391: nested too deeply");
    assert_refused(&format!("<request>{}<a/>", "<a>".repeat(127)), "line 1, column 391: nested too deeply");
    assert!(parse(deep(140_000).as_bytes(), false).is_err());
}

/// Texts of about so many bytes that are made to keep a reader busy.
fn hostile(size: usize) -> Vec<(&'static str, String)> {
    let repeated = |piece: &str| piece.repeat(size / piece.len());
    let numbered =
        |piece: &dyn Fn(usize) -> String| (0..).map(piece).take(size / piece(10_000).len()).collect::<String>();
    let request = |inner: String| format!("<request>{inner}</request>");
    let instance = "http://www.w3.org/2001/XMLSchema-instance";
    let deep = "<a>".repeat(126);
    vec![
        ("declarations that nest", format!("<request>{}", numbered(&|n| format!("<a xmlns:n{n} =\"u{n}\">")))),
        ("declarations side by side", request(numbered(&|n| format!("<a xmlns:n{n} = \"u{n}\"/>")))),
        ("declarations in one tag", format!("<request {}/>", numbered(&|n| format!("xmlns:n{n}\t=\n'u{n}' ")))),
        (
            "declarations of the instance namespace",
            request(numbered(&|n| {
                let many = |kind: char| (0..30).map(|m| format!(" xmlns:{kind}{m}='{instance}'")).collect::<String>();
                format!("<a{n}{}><b{}/></a{n}>", many('a'), many('b'))
            })),
        ),
        ("nulls", format!("<request xmlns:i='{instance}'>{}</request>", repeated("<a i:nil='true'/>"))),
        ("attributes in one tag", format!("<request {}/>", numbered(&|n| format!("a{n}='' ")))),
        (
            "as many attributes as a tag may have",
            request(repeated(&format!("<a {}/>", (0..64).map(|n| format!(" a{n}=''")).collect::<String>()))),
        ),
        (
            "long names of attributes",
            request(repeated(&format!(
                "<a {}/>",
                (0..64).map(|n| format!(" {}{n:02}=''", "a".repeat(200))).collect::<String>()
            ))),
        ),
        ("depth", format!("<request>{}", repeated("<a>"))),
        ("siblings of one name", request(repeated("<a/>"))),
        ("siblings of many names", request(numbered(&|n| format!("<a{n}/>")))),
        ("siblings of two names in turn", request(repeated("<a/><b/>"))),
        ("siblings far down", request(format!("{deep}{}{}", repeated("<b>x</b>"), "</a>".repeat(126)))),
        ("references", request(format!("<a>{}</a>", repeated("&amp;")))),
        ("references in attributes", request(repeated("<a b='&#38;&lt;&#x26;&gt;'/>"))),
        ("pairs of references", request(format!("<a>{}</a>", repeated("&#xD83D;&#xDE42;")))),
        ("a long reference", request(format!("<a>&#{};</a>", repeated("0")))),
        ("ampersands", request(format!("<a b='{};'/>", repeated("&")))),
        ("a comment", request(format!("<!--{}-->", repeated("- >")))),
        ("comments", request(repeated("<!---->"))),
        ("a comment without an end", format!("<request><!--{}", repeated("->"))),
        ("CDATA", request(format!("<a><![CDATA[{}]]></a>", repeated("]] >")))),
        ("many CDATA", request(format!("<a>{}</a>", repeated("<![CDATA[]]>")))),
        ("CDATA without an end", format!("<request><![CDATA[{}", repeated("]>"))),
        ("an instruction", request(format!("<?a {}?>", repeated("? >")))),
        ("instructions", request(repeated("<?a?>"))),
        ("an instruction without an end", format!("<request><?a {}", repeated("?"))),
        ("a tag without an end", format!("<request><a {}", repeated("'>'"))),
        ("a document type", format!("<!DOCTYPE a [{}", repeated("<!ENTITY a ''>"))),
        ("carriage returns", request(format!("<a>{}</a>", repeated("\r")))),
        ("texts between comments", request(format!("<a>{}</a>", repeated("x<!---->")))),
        ("blanks between elements", request(repeated("<a/> \n"))),
        ("a long name", request(format!("<{0}></{0}>", repeated("n")))),
        ("end tags", format!("<request>{}", repeated("</a>"))),
        ("characters of three bytes", request(format!("<a>{}</a>", repeated("\u{f000}")))),
        ("a bad character at the end", request(format!("<a>{}\u{1}</a>", repeated("x\n")))),
    ]
}

#[test]
fn no_text_takes_more_steps_for_a_byte_than_a_few() {
    let steps = |xml: &str| steps::taken(|| drop(parse(xml.as_bytes(), false)));
    for ((kind, small), (_, large)) in hostile(20_000).into_iter().zip(hostile(320_000)) {
        for xml in [&small, &large] {
            let (steps, bytes) = (steps(xml), xml.len());
            // What ends at the first bad tag takes next to none.
            assert!(steps <= 8 * bytes + 1_000, "{kind}: {steps} steps for {bytes} bytes");
        }
        // By the byte: names with more digits take more bytes.
        let by_the_byte = |xml: &str| steps(xml) as f64 / xml.len() as f64;
        let (few, many) = (by_the_byte(&small), by_the_byte(&large));
        assert!(many <= 1.1 * few, "{kind}: {few} steps for a byte, and {many} where there are 16 times as many");
    }
}

/// The tree that another parser makes of a text; `None` where it refuses it.
fn as_another_reads_it(xml: &str) -> Option<Value> {
    fn value(node: Node<'_, '_>) -> Option<Value> {
        let mut children = Map::new();
        for child in node.children().filter(Node::is_element) {
            let name = child.tag_name().name();
            let child = value(child)?;
            match children.get_mut(name) {
                None => drop(children.insert(name.to_owned(), child)),
                Some(Value::Array(list)) => list.push(child),
                Some(first) => *first = json!([first.take(), child]),
            }
        }
        let text: String = node.children().filter(Node::is_text).filter_map(|node| node.text()).collect();
        match (children.is_empty(), text.trim().is_empty()) {
            (true, _) => Some(Value::String(text)),
            (false, true) => Some(Value::Object(children)),
            (false, false) => None,
        }
    }
    let document = Document::parse(xml).ok()?;
    value(document.root_element()).filter(|_| document.root_element().tag_name().name() == "request")
}

/// Each text with one character taken out, replaced or put in is read as another parser reads it, or refused as it
/// refuses it. (Carriage returns are left out: the other parser keeps one in front of a reference.)
#[test]
fn a_text_with_one_character_wrong_is_read_as_another_parser_reads_it() {
    let texts = [
        "<?xml version='1.0' encoding='utf-8'?>\r\n<request><a b='c' d=\"e\">f&amp;g</a><!-- h --><a/>\n<i><![CDATA[<j>]]></i ></request>\n",
        "<request x:y='z' xmlns:x='u'><x:a>&#x41;&#66;\n</x:a><?p q?><b>\u{e4}]] ></b></request><!-- z -->",
    ];
    let (mut read, mut refused) = (0, 0);
    for text in texts {
        let mut changed = vec![text.to_owned()];
        for (at, character) in text.char_indices() {
            let (before, after) = (&text[..at], &text[at + character.len_utf8()..]);
            changed.push(format!("{before}{after}"));
            for other in "<>&;'\"=/!?-[]:# \nax1\u{0}\u{e4}\u{fffe}\u{a0}".chars() {
                changed.push(format!("{before}{other}{after}"));
                changed.push(format!("{before}{other}{character}{after}"));
            }
        }
        for xml in changed {
            match (read_value(&xml), as_another_reads_it(&xml)) {
                (Some(here), Some(there)) => {
                    read += 1;
                    assert_eq!(here, there, "{xml:?}");
                }
                (None, None) => refused += 1,
                (Some(_), None) => assert!(is_a_matter_of_namespaces(&xml), "read, and should not be: {xml:?}"),
                (None, Some(_)) => assert!(is_taken_by_the_other_alone(&xml), "refused, and should not be: {xml:?}"),
            }
        }
    }
    assert!(read > 1_000 && refused > 5_000, "{read} read, {refused} refused");
}

fn read_value(xml: &str) -> Option<Value> {
    super::read(xml, false).ok().map(|root| root.value.to_json())
}

/// Whether the other parser refuses a text because of a prefix.
fn is_a_matter_of_namespaces(xml: &str) -> bool {
    let error = Document::parse(xml).err().map(|error| error.to_string()).unwrap_or_default();
    ["namespace", "prefix"].into_iter().any(|word| error.contains(word))
}

/// Whether the other parser takes what it should not: it reads past declarations and instructions, and takes a name
/// that begins with a colon.
fn is_taken_by_the_other_alone(xml: &str) -> bool {
    let fault = super::read(xml, false).err().map(|fault| fault.problem).unwrap_or_default();
    let of_a_declaration = ["declaration", "the only version", "the only encoding", "processing instruction"];
    of_a_declaration.into_iter().any(|words| fault.contains(words))
        || ["<:", "</:", " :", "\n:"].into_iter().any(|colon| xml.contains(colon))
}
