//! The program in the shell: `rivulet ask`, `tail` and `list`.

mod answer;
mod arguments;
mod exit;
mod listing;
mod output;
mod plain;
mod reach;
mod sentences;
mod signals;
mod transcript;

pub use arguments::{COMMANDS, Command, Invocation};
pub use exit::Exit;
pub use reach::Starter;

use crate::wire::{Ask, Host, List, Reply, Request, Tail};
use arguments::{AskOptions, ListOptions, TailOptions};
use output::Output;
use reach::Wire;
use std::io::{IsTerminal, Read};
use std::path::Path;

/// What came of asking whoever holds a data folder to give it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOver {
    /// It goes: the folder will be free in a moment.
    Agreed,
    /// It stays, and its window is in front.
    Shown,
    /// It stays: a person started it.
    Declined,
    /// Nobody answers there: it may be on its way in or out.
    Nobody,
}

/// Whether an app of this data folder answers.
pub async fn answers(dir: &Path) -> bool {
    matches!(Wire::connect(dir).await, Ok(Some(_)))
}

/// Asks the app of this data folder to give it up.
pub async fn hand_over(dir: &Path) -> HandOver {
    let Ok(Some(mut wire)) = Wire::connect(dir).await else { return HandOver::Nobody };
    if wire.say(&Request::HandOver).await.is_err() {
        return HandOver::Nobody;
    }
    match wire.next().await {
        Some(Reply::Done) => HandOver::Agreed,
        Some(_) if wire.host == Host::Window => HandOver::Shown,
        Some(_) => HandOver::Declined,
        None => HandOver::Nobody,
    }
}

/// The longest question the app takes, in bytes.
const QUESTION_BYTES: u64 = 4 << 20;

/// Does what was asked for with the app of this data folder; starts one with `starter` where that makes sense.
pub fn run(command: Command, dir: &Path, starter: &Starter) -> Exit {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Exit::Failed.because(format!("The system gives no means to connect: {error}.")),
    };
    let exit = runtime.block_on(async {
        match command {
            Command::Ask(options) => ask(options, dir, starter).await,
            Command::Tail(options) => tail(options, dir).await,
            Command::List(options) => list(options, dir, starter).await,
        }
    });
    // A write that nobody reads may still hang.
    runtime.shutdown_background();
    exit
}

async fn ask(options: AskOptions, dir: &Path, starter: &Starter) -> Exit {
    let text = match question(options.words.join(" ")) {
        Ok(text) => text,
        Err(exit) => return exit,
    };
    let AskOptions { conversation, temporary, provider, model, .. } = options;
    let request = Ask { text, conversation, temporary, provider, model };
    let output = Output::new(options.json, options.reasoning);
    match Wire::reach(dir, Some(starter)).await {
        Ok(wire) => answer::ask(wire, request, output).await,
        Err(unreachable) => unreachable.exit(),
    }
}

async fn tail(options: TailOptions, dir: &Path) -> Exit {
    let request = Tail { conversation: options.conversation, follow: options.follow };
    let output = Output::new(options.json, options.reasoning);
    // Without an app nothing runs: none is started to say so.
    match Wire::reach(dir, None).await {
        Ok(wire) => answer::tail(wire, request, output).await,
        Err(unreachable) => unreachable.exit(),
    }
}

async fn list(options: ListOptions, dir: &Path, starter: &Starter) -> Exit {
    let request = List { words: options.words.join(" "), limit: options.limit };
    match Wire::reach(dir, Some(starter)).await {
        Ok(wire) => listing::list(wire, request, options.json).await,
        Err(unreachable) => unreachable.exit(),
    }
}

/// What was said in the arguments, and below it what was piped in.
fn question(words: String) -> Result<String, Exit> {
    let stdin = std::io::stdin();
    let mut piped = Vec::new();
    if !stdin.is_terminal() {
        let read = stdin.lock().take(QUESTION_BYTES + 1).read_to_end(&mut piped);
        read.map_err(|error| Exit::Usage.because(format!("Standard input could not be read: {error}.")))?;
    }
    if piped.len() as u64 > QUESTION_BYTES {
        return Err(Exit::Usage.because("Standard input is longer than 4 MiB, which no question may be."));
    }
    let piped = String::from_utf8(piped)
        .map_err(|_| Exit::Usage.because("Standard input is no text: it has bytes that are not UTF-8."))?;
    match joined(words, piped) {
        Some(text) => Ok(text),
        None => Err(Exit::Usage.because("There is nothing to ask: give a question, or pipe one in.")),
    }
}

fn joined(words: String, piped: String) -> Option<String> {
    match (words.trim().is_empty(), piped.trim().is_empty()) {
        (true, true) => None,
        (false, true) => Some(words),
        (true, false) => Some(piped),
        (false, false) => Some(format!("{words}\n\n{piped}")),
    }
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn the_arguments_come_first_and_the_piped_text_below() {
        let join = |words: &str, piped: &str| joined(words.into(), piped.into());
        assert_eq!(join("Sum up:", "a\nb\n").as_deref(), Some("Sum up:\n\na\nb\n"));
        assert_eq!(join("Why?", "\n").as_deref(), Some("Why?"));
        assert_eq!(join(" ", "only this").as_deref(), Some("only this"));
        assert_eq!(join("", " \n"), None);
    }
}
