//! Makes other inputs of those that there are: bytes, words, and, where it is one, the JSON behind the first empty line.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Another input, made of one of `inputs` and of words.
pub fn another(random: &mut Rng, inputs: &[Vec<u8>], words: &[&str], largest: usize) -> Vec<u8> {
    let mut input = random.choice(inputs).cloned().unwrap_or_default();
    for _ in 0..1 + random.usize(0..4) {
        match random.u8(0..10) {
            0..=3 => input = other_json(random, &input, inputs, words).unwrap_or(input),
            4..=5 => put_word(random, &mut input, words),
            6 => splice(random, &mut input, inputs),
            7 => repeat(random, &mut input),
            _ => other_bytes(random, &mut input),
        }
    }
    input.truncate(largest);
    input
}

/// Where something in it begins or ends, more often than elsewhere.
fn place(random: &mut Rng, input: &[u8]) -> usize {
    let any = random.usize(0..=input.len());
    if random.bool() {
        return any;
    }
    let is_mark = |byte: &u8| b"<>{}[]()\",:;/=&?\n\r\t .+-".contains(byte);
    any + input[any..].iter().position(is_mark).map_or(0, |at| at + random.usize(0..2))
}

fn range(random: &mut Rng, input: &[u8]) -> (usize, usize) {
    let (one, other) = (place(random, input), place(random, input));
    (one.min(other).min(input.len()), one.max(other).min(input.len()))
}

fn put_word(random: &mut Rng, input: &mut Vec<u8>, words: &[&str]) {
    let word = random.choice(words).copied().unwrap_or("\0");
    let (start, end) = range(random, input);
    let end = if random.bool() { start } else { end.min(start + 12) };
    input.splice(start..end, word.bytes());
}

fn splice(random: &mut Rng, input: &mut Vec<u8>, inputs: &[Vec<u8>]) {
    let Some(other) = random.choice(inputs) else { return };
    let (from, to) = range(random, other);
    let (start, end) = range(random, input);
    input.splice(start..end, other[from..to].iter().copied());
}

fn repeat(random: &mut Rng, input: &mut Vec<u8>) {
    let (start, end) = range(random, input);
    let times = 1 << random.u8(0..7);
    let part = input[start..end].repeat(times.min(1 + 4096 / (end - start).max(1)));
    input.splice(start..start, part);
}

fn other_bytes(random: &mut Rng, input: &mut Vec<u8>) {
    let (start, end) = range(random, input);
    match random.u8(0..5) {
        0 => drop(input.drain(start..end.min(start + 8))),
        1 => drop(input.drain(start..end)),
        2 => input.insert(start, random.u8(..)),
        3 => {
            if let Some(byte) = input.get_mut(start) {
                *byte ^= 1 << random.u8(0..8);
            }
        }
        _ => input[start..end].reverse(),
    }
}

/// The head of an input, which ends with an empty line where there is one, and the rest.
pub fn head_and_body(input: &[u8]) -> (&[u8], &[u8]) {
    match input.windows(2).position(|two| two == b"\n\n") {
        Some(end) => input.split_at(end + 2),
        None => (&[], input),
    }
}

fn other_json(random: &mut Rng, input: &[u8], inputs: &[Vec<u8>], words: &[&str]) -> Option<Vec<u8>> {
    let (head, body) = head_and_body(input);
    let mut json: Value = serde_json::from_slice(body).ok()?;
    let other = random.choice(inputs).and_then(|other| serde_json::from_slice(head_and_body(other).1).ok());
    let mut places = count(&json);
    let target = random.usize(0..places);
    let other: Value = other.unwrap_or(Value::Null);
    let part = nth(&other, &mut random.usize(0..count(&other))).cloned();
    places = target;
    change(random, nth_mut(&mut json, &mut places)?, part, words);
    Some([head, json.to_string().as_bytes()].concat())
}

fn count(json: &Value) -> usize {
    1 + match json {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

fn nth<'a>(json: &'a Value, left: &mut usize) -> Option<&'a Value> {
    if *left == 0 {
        return Some(json);
    }
    *left -= 1;
    match json {
        Value::Array(list) => list.iter().find_map(|entry| nth(entry, left)),
        Value::Object(fields) => fields.values().find_map(|value| nth(value, left)),
        _ => None,
    }
}

fn nth_mut<'a>(json: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(json);
    }
    *left -= 1;
    match json {
        Value::Array(list) => list.iter_mut().find_map(|entry| nth_mut(entry, left)),
        Value::Object(fields) => fields.values_mut().find_map(|value| nth_mut(value, left)),
        _ => None,
    }
}

fn change(random: &mut Rng, json: &mut Value, part: Option<Value>, words: &[&str]) {
    let word = random.choice(words).copied().unwrap_or_default();
    match (json, random.u8(0..4)) {
        (Value::Array(list), 0) if !list.is_empty() => drop(list.remove(random.usize(0..list.len()))),
        (Value::Array(list), 1) => list.push(part.unwrap_or(json!(word))),
        (Value::Array(list), 2) if !list.is_empty() => list.push(list[random.usize(0..list.len())].clone()),
        (Value::Object(fields), 0) if !fields.is_empty() => drop(fields.remove(&name(random, fields))),
        (Value::Object(fields), 1) => drop(fields.insert(word.to_owned(), part.unwrap_or(Value::Null))),
        (Value::Object(fields), 2) if !fields.is_empty() => {
            let name = name(random, fields);
            fields.insert(name, part.unwrap_or(json!(word)));
        }
        (Value::String(text), 0..=1) => {
            let mut at = random.usize(0..=text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            if random.bool() { text.insert_str(at, word) } else { *text = text.repeat(1 + random.usize(0..40)) }
        }
        (json, _) => {
            *json = match random.u8(0..9) {
                0 => Value::Null,
                1 => json!(random.bool()),
                2 => json!(random.i32(-3..300)),
                3 => json!(1.0e-3 * f64::from(random.i32(..))),
                4 => json!([json.clone()]),
                5 => json!({word: json.clone()}),
                6 => part.unwrap_or_default(),
                7 => json!(""),
                _ => json!(word),
            }
        }
    }
}

fn name(random: &mut Rng, fields: &Map<String, Value>) -> String {
    fields.keys().nth(random.usize(0..fields.len())).cloned().unwrap_or_default()
}
