use super::*;
use crate::BridgeClient;

fn client(options: &str) -> Arc<BridgeClient> {
    let options = format!(r#"{{"client_id": "id", "client_secret": "a secret of some length"{options}}}"#);
    BridgeClient::new(&options, Background::Inline).unwrap()
}

fn lanes(client: &BridgeClient) -> Arc<Lanes> {
    Arc::clone(&client.state().unwrap().lanes)
}

fn run(lanes: &Arc<Lanes>, result: Result<u8>) -> Result<u8> {
    lanes.run(|_| async { result }, None).unwrap()
}

#[test]
fn the_freshest_lane_is_used_and_idle_ones_go() {
    let client = client(r#", "pool_idle_timeout": 0.2"#);
    let lanes = lanes(&client);
    assert_eq!(run(&lanes, Ok(1)).unwrap(), 1);
    assert_eq!(run(&lanes, Ok(2)).unwrap(), 2);
    assert_eq!(lanes.idle().len(), 1, "one caller at a time needs one lane");

    let burst: Vec<_> = (0..4).map(|_| lanes.check_out().unwrap()).collect();
    assert!(lanes.idle().is_empty());
    drop(burst);
    assert!(!lanes.idle().is_empty());
    std::thread::sleep(Duration::from_millis(300));
    run(&lanes, Ok(0)).unwrap();
    assert_eq!(lanes.idle().len(), 1, "the burst is over");
}

#[test]
fn after_closing_no_lane_is_kept() {
    let client = client("");
    let lanes = lanes(&client);
    let used = lanes.check_out().unwrap();
    drop(lanes.check_out().unwrap());
    client.close();
    assert!(lanes.idle().is_empty());
    drop(used);
    assert!(lanes.idle().is_empty());
}

#[test]
fn closing_does_not_wait_for_the_threads_of_a_lane() {
    // As a lookup of a name that takes for ever.
    let (end, slow) = std::sync::mpsc::channel::<()>();
    let client = client("");
    let work = async move {
        drop(tokio::task::spawn_blocking(move || slow.recv()));
        Ok(0_u8)
    };
    lanes(&client).run(|_| work, None).unwrap().unwrap();
    client.close();
    drop(end);
}

#[test]
fn a_lane_that_saw_a_panic_is_not_used_again() {
    let client = client("");
    let lanes = lanes(&client);
    assert_eq!(run(&lanes, Err(guard::panicked())).unwrap_err().kind(), ErrorKind::Internal);
    assert!(lanes.idle().is_empty());
    run(&lanes, Err(Error::invalid_argument("limit", "no"))).unwrap_err();
    assert_eq!(lanes.idle().len(), 1, "other errors are no reason");
}

#[test]
fn lanes_of_the_parent_are_left_alone() {
    let client = client("");
    let core = client.core().unwrap();
    let mut inherited = Lanes::new(core, Background::Inline);
    inherited.pid += 1;
    let error = Arc::new(inherited).check_out().unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Closed, Reason::Closed));
}

#[test]
fn the_host_is_asked_between_slices() {
    let client = client("");
    let lanes = lanes(&client);
    let mut asked = 0;
    let never = std::future::pending::<Result<u8>>;
    let result = lanes.run(
        |_| never(),
        Some(&mut || {
            // What the host does then, such as a signal handler, may make a call itself.
            assert_eq!(run(&lanes, Ok(7)).unwrap(), 7);
            asked += 1;
            asked == 3
        }),
    );
    assert_eq!((result.unwrap_err(), asked), (Interrupted, 3));
}
