//! Which code fits: what codes and conversation have in common, weighed as BM25 does. A feature that few
//! codes have says much, and saying it again and again adds less and less.
//!
//! Whoever talks long enough of another code, or reads its description out, would move a ranking; so the code that fits
//! best is only as sure as it would be without whichever single turn it owes most to. Nor may it hang on what is said at
//! first, which is often a guess, or a matter that turns out not to be the point: of codes that did, fewer than half were
//! right.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lexicon::{Lexicon, Lexicons};
use super::profile::{Feature, Profile};
use super::sentences::{Sentence, Speech};
use super::thesaurus::{self, Concept};
use crate::ai::{Bag, HashKey, Hashing, Learned, Opinion, Told, fuse};
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
const MATTER_OF_NONE: f64 = 0.3;

/// A list of codes that has so many matters of a trade is of that trade.
const OF_A_TRADE: usize = 4;

/// A turn carries a code if no more than this share of its score is left without it.
const CARRIED: f64 = 0.75;

/// How sure the best code is where it is not first whichever part is taken away: such a one was right as often.
const UNSTEADY: f64 = 0.43;

/// How sure a code is that fits as well as the best one.
const OTHERS: f64 = 0.25;

/// The codes in the order in which they fit.
pub struct Ranking {
    /// The codes that have anything in common with the conversation, the best first.
    pub codes: Vec<Ranked>,
    /// The best code's features, and how much each says.
    pub telling: BTreeMap<Feature, f64>,
    /// The run of turns that alone speaks for the code that was asked for; see [`Ranking::of`].
    pub carried_by: Option<usize>,
    /// What the code that was asked for scores beside the best one, from 0 to 1.
    pub asked: Option<f64>,
}

/// A code that may fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// Its place in the task.
    pub code: usize,
    /// From 0 to 1, the share of such suggestions that is hoped to be right.
    pub confidence: f64,
}

impl Ranking {
    /// Ranks the codes. Of one of them it may be asked which run of turns carries it: it makes up at least a quarter of what
    /// speaks for the code, and without it another code fits better.
    pub fn of(
        speech: &Speech<'_>,
        codes: &[Arc<Code>],
        asked: Option<usize>,
        (lexicons, lexicon): (&Lexicons, &Lexicon),
        learned: Option<&Learned>,
    ) -> Self {
        let mut profiles = Profile::of_all(codes, lexicons, lexicon);
        let evidence = Evidence::of(speech);
        let contest = Contest::of(&profiles, &evidence);
        let heard = learned.map(|learned| Heard::of(speech, learned));
        let fused = |scores: Vec<f64>, unsaid| match &heard {
            Some(heard) => fuse(&scores, &heard.opinion(unsaid)),
            None => scores,
        };
        let scores = fused(contest.scores.clone(), None);
        let ranked = in_order(&scores);
        let Some((best, highest)) = ranked.first().copied() else {
            return Self { codes: Vec::new(), telling: BTreeMap::new(), carried_by: None, asked: None };
        };
        let without_one = contest.without_one_part(&evidence);
        let without_one = without_one.map(|(part, scores)| lead(&fused(scores, Some(part)), best));
        let steady = without_one.fold(lead(&scores, best), f64::min);
        // What is left over, and what is said in a language without a thesaurus, tells of no code, but of one that was learned.
        let is_told =
            (lexicon.has_thesaurus() && !profiles[best].is_catch_all) || learned.is_some_and(Learned::is_telling);
        let sure = if is_told && steady > 0.0 { confidence(steady) } else { UNSTEADY };
        let codes = ranked.iter().enumerate().map(|(place, (code, score))| Ranked {
            code: *code,
            confidence: if place == 0 { sure } else { hundredths(OTHERS * score / highest) },
        });
        let (codes, carried_by) = (codes.collect(), asked.and_then(|code| contest.carried_by(&evidence, code)));
        let asked = asked.and_then(|code| scores.get(code)).map(|score| score / highest);
        Self { codes, telling: profiles.swap_remove(best).features, carried_by, asked }
    }
}

/// What the ranking says of a conversation, and of it without each of its parts: for tests that fuse it with much that was
/// learned, one after the other.
#[cfg(test)]
pub struct Scores {
    whole: Vec<f64>,
    without: Vec<(Part, Vec<f64>)>,
    bag: Bag,
    of_parts: BTreeMap<Part, Bag>,
    catch_alls: Vec<usize>,
}

#[cfg(test)]
impl Scores {
    pub fn of(
        speech: &Speech<'_>,
        codes: &[Arc<Code>],
        (lexicons, lexicon): (&Lexicons, &Lexicon),
        key: &HashKey,
    ) -> Self {
        let profiles = Profile::of_all(codes, lexicons, lexicon);
        let evidence = Evidence::of(speech);
        let contest = Contest::of(&profiles, &evidence);
        let (bag, of_parts) = bags(speech, key);
        let without = contest.without_one_part(&evidence).collect();
        Self { without, whole: contest.scores, bag, of_parts, catch_alls: contest.catch_alls }
    }

    /// The same, as if neither labels nor descriptions of the codes said anything.
    pub fn without_labels(&self) -> Self {
        let silent = |scores: &[f64]| vec![0.0; scores.len()];
        Self {
            whole: silent(&self.whole),
            without: self.without.iter().map(|(part, scores)| (*part, silent(scores))).collect(),
            bag: self.bag.clone(),
            of_parts: self.of_parts.clone(),
            catch_alls: Vec::new(),
        }
    }

    /// What was said.
    pub fn bag(&self) -> &Bag {
        &self.bag
    }

    /// The best code and how sure it is, by what was learned, too.
    pub fn best(&self, learned: Option<&Learned>) -> Option<(usize, f64)> {
        let heard =
            learned.map(|learned| Heard { told: learned.told(self.bag.clone()), of_parts: self.of_parts.clone() });
        let fused = |scores: &[f64], unsaid| match &heard {
            Some(heard) => fuse(scores, &heard.opinion(unsaid)),
            None => scores.to_vec(),
        };
        let scores = fused(&self.whole, None);
        let ranked = in_order(&scores);
        let (best, _) = ranked.first().copied()?;
        let without = self.without.iter().map(|(part, scores)| lead(&fused(scores, Some(*part)), best));
        let steady = without.fold(lead(&scores, best), f64::min);
        let is_told = !self.catch_alls.contains(&best) || learned.is_some_and(Learned::is_telling);
        Some((best, if is_told && steady > 0.0 { confidence(steady) } else { UNSTEADY }))
    }
}

/// Codes with anything in common, and their scores, the best first. Of equals the first of the list, so that the same task
/// always gets the same answer.
fn in_order(scores: &[f64]) -> Vec<(usize, f64)> {
    let mut ranked: Vec<(usize, f64)> = scores.iter().copied().enumerate().filter(|(_, score)| *score > 0.0).collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    ranked
}

/// How far a code is before all others, as a share of its score; 0 where another one is before it.
fn lead(scores: &[f64], code: usize) -> f64 {
    let others = scores.iter().enumerate().filter(|(other, _)| *other != code);
    let second = others.map(|(_, score)| *score).fold(0.0, f64::max);
    let score = scores.get(code).copied().unwrap_or_default();
    if score > second { (score - second) / score } else { 0.0 }
}

/// What is taken away from a conversation to see whether a code hangs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// A run of turns.
    Run(usize),
    /// What is said at first, and the description.
    Opening,
}

impl Part {
    /// The parts that a sentence belongs to.
    fn of(sentence: &Sentence<'_>) -> impl Iterator<Item = Self> {
        [Some(Self::Run(sentence.run)), sentence.is_of_opening().then_some(Self::Opening)].into_iter().flatten()
    }
}

/// What was said as it is learned from, and in which part.
struct Heard<'a> {
    told: Told<'a>,
    of_parts: BTreeMap<Part, Bag>,
}

impl<'a> Heard<'a> {
    fn of(speech: &Speech<'_>, learned: &'a Learned) -> Self {
        let (whole, of_parts) = bags(speech, learned.key());
        Self { told: learned.told(whole), of_parts }
    }

    /// What was learned says, as if a part had not been said.
    fn opinion(&self, unsaid: Option<Part>) -> Opinion {
        match unsaid.and_then(|part| self.of_parts.get(&part)) {
            Some(unsaid) => self.told.opinion_without(unsaid),
            None => self.told.opinion(),
        }
    }
}

/// What was said, and what in each part.
fn bags(speech: &Speech<'_>, key: &HashKey) -> (Bag, BTreeMap<Part, Bag>) {
    let mut words: BTreeMap<Part, Vec<&str>> = BTreeMap::new();
    for (sentence, stem) in speech.telling() {
        for part in Part::of(sentence) {
            words.entry(part).or_default().push(stem);
        }
    }
    let mut hashing = Hashing::with(key);
    let of_parts: BTreeMap<Part, Bag> = words.into_iter().map(|(part, stems)| (part, hashing.bag(stems))).collect();
    let of_runs = of_parts.iter().filter(|(part, _)| matches!(part, Part::Run(_)));
    (of_runs.map(|(_, bag)| bag).fold(Bag::default(), Bag::with), of_parts)
}

/// How strongly a conversation has each feature, and which part says so.
struct Evidence {
    /// The sums of all that was said.
    strengths: BTreeMap<Feature, f64>,
    /// What each part adds.
    of_parts: BTreeMap<Part, BTreeMap<Feature, f64>>,
    /// How much has to be said until half of a feature is known.
    saturation: f64,
}

impl Evidence {
    /// A sentence that is said again counts once.
    fn of(speech: &Speech<'_>) -> Self {
        let mut of_parts: BTreeMap<Part, BTreeMap<Feature, f64>> = BTreeMap::new();
        let mut strengths: BTreeMap<Feature, f64> = BTreeMap::new();
        let mut said = BTreeSet::new();
        for sentence in &speech.sentences {
            if !said.insert(sentence.words.iter().map(|word| word.stem.as_str()).collect::<Vec<_>>()) {
                continue;
            }
            let features = sentence.features();
            for part in Part::of(sentence) {
                let of_part = of_parts.entry(part).or_default();
                for (feature, strength) in &features {
                    *of_part.entry(feature.clone()).or_default() += sentence.weight() * strength;
                }
            }
            for (feature, strength) in features {
                *strengths.entry(feature).or_default() += sentence.weight() * strength;
            }
        }
        let length = (speech.sentences.len() as f64 / USUAL).min(1.0);
        let saturation = SATURATION * (1.0 - SHORTNESS + SHORTNESS * length);
        Self { strengths, of_parts, saturation }
    }

    /// From 0 to 1.
    fn saturated(&self, strength: f64) -> f64 {
        strength / (strength + self.saturation)
    }

    fn strength(&self, feature: &Feature) -> f64 {
        self.strengths.get(feature).copied().unwrap_or_default()
    }
}

/// What each code scores, and by which features.
struct Contest<'a> {
    scores: Vec<f64>,
    /// The codes that a feature speaks for, and how much it says for each.
    speaks_for: BTreeMap<&'a Feature, Vec<(usize, f64)>>,
    /// The codes for everything else.
    catch_alls: Vec<usize>,
    /// The matters of the conversation that no other code is for.
    of_none: Vec<Feature>,
}

impl<'a> Contest<'a> {
    fn of(profiles: &'a [Profile], evidence: &Evidence) -> Self {
        let rarity = rarity(profiles);
        let mut speaks_for: BTreeMap<&Feature, Vec<(usize, f64)>> = BTreeMap::new();
        let mut catch_alls = Vec::new();
        for (code, profile) in profiles.iter().enumerate() {
            if profile.is_catch_all {
                catch_alls.push(code);
                continue;
            }
            let weighed = profile.features.iter().map(|(feature, weight)| {
                let weight = weight * rarity.get(feature).copied().unwrap_or_default();
                (feature, weight)
            });
            let weighed: Vec<(&Feature, f64)> = weighed.collect();
            // Half way between no norm, which favours long descriptions, and the full one, which favours short ones.
            let norm = weighed.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt().sqrt();
            for (feature, weight) in weighed.into_iter().filter(|_| norm > 0.0) {
                speaks_for.entry(feature).or_default().push((code, weight / norm));
            }
        }
        // A word of travel says little of a bank's codes, whatever it means in travel.
        let mut trades: BTreeMap<&str, usize> = BTreeMap::new();
        for trade in speaks_for.keys().filter_map(|feature| trade_of(feature)) {
            *trades.entry(trade).or_default() += 1;
        }
        let is_ours = |trade: &str| trades.get(trade).is_some_and(|matters| *matters >= OF_A_TRADE);
        let is_ours = |feature: &Feature| trade_of(feature).is_none_or(is_ours);
        let is_of_none =
            |feature: &&Feature| is_matter(feature) && !speaks_for.contains_key(*feature) && is_ours(feature);
        let of_none = evidence.strengths.keys().filter(is_of_none).cloned().collect();
        let mut contest = Self { scores: vec![0.0; profiles.len()], speaks_for, catch_alls, of_none };
        for (feature, codes) in &contest.speaks_for {
            let strength = evidence.saturated(evidence.strength(feature));
            for (code, weight) in codes {
                contest.scores[*code] += weight * strength;
            }
        }
        let catch_all = contest.catch_all(evidence, &BTreeMap::new());
        for code in &contest.catch_alls {
            contest.scores[*code] = catch_all;
        }
        contest
    }

    /// What a code for everything else scores, where this has not been said.
    fn catch_all(&self, evidence: &Evidence, unsaid: &BTreeMap<Feature, f64>) -> f64 {
        let strength =
            |feature: &Feature| evidence.strength(feature) - unsaid.get(feature).copied().unwrap_or_default();
        let strongest = self.of_none.iter().map(strength).fold(0.0, f64::max);
        CATCH_ALL + MATTER_OF_NONE * evidence.saturated(strongest)
    }

    /// The run of turns that carries a code, if one does.
    fn carried_by(&self, evidence: &Evidence, code: usize) -> Option<usize> {
        let score = self.scores[code];
        let without_runs = self.without_one_part(evidence).filter_map(|(part, scores)| match part {
            Part::Run(run) => Some((run, scores)),
            Part::Opening => None,
        });
        let lowest = without_runs.min_by(|(_, one), (_, other)| one[code].total_cmp(&other[code]));
        let (run, scores) = lowest.filter(|(_, scores)| scores[code] <= score * CARRIED)?;
        (lead(&scores, code) == 0.0).then_some(run)
    }

    /// The scores as they would be without each of the parts.
    fn without_one_part(&self, evidence: &Evidence) -> impl Iterator<Item = (Part, Vec<f64>)> {
        evidence.of_parts.iter().map(|(part, unsaid)| {
            let mut scores = self.scores.clone();
            for (feature, strength) in unsaid {
                let Some(codes) = self.speaks_for.get(feature) else { continue };
                let all = evidence.strength(feature);
                let lost = evidence.saturated(all) - evidence.saturated((all - strength).max(0.0));
                for (code, weight) in codes {
                    scores[*code] -= weight * lost;
                }
            }
            let catch_all = self.catch_all(evidence, unsaid);
            for code in &self.catch_alls {
                scores[*code] = catch_all;
            }
            (*part, scores)
        })
    }
}

fn trade_of(feature: &Feature) -> Option<&'static str> {
    match feature {
        Feature::Concept(Concept::Matter(name)) => thesaurus::trade(name),
        _ => None,
    }
}

fn is_matter(feature: &Feature) -> bool {
    matches!(feature, Feature::Concept(Concept::Matter(_)))
}

/// How much it says of a code that it has a feature, from 0 to about 1: less, the more codes have it.
fn rarity(profiles: &[Profile]) -> BTreeMap<&Feature, f64> {
    let mut having: BTreeMap<&Feature, f64> = BTreeMap::new();
    for profile in profiles.iter().filter(|profile| !profile.is_catch_all) {
        for (feature, weight) in &profile.features {
            *having.entry(feature).or_default() += weight;
        }
    }
    let codes = profiles.len() as f64;
    let rarity = |having: f64| (1.0 + (codes - having + 0.5).max(0.0) / (having + 0.5)).ln();
    having.into_iter().map(|(feature, having)| (feature, rarity(having) / rarity(1.0))).collect()
}

/// How sure a code is that is first by so much, whichever part is taken away: the share that was right, by a logistic
/// regression over the 123 that were named in 360 conversations of four trades. Of those that the thesaurus was written
/// with, phrases did not count that stood in the conversation at hand alone, so that they were to it as conversations that
/// nobody has seen.
fn confidence(lead: f64) -> f64 {
    hundredths(1.0 / (1.0 + (-0.99 - 4.15 * lead).exp()))
}

fn hundredths(share: f64) -> f64 {
    (share * 100.0).round() / 100.0
}
