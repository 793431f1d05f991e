//! What an answer costs: the vendor's counts times a price, or an estimate by the length of the text. Pure.

use rivulet_protocol::{Cost, Price, Usage};
use rivulet_providers::{ChatMessage, Part};

/// Characters of a token, roughly: four Latin letters make one, of Chinese each character nearly does.
const NARROW_IN_TOKEN: f64 = 4.0;
const WIDE_IN_TOKEN: f64 = 1.4;
/// From here on scripts are written without spaces, a word in one or two characters.
const WIDE: char = '\u{2e80}';

/// A text's length, as far as an estimate of its tokens needs it. Grows with the text, which is read once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Length {
    narrow: u64,
    wide: u64,
}

impl Length {
    pub fn add(&mut self, text: &str) {
        let narrow = text.chars().filter(|sign| *sign < WIDE).count() as u64;
        self.narrow += narrow;
        self.wide += text.chars().count() as u64 - narrow;
    }

    pub fn tokens(self) -> u64 {
        (self.narrow as f64 / NARROW_IN_TOKEN + self.wide as f64 / WIDE_IN_TOKEN).ceil() as u64
    }
}

/// About how many tokens a model reads; what is no text counts as `files`.
pub(crate) fn tokens_of(messages: &[ChatMessage], files: u64) -> u64 {
    let mut length = Length::default();
    for part in messages.iter().flat_map(|message| &message.parts) {
        if let Part::Text(text) = part {
            length.add(text);
        }
    }
    length.tokens() + files
}

/// What one request takes, while its answer comes and when it has ended.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// What the model costs, where that is known.
    pub price: Option<Price>,
    /// About how many tokens were asked.
    pub asked: u64,
    /// What came.
    pub written: Length,
    /// What the vendor counted.
    pub usage: Option<Usage>,
}

impl Tally {
    /// What it took. Counts are the vendor's, unless it did not come to `the_end`: then they lag behind what came.
    pub fn cost(&self, the_end: bool) -> Cost {
        let usage = self.usage.unwrap_or_default();
        let written = self.written.tokens();
        let output = match usage.output_tokens {
            Some(counted) if the_end => counted,
            Some(counted) => counted.max(written),
            None => written,
        };
        let input = usage.input_tokens.unwrap_or(self.asked);
        let estimated = !the_end || usage.input_tokens.is_none() || usage.output_tokens.is_none();
        let counted = Usage { input_tokens: Some(input), output_tokens: Some(output), ..usage };
        let known = usage.micros.filter(|_| !estimated);
        Cost {
            input_tokens: input,
            cached_tokens: usage.cached_tokens.unwrap_or(0),
            output_tokens: output,
            // Its own bill counts more than our arithmetic.
            micros: known.or_else(|| self.price.map(|price| micros(&price, &counted))),
            estimated,
        }
    }
}

/// What these counts cost, in millionths of a dollar, to the nearest.
fn micros(price: &Price, usage: &Usage) -> u64 {
    let input = usage.input_tokens.unwrap_or(0);
    let cached = usage.cached_tokens.unwrap_or(0).min(input);
    let put_there = usage.cache_write_tokens.unwrap_or(0).min(input - cached);
    let long = price.long.filter(|long| input > long.above);
    let (of_input, of_cached, of_write, of_output) = match long {
        Some(long) => (long.input, long.cached, long.cache_write, long.output),
        None => (price.input, price.cached, price.cache_write, price.output),
    };
    let cost = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
    let sum = cost(input - cached - put_there, of_input)
        + cost(cached, of_cached.unwrap_or(of_input))
        + cost(put_there, of_write.unwrap_or(of_input))
        + cost(usage.output_tokens.unwrap_or(0), of_output);
    u64::try_from((sum + 500_000) / 1_000_000).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rivulet_protocol::{Author, LongPrice};

    /// GPT-4o: $2.50 for a million tokens read, $1.25 of them from the cache, $10 written.
    const GPT_4O: Price =
        Price { input: 2_500_000, cached: Some(1_250_000), cache_write: None, output: 10_000_000, long: None };
    /// Claude Sonnet 4: $3, $0.30 from the cache, $3.75 into it, $15 written.
    const SONNET: Price =
        Price { input: 3_000_000, cached: Some(300_000), cache_write: Some(3_750_000), output: 15_000_000, long: None };

    fn usage(input: u64, output: u64) -> Usage {
        Usage { input_tokens: Some(input), output_tokens: Some(output), ..Usage::default() }
    }

    #[test]
    fn openai_s_cached_tokens_are_part_of_the_prompt_and_cheaper() {
        // Documented: prompt_tokens 2006, of which cached_tokens 1920; completion_tokens 300.
        // 86 × 2.50 + 1920 × 1.25 + 300 × 10 = 215 + 2400 + 3000 millionths.
        let usage = Usage { cached_tokens: Some(1_920), ..usage(2_006, 300) };
        assert_eq!(micros(&GPT_4O, &usage), 5_615);
    }

    #[test]
    fn reasoning_is_paid_once_as_output() {
        // Documented: completion_tokens 1100 with reasoning_tokens 1024 among them. 10 × 2.50 + 1100 × 10.
        let usage = Usage { reasoning_tokens: Some(1_024), ..usage(10, 1_100) };
        assert_eq!(micros(&GPT_4O, &usage), 11_025);
    }

    #[test]
    fn anthropic_s_cache_costs_more_to_fill_and_less_to_read() {
        // input_tokens 50, cache_read 100000, cache_creation 248, output 503, all of the input together in ours.
        // 50 × 3 + 100000 × 0.30 + 248 × 3.75 + 503 × 15 = 150 + 30000 + 930 + 7545 millionths.
        let counts =
            Usage { cached_tokens: Some(100_000), cache_write_tokens: Some(248), ..usage(50 + 100_000 + 248, 503) };
        assert_eq!(micros(&SONNET, &counts), 38_625);
    }

    #[test]
    fn much_input_has_a_price_of_its_own() {
        // Gemini 2.5 Pro: above 200,000 tokens of input everything is dearer.
        let long = LongPrice {
            above: 200_000,
            input: 2_500_000,
            cached: Some(250_000),
            cache_write: None,
            output: 15_000_000,
        };
        let price =
            Price { input: 1_250_000, cached: Some(125_000), output: 10_000_000, cache_write: None, long: Some(long) };
        assert_eq!(micros(&price, &usage(200_000, 1_000)), 260_000);
        assert_eq!(micros(&price, &usage(200_001, 1_000)), 515_003, "500,002.5 and 15,000, to the nearest");
    }

    #[test]
    fn counts_that_cannot_be_do_not_end_the_arithmetic() {
        let wild = Usage { cached_tokens: Some(u64::MAX), cache_write_tokens: Some(7), ..usage(u64::MAX, u64::MAX) };
        assert_eq!(micros(&GPT_4O, &wild), u64::MAX);
        let more_cached_than_read = Usage { cached_tokens: Some(50), ..usage(10, 0) };
        assert_eq!(micros(&GPT_4O, &more_cached_than_read), 13, "10 × 1.25");
    }

    #[test]
    fn what_the_vendor_counted_is_no_estimate_and_its_own_bill_wins() {
        let mut tally = Tally { price: Some(GPT_4O), asked: 7, usage: Some(usage(100, 200)), ..Tally::default() };
        tally.written.add("never mind how long this is");
        let cost = tally.cost(true);
        assert_eq!(
            (cost.input_tokens, cost.output_tokens, cost.micros, cost.estimated),
            (100, 200, Some(2_250), false)
        );
        tally.usage = Some(Usage { micros: Some(1_999), ..usage(100, 200) });
        assert_eq!(tally.cost(true).micros, Some(1_999));
        tally.price = None;
        assert_eq!(tally.cost(true).micros, Some(1_999));
    }

    #[test]
    fn what_was_cut_is_estimated_and_never_below_what_was_counted() {
        // Anthropic counts the input at the start and one token of output; then the answer was cut.
        let mut tally = Tally { price: Some(SONNET), asked: 9, usage: Some(usage(1_000, 1)), ..Tally::default() };
        tally.written.add(&"word".repeat(50));
        let cost = tally.cost(false);
        assert_eq!((cost.input_tokens, cost.output_tokens, cost.estimated), (1_000, 50, true));
        assert_eq!(cost.micros, Some(3_750));
        tally.usage = None;
        assert_eq!((tally.cost(true).input_tokens, tally.cost(true).estimated), (9, true), "nobody counted");
    }

    #[test]
    fn a_price_that_is_not_known_is_not_made_up() {
        let tally = Tally { usage: Some(usage(100, 200)), ..Tally::default() };
        assert_eq!((tally.cost(true).micros, tally.cost(true).output_tokens), (None, 200));
    }

    #[test]
    fn the_length_of_a_text_says_about_how_many_tokens_it_is() {
        let mut length = Length::default();
        for piece in ["four", " let", "ters", "水往低处流水往"] {
            length.add(piece);
        }
        assert_eq!(length.tokens(), 8);
        let messages =
            [ChatMessage::text(Author::User, "x".repeat(40)), ChatMessage::text(Author::Assistant, "y".repeat(40))];
        assert_eq!(tokens_of(&messages, 5), 25);
    }
}
