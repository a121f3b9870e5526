//! Which code fits: what codes and conversation have in common, weighed as BM25 does. A feature that few
//! codes have says much, and saying it again and again adds less and less.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lexicon::{Lexicon, Lexicons};
use super::profile::{Feature, Profile};
use super::sentences::Speech;
use super::thesaurus::Concept;
use crate::codes::Code;

/// How soon repeating a thing adds nothing (the k1 of BM25), in a conversation of `USUAL` sentences.
const SATURATION: f64 = 3.0;
/// A shorter conversation repeats less, so that once says more in it (the b of BM25).
const SHORTNESS: f64 = 0.75;
const USUAL: f64 = 20.0;

/// What a code for everything else scores without any sign of it: what has less in common with the
/// conversation is no better guess.
const CATCH_ALL: f64 = 0.2;
/// How much it says for such a code that the conversation is about a matter that no other code has.
const MATTER_OF_NONE: f64 = 0.6;

/// A score from which on it does not make a suggestion less sure that little was found.
const ENOUGH: f64 = 0.4;

/// The codes in the order in which they fit.
pub struct Ranking {
    /// The codes that have anything in common with the conversation, the best first.
    pub codes: Vec<Ranked>,
    /// The best code's features, and how much each says.
    pub telling: BTreeMap<Feature, f64>,
}

/// A code that may fit.
#[derive(Clone, Copy, Debug)]
pub struct Ranked {
    /// Its place in the task.
    pub code: usize,
    /// From 0 to 1, the share of such suggestions that is hoped to be right.
    pub confidence: f64,
}

impl Ranking {
    /// Ranks the codes.
    pub fn of(speech: &Speech<'_>, codes: &[Arc<Code>], lexicons: &Lexicons, lexicon: &Lexicon) -> Self {
        let mut profiles = Profile::of_all(codes, lexicons, lexicon);
        let rarity = rarity(&profiles);
        let evidence = evidence(speech);
        let of_none = evidence.iter().filter(|(feature, _)| is_matter(feature) && !rarity.contains_key(*feature));
        let catch_all = CATCH_ALL + MATTER_OF_NONE * of_none.map(|(_, strength)| *strength).fold(0.0, f64::max);
        let score = |profile: &Profile| match profile.is_catch_all {
            true => catch_all,
            false => score(profile, &rarity, &evidence),
        };
        let mut ranked: Vec<(usize, f64)> = profiles.iter().map(score).enumerate().collect();
        // Of equals the first of the list, so that the same task always gets the same answer.
        ranked.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        ranked.retain(|(_, score)| *score > 0.0);
        let Some((best, highest)) = ranked.first().copied() else {
            return Self { codes: Vec::new(), telling: BTreeMap::new() };
        };
        let second = ranked.get(1).map_or(0.0, |(_, score)| *score);
        let sure = confidence(highest, second);
        let rest = (1.0 - sure) / ranked.iter().skip(1).map(|(_, score)| score).sum::<f64>();
        let share = |place: usize, score: f64| if place == 0 { sure } else { (rest * score).min(sure) };
        let codes = ranked.iter().enumerate();
        let codes = codes.map(|(place, (code, score))| Ranked { code: *code, confidence: share(place, *score) });
        Self { codes: codes.collect(), telling: profiles.swap_remove(best).features }
    }
}

fn is_matter(feature: &Feature) -> bool {
    matches!(feature, Feature::Concept(Concept::Matter(_)))
}

/// How much it says of a code that it has a feature, from 0 to about 1: less, the more codes have it.
fn rarity(profiles: &[Profile]) -> BTreeMap<Feature, f64> {
    let mut having: BTreeMap<Feature, f64> = BTreeMap::new();
    for profile in profiles.iter().filter(|profile| !profile.is_catch_all) {
        for (feature, weight) in &profile.features {
            *having.entry(feature.clone()).or_default() += weight;
        }
    }
    let codes = profiles.len() as f64;
    let rarity = |having: f64| (1.0 + (codes - having + 0.5).max(0.0) / (having + 0.5)).ln();
    having.into_iter().map(|(feature, having)| (feature, rarity(having) / rarity(1.0))).collect()
}

/// How strongly the conversation has each feature, from 0 to 1. A sentence that is said again counts once.
fn evidence(speech: &Speech<'_>) -> BTreeMap<Feature, f64> {
    let mut evidence: BTreeMap<Feature, f64> = BTreeMap::new();
    let mut said = BTreeSet::new();
    for sentence in &speech.sentences {
        if !said.insert(sentence.words.iter().map(|word| word.stem.as_str()).collect::<Vec<_>>()) {
            continue;
        }
        for (feature, strength) in sentence.features() {
            *evidence.entry(feature).or_default() += sentence.weight() * strength;
        }
    }
    let length = (speech.sentences.len() as f64 / USUAL).min(1.0);
    let saturation = SATURATION * (1.0 - SHORTNESS + SHORTNESS * length);
    for strength in evidence.values_mut() {
        *strength /= *strength + saturation;
    }
    evidence
}

/// What the profile and the conversation have in common, beside all that the profile has.
fn score(profile: &Profile, rarity: &BTreeMap<Feature, f64>, evidence: &BTreeMap<Feature, f64>) -> f64 {
    let mut common = 0.0;
    let mut squares = 0.0;
    for (feature, weight) in &profile.features {
        let weight = weight * rarity.get(feature).copied().unwrap_or_default();
        common += weight * evidence.get(feature).copied().unwrap_or_default();
        squares += weight * weight;
    }
    // Half way between no norm, which favours long descriptions, and the full one, which favours short ones.
    if squares > 0.0 { common / f64::sqrt(squares).sqrt() } else { 0.0 }
}

/// How sure the best code is, by its lead before the second. The line was laid by eye through the shares that
/// were right in the tuning half of `tests/conversations`, below most of them; of conversations that nobody
/// tuned on fewer are right.
fn confidence(best: f64, second: f64) -> f64 {
    let lead = (best - second) / best;
    let sure = (0.3 + 1.3 * lead).min(0.9) * (best / ENOUGH).min(1.0);
    (sure * 100.0).round() / 100.0
}
