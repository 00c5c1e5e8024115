//! Outputs that are pressed: none stays so, and none is pressed against another.

use std::sync::Arc;

use domain::ids::OutletNumber;
use domain::outlet::Wanted;
use outlet_controller::modbus::panel_io::{PanelIo, SwitchError};

use super::peer::{Kind, Manner, Peer};

const MOTOR: &str = "motor-multicircuit-tcp.toml";
/// The outputs of outlet 2.
const CLOSE: u16 = 1;
const OPEN: u16 = 9;

fn outlet() -> OutletNumber {
    OutletNumber::new(2).unwrap()
}

fn open(peer: &Arc<Peer>) -> PanelIo {
    PanelIo::open_with(super::impatient_panel(MOTOR), peer.dialer())
}

/// What was written: which output, and whether it was pressed.
fn written(peer: &Peer) -> Vec<(u16, bool)> {
    let log = peer.log();
    let writes = log.iter().filter(|heard| heard.pdu[0] == 5);
    writes.map(|heard| (heard.addr(), heard.pdu[3] == 0xFF)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_the_last_run_may_have_left_pressed_is_released_before_anything_is_pressed() {
    let peer = Peer::new(Kind::Tcp, None);
    let panel = open(&peer);
    assert_eq!(panel.pressed().len(), 8);
    panel.switch(outlet(), Wanted::Open).await.unwrap();
    assert_eq!(
        written(&peer),
        [(CLOSE, false), (OPEN, false), (OPEN, true), (OPEN, false)]
    );
    assert_eq!(panel.pressed().len(), 7);
    for number in panel.pressed() {
        panel.release(number).await.unwrap();
    }
    assert_eq!(panel.pressed(), []);
    assert!(written(&peer)[4..].iter().all(|(_, pressed)| !pressed));
}

#[tokio::test(start_paused = true)]
async fn an_output_that_was_not_released_is_before_the_other_is_pressed() {
    let peer = Peer::new(Kind::Tcp, None);
    let panel = open(&peer);
    panel.release(outlet()).await.unwrap();
    // The board does what it is told and says that it failed.
    peer.behave(|heard| {
        if heard.pdu[0] == 5 {
            Manner::Refuses(4)
        } else {
            Manner::Answers
        }
    });
    let error = panel.switch(outlet(), Wanted::Closed).await.unwrap_err();
    assert!(matches!(error, SwitchError::Release(_)), "{error:?}");
    assert!(error.may_have_been_heard() && panel.pressed().contains(&outlet()));
    let error = panel.switch(outlet(), Wanted::Open).await.unwrap_err();
    assert!(matches!(error, SwitchError::StillPressed(_)), "{error:?}");
    assert!(!error.may_have_been_heard());
    peer.behave(|_| Manner::Answers);
    let before = written(&peer).len();
    panel.switch(outlet(), Wanted::Open).await.unwrap();
    assert_eq!(
        written(&peer)[before..],
        [(CLOSE, false), (OPEN, true), (OPEN, false)]
    );
    assert!(!written(&peer)[..before].contains(&(OPEN, true)));
    assert!(!panel.pressed().contains(&outlet()));
}

/// What a device says before it has done anything, and what it may say after that.
#[tokio::test(start_paused = true)]
async fn a_pulse_is_ended_unless_the_refusal_says_that_it_never_began() {
    for (code, ended) in [
        (1, 0),
        (2, 0),
        (3, 0),
        (6, 0),
        (0x0A, 0),
        (4, 1),
        (5, 1),
        (8, 1),
        (0x0B, 1),
        (0x42, 1),
    ] {
        let peer = Peer::new(Kind::Tcp, None);
        let panel = open(&peer);
        panel.release(outlet()).await.unwrap();
        peer.behave(move |heard| match heard.pdu[..4] {
            [5, _, _, 0xFF] => Manner::Refuses(code),
            _ => Manner::Answers,
        });
        let before = written(&peer).len();
        let error = panel.switch(outlet(), Wanted::Closed).await.unwrap_err();
        assert!(matches!(error, SwitchError::Write(_)), "{code}: {error:?}");
        assert_eq!(error.may_have_been_heard(), ended == 1, "{code}");
        assert_eq!(written(&peer).len() - before, 1 + ended, "{code}");
        assert!(!panel.pressed().contains(&outlet()), "{code}");
    }
}

/// A board that rests is not tried for what its outputs may say.
#[tokio::test(start_paused = true)]
async fn a_silent_board_is_released_when_it_answers_again() {
    let peer = Peer::new(Kind::Tcp, None);
    peer.behave(|_| Manner::Silent);
    let panel = open(&peer);
    panel.look().await;
    let asked = peer.log().len();
    for number in panel.pressed() {
        panel.release(number).await.unwrap_err();
    }
    assert_eq!(peer.log().len(), asked);
    peer.behave(|_| Manner::Answers);
    while panel.release(outlet()).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert_eq!(written(&peer), [(CLOSE, false), (OPEN, false)]);
}

#[tokio::test(start_paused = true)]
async fn a_panel_closes_though_its_outputs_were_never_released() {
    let panel = open(&Peer::new(Kind::Tcp, None));
    assert_eq!(panel.pressed().len(), 8);
    let closed = tokio::time::timeout(std::time::Duration::from_secs(60), panel.close());
    closed.await.unwrap();
}
