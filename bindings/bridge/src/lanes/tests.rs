use super::*;
use crate::BridgeClient;
use std::sync::Weak;

fn client() -> Arc<BridgeClient> {
    let options = r#"{"client_id": "id", "client_secret": "a secret of some length"}"#;
    BridgeClient::new(options, Background::Inline).unwrap()
}

fn lanes(client: &BridgeClient) -> Arc<Lanes> {
    Arc::clone(&client.state().unwrap().lanes)
}

/// Runs something with this result. What it leaves behind on the lane lives as long as the lane does.
fn run(lanes: &Lanes, result: Result<u8>) -> (Result<u8>, Weak<()>) {
    let alive = Arc::new(());
    let weak = Arc::downgrade(&alive);
    let work = async {
        drop(tokio::spawn(async move {
            let _alive = alive;
            std::future::pending::<()>().await;
        }));
        result
    };
    (lanes.run(|_| work, None).unwrap(), weak)
}

#[test]
fn a_lane_ends_with_its_client() {
    let client = client();
    let (result, lane) = run(&lanes(&client), Ok(1));
    assert_eq!(result.unwrap(), 1);
    assert_eq!(lane.strong_count(), 1, "kept for the next call");
    client.close();
    assert_eq!(lane.strong_count(), 0);
}

#[test]
fn a_lane_that_saw_a_panic_is_not_used_again() {
    let client = client();
    let lanes = lanes(&client);
    let (result, lane) = run(&lanes, Err(guard::panicked()));
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(lane.strong_count(), 0);
    let (result, lane) = run(&lanes, Err(Error::invalid_argument("limit", "no")));
    result.unwrap_err();
    assert_eq!(lane.strong_count(), 1, "other errors are no reason");
}

#[test]
fn lanes_of_the_parent_are_left_alone() {
    let mut lanes = Lanes::new(client().core().unwrap(), Background::Inline);
    let (_, idle) = run(&lanes, Ok(0));
    lanes.pid += 1;
    let error = lanes.client().unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Closed, Reason::Closed));
    drop(lanes);
    assert_eq!(idle.strong_count(), 1, "neither used nor closed");
}

#[test]
fn the_host_is_asked_between_slices() {
    let client = client();
    let lanes = lanes(&client);
    let mut asked = 0;
    let never = std::future::pending::<Result<u8>>;
    let result = lanes.run(
        |_| never(),
        Some(&mut || {
            // What the host does then, such as a signal handler, may make a call itself.
            assert_eq!(run(&lanes, Ok(7)).0.unwrap(), 7);
            asked += 1;
            asked == 3
        }),
    );
    assert_eq!((result.unwrap_err(), asked), (Interrupted, 3));
}
