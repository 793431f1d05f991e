//! What was spent, by day, key and conversation.

use crate::scene::*;
use rivulet_protocol::*;
use rivulet_store::{ConversationChange, Spending};
use std::process::{Command, Stdio};

fn spending(at: u64, conversation: Option<ConversationId>, key: u32, micros: Option<u64>) -> Spending {
    let cost = Cost { input_tokens: 100, cached_tokens: 10, output_tokens: 20, micros, estimated: micros == Some(7) };
    Spending { at, conversation, provider: "a".into(), key, model: "m".into(), purpose: Purpose::Answer, cost }
}

#[tokio::test]
async fn what_was_spent_is_summed_by_key_and_by_conversation_and_outlives_it() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let now = now_ms();
    for (key, micros) in [(0, Some(5)), (0, Some(7)), (0, None), (1, Some(90))] {
        scene.store.spend(spending(now, Some(conversation), key, micros)).await.unwrap();
    }
    scene.store.spend(spending(now, None, 0, Some(1_000))).await.unwrap();
    let first = Spent {
        answers: 4,
        input_tokens: 400,
        cached_tokens: 40,
        output_tokens: 80,
        micros: 1_012,
        unpriced: 1,
        estimated: 1,
    };
    let (_, days) = scene.store.spent_by_day(2).await.unwrap();
    let sums: Vec<_> = days.iter().map(|day| (day.key, day.spent.answers, day.spent.micros)).collect();
    assert_eq!((sums.as_slice(), days[0].spent), (&[(0, 4, 1_012), (1, 1, 90)][..], first));
    let within = scene.store.spent_in(conversation).await.unwrap();
    assert_eq!((within.answers, within.micros), (4, 102));
    assert_eq!(scene.store.spent_in(ConversationId::new()).await.unwrap(), Spent::default());

    let deleted = ConversationChange { deleted: Some(true), ..Default::default() };
    scene.store.update_conversation(conversation, deleted).await.unwrap();
    assert_eq!(scene.store.spent_in(conversation).await.unwrap(), within);
}

#[tokio::test]
async fn only_the_days_asked_for_are_told_latest_first() {
    let scene = Scene::new();
    const DAY: u64 = 86_400_000;
    let now = now_ms();
    for (age, micros) in [(0, 1), (2, 20), (4, 300), (40, 4_000)] {
        scene.store.spend(spending(now - age * DAY, None, 0, Some(micros))).await.unwrap();
    }
    let money = |days: &[DaySpent]| days.iter().map(|day| day.spent.micros).collect::<Vec<_>>();
    let (today, days) = scene.store.spent_by_day(31).await.unwrap();
    assert_eq!(money(&days), [1, 20, 300]);
    assert!(days.windows(2).all(|pair| pair[0].day > pair[1].day) && days[0].day <= today, "{days:?}");
    assert_eq!(money(&scene.store.spent_by_day(4).await.unwrap().1), [1, 20]);
    assert_eq!(money(&scene.store.spent_by_day(100).await.unwrap().1), [1, 20, 300, 4_000]);
}

/// Set for a run of this test in another time zone.
const ZONE: &str = "RIVULET_TEST_ZONE";

#[tokio::test]
async fn a_day_is_one_of_the_persons_own_clock() {
    let Ok(expected) = std::env::var(ZONE) else {
        // 2026-03-01 10:30 UTC is the next day fourteen hours to the east, and the day before twelve hours to the west.
        for (zone, day) in [("EAST-14", "2026-03-02"), ("WEST12", "2026-02-28"), ("UTC0", "2026-03-01")] {
            let test = "spending::a_day_is_one_of_the_persons_own_clock";
            let mut again = Command::new(std::env::current_exe().unwrap());
            again.args([test, "--exact"]).env("TZ", zone).env(ZONE, day).stdout(Stdio::piped());
            let output = start(&mut again).wait_with_output().unwrap();
            assert!(output.status.success(), "{zone}: {}", String::from_utf8_lossy(&output.stdout));
        }
        return;
    };
    let scene = Scene::new();
    scene.store.spend(spending(1_772_361_000_000, None, 0, Some(1))).await.unwrap();
    let (_, days) = scene.store.spent_by_day(3_660).await.unwrap();
    assert_eq!(days.iter().map(|day| day.day.as_str()).collect::<Vec<_>>(), [expected]);
}
