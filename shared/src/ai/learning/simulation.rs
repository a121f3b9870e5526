//! What learning brings, on the project's own conversations.

#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::{HashKey, Learner, Pick, Record};
use crate::ai::extractive::SURE_ENOUGH;
use crate::ai::extractive::lexicon::Lexicons;
use crate::ai::extractive::rank::Scores;
use crate::ai::extractive::sentences::Speech;
use crate::ai::{Conversation, Said};
use crate::codes::{Code, CodeRequest};
use crate::document::{Document, Fields};
use crate::language::Language;
use crate::redaction::Redactor;

/// A conversation as ranking and learning read it.
struct Call {
    scores: Scores,
    /// The best code by the ranking alone, and how sure that is.
    alone: Option<(usize, f64)>,
    right: usize,
}

/// Conversations that are filed under the same codes.
struct Desk {
    codes: usize,
    calls: Vec<Call>,
}

fn key() -> HashKey {
    HashKey::of_bytes(&[7; 32]).expect("a key")
}

fn allowed_codes(row: &Value) -> Vec<Arc<Code>> {
    let document = Document::from_json(row.to_string().as_bytes()).expect("JSON");
    let read = |fields: &Fields<'_>| {
        let requests = fields.objects("allowed_codes")?;
        Some(requests.iter().filter_map(CodeRequest::read).collect::<Vec<_>>())
    };
    let codes = document.read(read).expect("codes").into_iter().map(|request| {
        let mut code = Code::new_external(request.label);
        code.description = request.description.unwrap_or_default();
        code.lay_over(&request.translations);
        Arc::new(code)
    });
    codes.collect()
}

/// All labelled conversations that are there to be read, by what they choose from.
fn desks() -> Vec<Desk> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conversations");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "jsonl"));
    files.sort();
    let lexicons = Lexicons::new();
    let mut desks: BTreeMap<Vec<String>, Desk> = BTreeMap::new();
    for file in files {
        let mut codes: Vec<Arc<Code>> = Vec::new();
        for line in fs::read_to_string(&file).expect("a text").lines() {
            let row: Value = serde_json::from_str(line).expect("JSON");
            let Some(right) = row["code"].as_str() else { continue };
            if !row["allowed_codes"].is_null() {
                codes = allowed_codes(&row);
            }
            let text = |field: &str| row[field].as_str().map(str::to_owned);
            let language = row["language"].as_str().and_then(Language::of_tag);
            let said = Said { short_description: text("short_description"), transcript: text("transcript"), language };
            let conversation = Conversation::redacted(said, Redactor::default());
            let lexicon = lexicons.of_conversation(&conversation);
            let speech = Speech::of(&conversation, lexicon);
            let scores = Scores::of(&speech, &codes, (&lexicons, lexicon), &key());
            let labels: Vec<String> = codes.iter().map(|code| code.code.as_str().to_owned()).collect();
            let right = labels.iter().position(|label| label == right).expect("an allowed code");
            let desk = desks.entry(labels).or_insert_with(|| Desk { codes: codes.len(), calls: Vec::new() });
            desk.calls.push(Call { alone: scores.best(None), scores, right });
        }
    }
    desks.into_values().collect()
}

/// Labels after which what was learned is read again.
const READ_AFTER: usize = 4;

/// What became of a part of the way.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    alone: Counts,
    fused: Counts,
    right: Changed,
    spoken_right: Changed,
}

/// Calls in which learning has changed something: for the better and for the worse.
#[derive(Clone, Copy, Debug, Default)]
struct Changed {
    better: usize,
    worse: usize,
}

impl Changed {
    fn add(&mut self, alone: bool, fused: bool) {
        self.better += usize::from(fused && !alone);
        self.worse += usize::from(alone && !fused);
    }

    /// Whether it is worse by more than chance would have it: by two standard deviations, where either is as likely.
    fn is_worse(self) -> bool {
        let Self { better, worse } = self;
        worse as f64 - better as f64 > 2.0 * ((better + worse) as f64).sqrt()
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    right: usize,
    spoken: usize,
    spoken_right: usize,
}

impl Part {
    fn add(&mut self, call: &Call, fused: Option<(usize, f64)>) {
        let of = |counts: &mut Counts, best: Option<(usize, f64)>| {
            let right = best.is_some_and(|(code, _)| code == call.right);
            let spoken = best.is_some_and(|(_, sure)| sure >= SURE_ENOUGH);
            counts.right += usize::from(right);
            counts.spoken += usize::from(spoken);
            counts.spoken_right += usize::from(right && spoken);
            (right, right && spoken)
        };
        let (alone, fused) = (of(&mut self.alone, call.alone), of(&mut self.fused, fused));
        self.right.add(alone.0, fused.0);
        self.spoken_right.add(alone.1, fused.1);
    }
}

/// Goes through a desk's calls in an order of chance; for each is suggested before it is learned from. `wrong` is the share
/// of labels that are others than the right ones.
fn simulate(desk: &Desk, seed: u64, wrong: f64, tenths: &mut [Part; 10]) {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut order: Vec<&Call> = desk.calls.iter().collect();
    chance.shuffle(&mut order);
    let mut learner = Learner::with_key(key(), desk.codes);
    let mut learned = learner.learned();
    for (place, call) in order.iter().enumerate() {
        tenths[place * 10 / order.len()].add(call, call.scores.best(Some(&learned)));
        let label = if chance.f64() < wrong { chance.usize(..desk.codes) } else { call.right };
        learner.learn(call.scores.bag(), label);
        if place % READ_AFTER == 0 {
            learned = learner.learned();
        }
    }
}

/// Orders that are tried of each desk's calls.
const ORDERS: u64 = 2;

/// All desks together, in the same orders, with so many wrong labels.
fn all_tenths(desks: &[Desk], wrong: f64) -> [Part; 10] {
    let mut tenths = [Part::default(); 10];
    for desk in desks {
        for seed in 0..ORDERS {
            simulate(desk, seed, wrong, &mut tenths);
        }
    }
    tenths
}

/// What was learned hurts nothing on the way; also where one label of ten is wrong.
#[test]
fn what_is_learned_hurts_at_no_time() {
    let desks = desks();
    assert!(desks.len() >= 2 && desks.iter().map(|desk| desk.calls.len()).sum::<usize>() >= 120);
    for wrong in [0.0, 0.1] {
        for tenth in all_tenths(&desks, wrong) {
            assert!(!tenth.right.is_worse() && !tenth.spoken_right.is_worse(), "{wrong} wrong: {tenth:?}");
        }
    }
}

/// In the end, for each conversation by all that was learned from the others, some five labels a code: more are named and right,
/// although the ranking was tuned on most of these very ones; with wrong labels, too; and where labels and descriptions say
/// nothing, so that there is no ranking, more than twice as many are right as by chance.
#[test]
fn what_is_learned_helps_in_the_end() {
    for wrong in [0.0, 0.1] {
        let (mut end, mut untold, mut by_chance) = (Part::default(), 0, 0.0);
        for desk in desks() {
            let mut chance = fastrand::Rng::with_seed(7);
            let mut learner = Learner::with_key(key(), desk.codes);
            let label = |call: &Call| if chance.f64() < wrong { chance.usize(..desk.codes) } else { call.right };
            let labels: Vec<usize> = desk.calls.iter().map(label).collect();
            let labelled = || desk.calls.iter().zip(&labels);
            labelled().for_each(|(call, label)| learner.learn(call.scores.bag(), *label));
            for (call, label) in labelled() {
                learner.take_out(call.scores.bag(), *label);
                let learned = learner.learned();
                end.add(call, call.scores.best(Some(&learned)));
                let best = call.scores.without_labels().best(Some(&learned));
                untold += usize::from(best.is_some_and(|(code, _)| code == call.right));
                by_chance += 1.0 / desk.codes as f64;
                learner.learn(call.scores.bag(), *label);
            }
        }
        assert!(!end.right.is_worse() && !end.spoken_right.is_worse(), "{wrong} wrong: {end:?}");
        assert!(end.spoken_right.better > end.spoken_right.worse, "{wrong} wrong: {end:?}");
        assert!(untold as f64 > 2.0 * by_chance, "{wrong} wrong: {untold} right, {by_chance} by chance");
    }
}

/// Where most labels are forged, what was learned is worth nothing, and the deployment's own record silences the filler.
#[test]
fn forged_labels_make_it_silent() {
    for desk in desks() {
        let mut learner = Learner::with_key(key(), desk.codes);
        let (mut learned, mut record) = (learner.learned(), Record::default());
        let mut chance = fastrand::Rng::with_seed(7);
        let mut spoken = Vec::new();
        for (place, call) in desk.calls.iter().cycle().take(150).enumerate() {
            let forged = chance.usize(..desk.codes);
            if place % READ_AFTER == 0 {
                learned = learner.learned();
            }
            if let Some((code, sure)) = call.scores.best(Some(&learned)) {
                spoken.push(sure >= record.threshold(SURE_ENOUGH).or(SURE_ENOUGH));
                record.add(Pick { confidence: sure.into(), agreed: code == forged, blind: false, week: 0 });
            }
            learner.learn(call.scores.bag(), forged);
        }
        assert!(spoken[..30].contains(&true), "it speaks at first");
        assert!(!spoken[100..].contains(&true), "and falls silent");
    }
}
