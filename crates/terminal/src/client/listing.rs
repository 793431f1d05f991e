//! `list`: conversations, a row each.

use super::answer::unwritten;
use super::output::{Output, print};
use super::reach::Wire;
use super::{Exit, plain, sentences};
use crate::wire::{List, Reply, Request};
use rivulet_protocol::{Conversation, now_ms};
use std::io::IsTerminal;

const HEADINGS: [&str; 4] = ["CONVERSATION", "LATEST", "MODEL", "TITLE"];

/// Prints the list.
pub(super) async fn list(mut wire: Wire, list: List, json: bool) -> Exit {
    let mut found = Vec::new();
    // What cannot be said is not answered.
    let _ = wire.say(&Request::List(list)).await;
    loop {
        match wire.next().await {
            Some(Reply::Conversation(conversation)) => found.push(*conversation),
            Some(Reply::Done) => break,
            Some(Reply::Refused(error)) => {
                let (exit, sentence) = sentences::refusal(&error);
                return exit.because(sentence);
            }
            Some(Reply::Hello { .. } | Reply::Begun { .. } | Reply::Event { .. }) | None => {
                return Exit::AppEnded.because("Rivulet ended before it had listed everything.");
            }
        }
    }
    let printed = match json {
        true => values(&found).await,
        false => print(text(&found, std::io::stdout().is_terminal())).await,
    };
    printed.map_or_else(unwritten, |()| Exit::Done)
}

async fn values(conversations: &[Conversation]) -> std::io::Result<()> {
    let mut output = Output::new(true, false);
    for conversation in conversations {
        output.value(conversation).await?;
    }
    Ok(())
}

/// A table for a terminal; for a program, fields with a tab between them, and the time in milliseconds since the epoch.
fn text(conversations: &[Conversation], to_terminal: bool) -> String {
    let now = now_ms();
    let rows = conversations.iter().map(|conversation| {
        let latest = match to_terminal {
            true if conversation.running => "running".to_owned(),
            true => age(now.saturating_sub(conversation.updated_at)),
            false => conversation.updated_at.to_string(),
        };
        let model = plain::line(conversation.model.as_deref().unwrap_or("-"));
        [conversation.id.to_string(), latest, model, plain::line(&conversation.title)]
    });
    match to_terminal {
        true => table(std::iter::once(HEADINGS.map(str::to_owned)).chain(rows).collect()),
        false => rows.map(|row| row.join("\t") + "\n").collect(),
    }
}

/// Columns as wide as what is in them; the last is as long as it is.
fn table(rows: Vec<[String; 4]>) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [ids, latest, models] = [width(0), width(1), width(2)];
    let line = |[id, when, model, title]: &[String; 4]| {
        format!("{id:<ids$}  {when:>latest$}  {model:<models$}  {title}").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// How long ago, in the largest unit that is whole.
fn age(ms: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(365 * 86_400, "y"), (86_400, "d"), (3_600, "h"), (60, "min")];
    let seconds = ms / 1_000;
    let unit = UNITS.iter().find(|(length, _)| seconds >= *length);
    unit.map_or_else(|| "now".to_owned(), |(length, name)| format!("{} {name}", seconds / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short() {
        let minute = 60_000;
        for (ms, said) in [
            (0, "now"),
            (59_999, "now"),
            (minute, "1 min"),
            (150 * minute, "2 h"),
            (49 * 60 * minute, "2 d"),
            (800 * 24 * 60 * minute, "2 y"),
        ] {
            assert_eq!(age(ms), said);
        }
    }

    #[test]
    fn columns_stand_below_each_other() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned);
        let told = table(vec![
            row(["ID", "LATEST", "M", "T"]),
            row(["abcd", "1 d", "echo", "水"]),
            row(["e", "now", "-", ""]),
        ]);
        assert_eq!(told, "ID    LATEST  M     T\nabcd     1 d  echo  水\ne        now  -\n");
    }
}
