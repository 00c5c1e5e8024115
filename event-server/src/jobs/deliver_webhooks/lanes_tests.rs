//! Lanes keep their order, and neither endpoints nor tenants take each other's room.

use super::*;

fn head(id: i64, endpoint: &str, lane: &str, due: i64) -> Head {
    Head {
        id,
        endpoint_id: endpoint.into(),
        tenant_id: format!("of {endpoint}"),
        lane: lane.into(),
        next_attempt_at: due,
        rate_per_s: None,
    }
}

fn crowd(lanes: &mut Lanes, endpoint: &str, count: i64) {
    for id in 0..count {
        lanes.add(head(id, endpoint, &format!("lane {id}"), 0));
    }
}

#[test]
fn a_lane_sends_one_at_a_time_in_order_while_others_go_on() {
    let mut lanes = Lanes::default();
    for head in [head(1, "e", "a", 0), head(2, "e", "a", 0), head(3, "e", "b", 0)] {
        lanes.add(head);
    }
    let due = lanes.take_due(10);
    assert_eq!(due.iter().map(|head| head.id).collect::<Vec<_>>(), [1, 3]);
    assert!(lanes.take_due(10).is_empty());
    lanes.finish(&due[0], Some(head(1, "e", "a", 5_000)), (Pace::Bad, 10));
    assert!(lanes.take_due(10).is_empty());
    lanes.finish(&due[1], None, (Pace::Good, 10));
    assert_eq!(lanes.next_due(), Some(5_000));
    assert_eq!(lanes.take_due(5_000)[0].id, 1);
    lanes.finish(&due[0], Some(head(2, "e", "a", 0)), (Pace::Good, 5_000));
    assert_eq!(lanes.take_due(10)[0].id, 2);
}

#[test]
fn what_comes_while_the_last_one_is_in_flight_is_next_and_in_order() {
    let mut lanes = Lanes::default();
    lanes.add(head(1, "e", "a", 0));
    let due = lanes.take_due(0);
    lanes.add(head(2, "e", "a", 0));
    lanes.add(head(3, "e", "a", 0));
    lanes.finish(&due[0], None, (Pace::Good, 0));
    let due = lanes.take_due(0);
    assert_eq!(due.iter().map(|head| head.id).collect::<Vec<_>>(), [2]);
    lanes.finish(&due[0], Some(head(3, "e", "a", 0)), (Pace::Good, 0));
    assert_eq!(lanes.take_due(0)[0].id, 3);
}

#[test]
fn an_endpoint_has_so_many_in_flight_and_holds_up_no_other() {
    let mut lanes = Lanes::default();
    crowd(&mut lanes, "slow", 500);
    lanes.add(head(999, "quick", "", 0));
    let due = lanes.take_due(0);
    let slow = due.iter().filter(|head| head.endpoint_id == "slow").count();
    assert_eq!(slow, FIRST_PER_ENDPOINT);
    assert!(due.iter().any(|head| head.id == 999));
    assert_eq!(lanes.next_due(), None);
}

#[test]
fn an_endpoint_that_answers_well_gets_more_at_a_time_and_one_that_fails_less() {
    let mut lanes = Lanes::default();
    crowd(&mut lanes, "e", 2_000);
    let mut flying = lanes.take_due(0);
    for _ in 0..200 {
        let done = flying.remove(0);
        lanes.finish(&done, None, (Pace::Good, 0));
        flying.extend(lanes.take_due(0));
    }
    assert_eq!(flying.len(), MAX_PER_ENDPOINT);
    for done in std::mem::take(&mut flying) {
        lanes.finish(&done, None, (Pace::Bad, 0));
    }
    assert_eq!(lanes.take_due(0).len(), 1);
}

#[test]
fn a_receiver_that_asks_to_be_left_alone_is_left_alone_in_every_lane() {
    let mut lanes = Lanes::default();
    crowd(&mut lanes, "e", 10);
    lanes.add(head(99, "other", "", 2_000));
    let due = lanes.take_due(0);
    lanes.finish(
        &due[0],
        Some(head(0, "e", "lane 0", 9_000)),
        (Pace::Rest { until_us: 5_000 }, 0),
    );
    for done in &due[1..] {
        lanes.finish(done, None, (Pace::Same, 0));
    }
    assert!(
        lanes
            .take_due(4_999)
            .iter()
            .all(|head| head.endpoint_id == "other")
    );
    assert_eq!(lanes.next_due(), Some(5_000));
    assert_eq!(lanes.take_due(5_000)[0].endpoint_id, "e");
}

#[test]
fn an_endpoint_is_sent_no_more_each_second_than_it_wants() {
    let mut lanes = Lanes::default();
    for id in 0..40 {
        let rate_per_s = Some(10);
        let head = head(id, "e", &format!("{id}"), 0);
        lanes.add(Head { rate_per_s, ..head });
    }
    let mut sent = 0;
    for now_us in (0..1_000_000).step_by(10_000) {
        for done in lanes.take_due(now_us) {
            sent += 1;
            lanes.finish(&done, None, (Pace::Good, now_us));
        }
    }
    assert_eq!(sent, 10);
}

#[test]
fn what_waits_for_an_endpoint_that_was_mended_is_due_at_once() {
    let mut lanes = Lanes::default();
    lanes.add(head(1, "e", "a", 9_000_000));
    assert!(lanes.take_due(5).is_empty());
    lanes.hurry("e", 5);
    let due = lanes.take_due(5);
    assert_eq!(due[0].id, 1);
    // Also what is in flight just then, and fails.
    lanes.hurry("e", 6);
    lanes.finish(&due[0], Some(head(1, "e", "a", 9_000_000)), (Pace::Bad, 7));
    assert_eq!(lanes.next_due(), Some(7));
}

#[test]
fn endpoints_have_their_turns_when_there_is_not_room_for_all() {
    let mut lanes = Lanes::default();
    for endpoint in 0..400 {
        crowd(&mut lanes, &format!("e{endpoint:03}"), 10);
    }
    let due = lanes.take_due(0);
    assert_eq!(due.len(), MAX_IN_FLIGHT);
    for endpoint in 0..400 {
        let name = format!("e{endpoint:03}");
        let taken = due.iter().filter(|head| head.endpoint_id == name).count();
        assert!((2..=3).contains(&taken), "{name}: {taken}");
    }
}

#[test]
fn an_endpoint_that_another_node_has_is_forgotten_and_frees_its_room() {
    let mut lanes = Lanes::default();
    crowd(&mut lanes, "theirs", 50);
    let due = lanes.take_due(0);
    lanes.forget("theirs");
    assert!(lanes.take_due(0).is_empty() && lanes.in_flight == 0);
    lanes.finish(&due[0], Some(head(9, "theirs", "0", 0)), (Pace::Good, 0));
    assert!(lanes.take_due(0).is_empty());
}

#[test]
fn a_tenant_has_so_many_in_flight_at_all_its_endpoints_and_holds_up_no_other() {
    let mut lanes = Lanes::default();
    let tenant_id = "busy".to_owned();
    for endpoint in 0..100 {
        for lane in 0..FIRST_PER_ENDPOINT {
            let head = head(0, &format!("e{endpoint:03}"), &format!("{lane}"), 0);
            let tenant_id = tenant_id.clone();
            lanes.add(Head { tenant_id, ..head });
        }
    }
    let due = lanes.take_due(0);
    assert_eq!(due.len(), MAX_PER_TENANT);
    assert_eq!(lanes.next_due(), None, "nothing may leave before one is back");
    lanes.add(head(999, "quick", "", 0));
    assert_eq!(lanes.take_due(0)[0].id, 999);
    for done in &due[..3] {
        lanes.finish(done, None, (Pace::Good, 0));
    }
    assert_eq!(lanes.take_due(0).len(), 3);
    lanes.forget(&due[10].endpoint_id);
    assert!(
        !lanes.take_due(0).is_empty(),
        "what is forgotten frees its tenant's room"
    );
}
