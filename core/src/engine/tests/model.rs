//! A model test of the single flight: random schedules of callers who stay, callers who leave, and time.

use super::fake::*;
use proptest::prelude::*;
use std::time::Duration;

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A caller arrives and is patient.
    Call,
    /// A caller arrives and goes away after so many milliseconds.
    Abandon(u64),
    /// Time passes, in milliseconds. The token lives for a minute.
    Pause(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Call),
        3 => (0_u64..60).prop_map(Step::Abandon),
        3 => (1_u64..40).prop_map(Step::Pause),
        1 => (30_000_u64..70_000).prop_map(Step::Pause),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_request_for_a_token_at_a_time_and_nobody_forgotten(steps in proptest::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let (crowd, tokens) = runtime.block_on(async {
            let world = World::new(|path, n| {
                if path == "/oauth/token" { (30 * MS, token(n, "60")) } else { (3 * MS, conversation()) }
            });
            let mut patient = Vec::new();
            for step in &steps {
                let client = world.client.clone();
                let call = async move { client.conversations().get("c1").await };
                match step {
                    Step::Call => patient.push(tokio::spawn(call)),
                    Step::Abandon(ms) => {
                        drop(tokio::spawn(tokio::time::timeout(Duration::from_millis(*ms), call)));
                    }
                    Step::Pause(ms) => tokio::time::sleep(Duration::from_millis(*ms)).await,
                }
            }
            for call in patient {
                call.await.unwrap().unwrap();
            }
            (world.crowd(), world.tokens())
        });
        prop_assert!(crowd <= 1, "{crowd} token requests at once");
        // Every request was needed: the first, one per life of a token, one per leader that went away.
        let left = steps.iter().filter(|s| matches!(s, Step::Abandon(_))).count();
        let lives: u64 = steps.iter().map(|s| if let Step::Pause(ms) = s { ms / 30_000 } else { 0 }).sum();
        prop_assert!(tokens as u64 <= 1 + 2 * lives + left as u64, "{tokens} token requests");
    }
}
