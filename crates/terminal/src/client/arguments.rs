//! The command line of the three.

use crate::wire::Which;
use lexopt::prelude::*;
use rivulet_protocol::ProviderId;
use std::ffi::OsString;
use std::path::PathBuf;

/// The names of the three.
pub const COMMANDS: [&str; 3] = ["ask", "tail", "list"];

/// Rows when nobody says how many.
const LIMIT: u32 = 20;

const ASK: &str = "\
rivulet ask [OPTIONS] [WORDS...]     asks, and prints the answer as it comes

The question is WORDS, or what is piped in, or both: WORDS first.

  --conversation ID|last   go on in this conversation, or in the newest
  --model NAME             the model to ask
  --provider ID            the provider to ask
  --temporary              a conversation that never touches the disk
  --reasoning              also print the reasoning, to standard error
  --json                   one event a line, as the mirror tells them
  --data-dir DIR           as for the app

Ctrl-C stops the answer; what came is kept. A reader that goes away (`| head`)
does not: the answer goes on in the app.";

const TAIL: &str = "\
rivulet tail [OPTIONS]               prints the answer that is running, from its beginning

  --conversation ID|last   the one in this conversation; the newest if left out
  -f, --follow             wait for the next, and after each for another
  --reasoning              also print the reasoning, to standard error
  --json                   one event a line, as the mirror tells them
  --data-dir DIR           as for the app

Ctrl-C ends this, not the answer.";

const LIST: &str = "\
rivulet list [OPTIONS] [WORDS...]    lists conversations, the newest first

WORDS are looked for in titles and messages.

  --limit N                at most so many (20)
  --json                   one conversation a line
  --data-dir DIR           as for the app";

/// What was typed.
#[derive(Debug)]
pub enum Invocation {
    /// To be done with the app of this data folder; of the usual one if left out.
    Run(Command, Option<PathBuf>),
    /// To be told.
    Help(&'static str),
}

/// One of the three.
#[derive(Debug, PartialEq)]
pub enum Command {
    /// `ask`
    Ask(AskOptions),
    /// `tail`
    Tail(TailOptions),
    /// `list`
    List(ListOptions),
}

/// Of `ask`.
#[derive(Debug, Default, PartialEq)]
pub struct AskOptions {
    pub(super) words: Vec<String>,
    pub(super) conversation: Option<Which>,
    pub(super) temporary: bool,
    pub(super) provider: Option<ProviderId>,
    pub(super) model: Option<String>,
    pub(super) reasoning: bool,
    pub(super) json: bool,
}

/// Of `tail`.
#[derive(Debug, Default, PartialEq)]
pub struct TailOptions {
    pub(super) conversation: Option<Which>,
    pub(super) follow: bool,
    pub(super) reasoning: bool,
    pub(super) json: bool,
}

/// Of `list`.
#[derive(Debug, PartialEq)]
pub struct ListOptions {
    pub(super) words: Vec<String>,
    pub(super) limit: u32,
    pub(super) json: bool,
}

impl Invocation {
    /// Reads what follows the program's name; `None` if that does not begin with one of [`COMMANDS`].
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Option<Result<Self, lexopt::Error>> {
        let mut arguments = arguments.into_iter();
        let name = arguments.next()?;
        let mut parser = lexopt::Parser::from_args(arguments);
        match name.to_str()? {
            "ask" => Some(ask(&mut parser)),
            "tail" => Some(tail(&mut parser)),
            "list" => Some(list(&mut parser)),
            _ => None,
        }
    }
}

fn ask(parser: &mut lexopt::Parser) -> Result<Invocation, lexopt::Error> {
    let (mut options, mut dir) = (AskOptions::default(), None);
    while let Some(argument) = parser.next()? {
        match argument {
            Value(word) => options.words.push(word.string()?),
            Long("conversation") => options.conversation = Some(which(parser)?),
            Long("model") => options.model = Some(parser.value()?.string()?),
            Long("provider") => options.provider = Some(ProviderId(parser.value()?.string()?)),
            Long("temporary") => options.temporary = true,
            Long("reasoning") => options.reasoning = true,
            Long("json") => options.json = true,
            Long("data-dir") => dir = Some(parser.value()?.into()),
            Short('h') | Long("help") => return Ok(Invocation::Help(ASK)),
            other => return Err(other.unexpected()),
        }
    }
    if options.temporary && options.conversation.is_some() {
        return Err("--temporary begins a conversation, --conversation goes on in one".into());
    }
    Ok(Invocation::Run(Command::Ask(options), dir))
}

fn tail(parser: &mut lexopt::Parser) -> Result<Invocation, lexopt::Error> {
    let (mut options, mut dir) = (TailOptions::default(), None);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("conversation") => options.conversation = Some(which(parser)?),
            Short('f') | Long("follow") => options.follow = true,
            Long("reasoning") => options.reasoning = true,
            Long("json") => options.json = true,
            Long("data-dir") => dir = Some(parser.value()?.into()),
            Short('h') | Long("help") => return Ok(Invocation::Help(TAIL)),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Invocation::Run(Command::Tail(options), dir))
}

fn list(parser: &mut lexopt::Parser) -> Result<Invocation, lexopt::Error> {
    let (mut options, mut dir) = (ListOptions { words: Vec::new(), limit: LIMIT, json: false }, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Value(word) => options.words.push(word.string()?),
            Long("limit") => options.limit = parser.value()?.parse()?,
            Long("json") => options.json = true,
            Long("data-dir") => dir = Some(parser.value()?.into()),
            Short('h') | Long("help") => return Ok(Invocation::Help(LIST)),
            other => return Err(other.unexpected()),
        }
    }
    if options.limit == 0 {
        return Err("--limit is at least 1".into());
    }
    Ok(Invocation::Run(Command::List(options), dir))
}

fn which(parser: &mut lexopt::Parser) -> Result<Which, lexopt::Error> {
    let value = parser.value()?.string()?;
    match value.as_str() {
        "last" => Ok(Which::Last),
        id => match id.parse() {
            Ok(id) => Ok(Which::Id(id)),
            Err(_) => {
                Err(format!("`{id}` is no conversation: `rivulet list` shows their ids, `last` is the newest").into())
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Invocation, String> {
        let arguments = line.split(' ').map(OsString::from);
        Invocation::parse(arguments).expect("one of the three").map_err(|error| error.to_string())
    }

    #[test]
    fn options_stand_before_and_after_the_words() {
        let id = "0199d2a5-5c1c-7000-8000-000000000000";
        let Ok(Invocation::Run(Command::Ask(ask), dir)) =
            parsed(&format!("ask --model echo Why is --json this --conversation {id} --data-dir /d"))
        else {
            panic!("it is sound");
        };
        assert_eq!(ask.words, ["Why", "is", "this"]);
        assert_eq!((ask.model.as_deref(), ask.json), (Some("echo"), true));
        assert_eq!(ask.conversation, Some(Which::Id(id.parse().unwrap())));
        assert_eq!(dir, Some("/d".into()));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "ask --temporary --conversation last x",
            "ask --conversation nonsense x",
            "ask --follow x",
            "tail words",
            "list --limit 0",
            "list --limit many",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
        assert!(Invocation::parse(["serve".into()]).is_none());
        assert!(Invocation::parse([]).is_none());
    }

    #[test]
    fn each_has_its_help() {
        for name in COMMANDS {
            let Ok(Invocation::Help(help)) = parsed(&format!("{name} --help")) else { panic!("{name}") };
            assert!(help.starts_with(&format!("rivulet {name} ")));
        }
    }
}
