//! What has been learned says of a conversation which code it is, and how much that counts.

use super::buckets::{BUCKETS, Bag, HashKey};
use super::centroid::Centroid;

/// A bucket counts from so many segments on: of what fewer have said, nothing is told.
const ENOUGH_SEGMENTS: u32 = 3;

/// How much is made of what was learned in the end, beside the ranking.
const MOST_WEIGHT: f64 = 3.0;

/// At so many labels a code, it is half of that.
const HALF_WAY: f64 = 5.0;

/// From this weight on what was learned tells also of what the ranking knows nothing of: at 2.5 labels a code.
const TELLING_WEIGHT: f64 = 1.0;

/// A code's own labels have to outweigh as many that are like all others.
const PRIOR: f64 = 1.0;

/// What was learned of the codes that a task allows. It answers for any part of a conversation, within microseconds.
#[derive(Clone, Debug)]
pub struct Learned {
    key: HashKey,
    /// For each bucket, if it counts: how much it tells, and each code's share of it.
    buckets: Vec<Option<Known>>,
    /// How much a bucket tells that no code has.
    unknown: f64,
    /// Labels of each of the task's codes.
    labels: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Known {
    rarity: f64,
    of: Vec<(usize, f64)>,
}

/// What was learned says of a conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Opinion {
    /// How well each of the task's codes fits, from 0 to 1.
    pub scores: Vec<f64>,
    /// How much that counts beside the ranking: 0 where nothing was learned, and 3 at most.
    pub weight: f64,
}

impl Learned {
    /// What was learned of a task's codes, in their order; none of a code of which nothing was.
    pub fn of<'c>(key: HashKey, codes: impl IntoIterator<Item = Option<&'c Centroid>>) -> Self {
        let codes: Vec<Option<&Centroid>> = codes.into_iter().collect();
        let labels: Vec<u32> = codes.iter().map(|code| code.map_or(0, |code| code.labels)).collect();
        let all = f64::from(labels.iter().fold(0_u32, |sum, labels| sum.saturating_add(*labels)));
        let rarity = |segments: f64| ((1.0 + all) / (1.0 + segments)).ln().max(0.0);
        let mut segments = vec![0_u32; usize::from(BUCKETS)];
        for (bucket, sum) in codes.iter().flatten().flat_map(|code| code.sums()) {
            if let Some(counted) = segments.get_mut(usize::from(bucket)) {
                *counted = counted.saturating_add(sum.segments);
            }
        }
        let known = |segments: u32| Known { rarity: rarity(f64::from(segments)), of: Vec::new() };
        let counts = segments.into_iter().map(|segments| (segments >= ENOUGH_SEGMENTS).then(|| known(segments)));
        let mut buckets: Vec<Option<Known>> = counts.collect();
        for (code, centroid) in codes.iter().enumerate().filter_map(|(code, centroid)| Some((code, (*centroid)?))) {
            let weights = centroid.sums().filter_map(|(bucket, sum)| {
                let known = buckets.get(usize::from(bucket))?.as_ref()?;
                Some((bucket, f64::from(sum.weight) * known.rarity))
            });
            let weights: Vec<(u16, f64)> = weights.collect();
            let length = weights.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
            for (bucket, weight) in weights.into_iter().filter(|_| length > 0.0) {
                if let Some(Some(known)) = buckets.get_mut(usize::from(bucket)) {
                    known.of.push((code, weight / length));
                }
            }
        }
        Self { key, buckets, unknown: rarity(0.0), labels }
    }

    /// The key that the words of a conversation are hashed with.
    pub const fn key(&self) -> &HashKey {
        &self.key
    }

    /// How well each code fits what was said: the cosine between both, drawn towards what all codes have on average where a
    /// code has few labels, so that one of which little is known is neither ahead nor behind by that.
    pub fn scores(&self, bag: &Bag) -> Vec<f64> {
        self.cosines(self.products(bag))
    }

    /// The products of what was said with each code's centroid.
    fn products(&self, bag: &Bag) -> Products {
        let mut products = Products { of: vec![0.0; self.labels.len()], squares: 0.0 };
        for (bucket, weight) in bag.weights() {
            self.add(&mut products, bucket, 0.0, weight);
        }
        products
    }

    /// Has a bucket count another weight than before.
    fn add(&self, products: &mut Products, bucket: u16, before: f64, now: f64) {
        let known = self.buckets.get(usize::from(bucket)).and_then(Option::as_ref);
        let rarity = known.map_or(self.unknown, |known| known.rarity);
        products.squares += (now * now - before * before) * rarity * rarity;
        for (code, share) in known.into_iter().flat_map(|known| &known.of) {
            products.of[*code] += (now - before) * rarity * share;
        }
    }

    fn cosines(&self, products: Products) -> Vec<f64> {
        let Products { of: mut scores, squares } = products;
        if squares > 0.0 {
            scores.iter_mut().for_each(|score| *score /= f64::sqrt(squares));
        }
        let labelled = self.labels.iter().filter(|labels| **labels > 0).count().max(1);
        let usual = scores.iter().sum::<f64>() / labelled as f64;
        for (score, labels) in scores.iter_mut().zip(&self.labels) {
            let labels = f64::from(*labels);
            *score = (*score * labels + usual * PRIOR) / (labels + PRIOR);
        }
        scores
    }

    /// How much that counts: nothing without labels, and more with every one.
    pub fn weight(&self) -> f64 {
        let labels: f64 = self.labels.iter().map(|labels| f64::from(*labels)).sum();
        let codes = self.labels.len() as f64;
        if labels > 0.0 { MOST_WEIGHT * labels / (labels + HALF_WAY * codes) } else { 0.0 }
    }

    /// Whether it tells of codes by itself, of which the ranking knows nothing.
    pub fn is_telling(&self) -> bool {
        self.weight() > TELLING_WEIGHT
    }

    /// What it says of a conversation.
    pub fn opinion(&self, bag: &Bag) -> Opinion {
        Opinion { scores: self.scores(bag), weight: self.weight() }
    }

    /// The same of something that was said, to be asked again and again without some of it.
    pub fn told(&self, whole: Bag) -> Told<'_> {
        Told { learned: self, products: self.products(&whole), whole }
    }
}

/// The products of what was said with each code's centroid, and what was said with itself.
#[derive(Clone)]
struct Products {
    of: Vec<f64>,
    squares: f64,
}

/// What was said, to what was learned.
pub struct Told<'l> {
    learned: &'l Learned,
    whole: Bag,
    products: Products,
}

impl Told<'_> {
    /// What was learned says of all of it.
    pub fn opinion(&self) -> Opinion {
        Opinion { scores: self.learned.cosines(self.products.clone()), weight: self.learned.weight() }
    }

    /// The same without a part, which takes as long as the part is, not as the whole.
    pub fn opinion_without(&self, part: &Bag) -> Opinion {
        let mut products = self.products.clone();
        for (bucket, before, now) in self.whole.weights_without(part) {
            self.learned.add(&mut products, bucket, before, now);
        }
        products.squares = products.squares.max(0.0);
        Opinion { scores: self.learned.cosines(products), weight: self.learned.weight() }
    }
}

/// How much a cosine's lead counts beside the scores of the ranking, which are larger.
const SCALE: f64 = 2.0;

/// What ranking and learning say together of a task's codes, in the ranking's terms: its scores, and for each code as much more
/// as what was learned speaks for it more than for the others on average. Where nothing was learned, those of the ranking.
pub fn fuse(ranking: &[f64], learned: &Opinion) -> Vec<f64> {
    if learned.weight <= 0.0 || learned.scores.len() != ranking.len() {
        return ranking.to_vec();
    }
    let usual = learned.scores.iter().sum::<f64>() / learned.scores.len() as f64;
    let more = learned.scores.iter().map(|score| SCALE * learned.weight * (score - usual).max(0.0));
    ranking.iter().zip(more).map(|(ranked, more)| ranked + more).collect()
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::super::Learner;
    use super::*;

    const CALLS: [(&str, usize); 6] = [
        ("invoice charge twice wrong amount", 0),
        ("invoice amount too high charge", 0),
        ("charge invoice refund amount", 0),
        ("router blinks offline cable", 1),
        ("offline router restart blinks", 1),
        ("router cable blinks broken", 1),
    ];

    fn key() -> HashKey {
        HashKey::of_bytes(&[7; 32]).expect("a key")
    }

    #[test]
    fn without_a_turn_it_says_what_it_would_if_nobody_had_said_it() {
        let mut learner = Learner::with_key(key(), 2);
        for (said, code) in CALLS {
            learner.learn(&Bag::of(said.split(' '), &key()), code);
        }
        let (turn, rest) = (["router", "router", "invoice", "strange"], ["router", "charge", "offline", "odd"]);
        let bag = |words: &[&'static str]| Bag::of(words.iter().copied(), &key());
        let learned = learner.learned();
        let told = learned.told(bag(&[turn, rest].concat()));
        let (without, direct) = (told.opinion_without(&bag(&turn)), learned.opinion(&bag(&rest)));
        assert_eq!((without.weight, told.opinion()), (direct.weight, learned.opinion(&bag(&[turn, rest].concat()))));
        for (one, other) in without.scores.iter().zip(&direct.scores) {
            assert!((one - other).abs() < 1e-9, "{without:?} {direct:?}");
        }
        assert!(told.opinion_without(&bag(&[turn, rest].concat())).scores.iter().all(|score| score.abs() < 1e-6));
    }

    fn bag(words: &str) -> Bag {
        Bag::of(words.split(' '), &key())
    }

    fn learned(calls: &[(&str, usize)], codes: usize) -> Learned {
        let mut learner = Learner::with_key(key(), codes);
        for (words, code) in calls {
            learner.learn(&bag(words), *code);
        }
        learner.learned()
    }

    #[test]
    fn what_was_learned_speaks_for_the_code_that_was_picked_for_its_like() {
        let opinion = learned(&CALLS, 3).opinion(&bag("my invoice has a wrong charge"));
        assert!(opinion.scores[0] > opinion.scores[1], "{opinion:?}");
        assert!(opinion.scores.iter().all(|score| (0.0..=1.0).contains(score)), "{opinion:?}");
        // Of the third code nothing is known: it is neither ahead nor last.
        assert!(opinion.scores[0] > opinion.scores[2] && opinion.scores[2] > opinion.scores[1], "{opinion:?}");
        let fused = fuse(&[0.3, 0.31, 0.3], &opinion);
        assert!(fused[0] > fused[1], "{fused:?}");
    }

    #[test]
    fn nothing_learned_changes_nothing_and_the_weight_grows_with_the_labels() {
        let ranking = [0.3, 0.31, 0.0];
        let nothing = learned(&[], 3).opinion(&bag("my invoice"));
        assert_eq!((fuse(&ranking, &nothing), nothing.weight), (ranking.to_vec(), 0.0));
        let other_codes = learned(&CALLS, 2).opinion(&bag("my invoice"));
        assert_eq!(fuse(&ranking, &other_codes), ranking, "an opinion of other codes");
        let weight = |times: usize| learned(&CALLS.repeat(times), 3).weight();
        // 3N / (N + 5K) of N labels of K codes.
        assert!((weight(1) - 18.0 / 21.0).abs() < 1e-9 && weight(2) > weight(1) && weight(50) < 3.0);
    }

    #[test]
    fn a_bucket_counts_from_three_segments_on() {
        let said = bag("invoice");
        let scores = |calls: usize| learned(&CALLS[..calls], 2).scores(&said);
        assert_eq!(scores(2), [0.0, 0.0], "two have said it");
        assert_ne!(scores(6), [0.0, 0.0], "three have");
    }
}
