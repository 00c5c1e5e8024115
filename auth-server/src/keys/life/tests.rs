//! Any order of rotations, revocations and hours.

use proptest::prelude::*;

use super::*;

const TOKEN_US: i64 = 900 * SECOND_US;
const LIFE_US: i64 = 90 * 86_400 * SECOND_US;

#[derive(Clone, Copy, Debug)]
enum Step {
    Wait { minutes: i64 },
    Rotate { at_once: bool },
    RevokeActive,
    Tend,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..200_i64).prop_map(|minutes| Step::Wait { minutes }),
        2 => any::<bool>().prop_map(|at_once| Step::Rotate { at_once }),
        1 => Just(Step::RevokeActive),
        2 => Just(Step::Tend),
    ]
}

#[derive(Default)]
struct World {
    keys: Vec<KeyLife>,
    now_us: i64,
    /// generation, signed at
    tokens: Vec<(i64, i64)>,
}

impl World {
    fn new() -> Self {
        let mut world = Self::default();
        world.rotate(true);
        world
    }

    fn rotate(&mut self, at_once: bool) {
        match rotation(&self.keys, at_once, self.now_us) {
            Rotation::New {
                generation,
                active_from_us,
            } => self.keys.push(KeyLife {
                generation,
                active_from_us,
                revoked_at_us: None,
            }),
            Rotation::BringForward { generation } => self.key(generation).active_from_us = self.now_us,
            Rotation::UnderWay { .. } => {}
        }
    }

    fn key(&mut self, generation: i64) -> &mut KeyLife {
        self.keys
            .iter_mut()
            .find(|key| key.generation == generation)
            .unwrap()
    }

    fn active(&self) -> Vec<KeyLife> {
        let active = |key: &&KeyLife| key.state(&self.keys, self.now_us) == KeyState::Active;
        self.keys.iter().filter(active).copied().collect()
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Wait { minutes } => self.now_us += minutes * 60 * SECOND_US,
            Step::Rotate { at_once } => self.rotate(at_once),
            Step::RevokeActive => {
                let (generation, now_us) = (self.active()[0].generation, self.now_us);
                self.key(generation).revoked_at_us = Some(now_us);
                self.rotate(true);
            }
            Step::Tend if is_rotation_due(&self.keys, LIFE_US, self.now_us) => self.rotate(false),
            Step::Tend => {}
        }
    }

    /// One key signs; whatever is still good verifies, unless its key was revoked.
    fn check(&mut self) {
        let active = self.active();
        assert_eq!(active.len(), 1, "{:?} at {}", self.keys, self.now_us);
        self.tokens.push((active[0].generation, self.now_us));
        for (generation, signed_at_us) in &self.tokens {
            let key = self
                .keys
                .iter()
                .find(|key| key.generation == *generation)
                .unwrap();
            let state = key.state(&self.keys, self.now_us);
            let is_good = self.now_us <= signed_at_us + TOKEN_US;
            assert!(
                !is_good || state == KeyState::Revoked || state.is_published(),
                "{key:?} is {state:?} at {}",
                self.now_us
            );
        }
    }
}

proptest! {
    #[test]
    fn exactly_one_key_signs_and_no_good_token_loses_its_key(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
            world.check();
        }
    }
}

#[test]
fn a_key_is_prepublished_active_grace_and_retired_in_its_time() {
    let mut world = World::new();
    world.now_us = LIFE_US - PREPUBLISHED_US - 1;
    assert!(!is_rotation_due(&world.keys, LIFE_US, world.now_us));
    world.now_us += 1;
    assert!(is_rotation_due(&world.keys, LIFE_US, world.now_us));
    world.rotate(false);
    let states = |world: &World| [0, 1].map(|i: usize| world.keys[i].state(&world.keys, world.now_us));
    assert_eq!(states(&world), [KeyState::Active, KeyState::Prepublished]);
    assert!(
        !is_rotation_due(&world.keys, LIFE_US, world.now_us),
        "one is under way"
    );
    world.now_us += PREPUBLISHED_US;
    assert_eq!(states(&world), [KeyState::Grace, KeyState::Active]);
    world.now_us += GRACE_US;
    assert_eq!(states(&world), [KeyState::Retired, KeyState::Active]);
}

#[test]
fn a_key_that_was_revoked_before_it_signed_ends_nobody() {
    let mut world = World::new();
    world.rotate(false);
    world.keys[1].revoked_at_us = Some(1);
    world.now_us = PREPUBLISHED_US;
    assert_eq!(world.active(), [world.keys[0]]);
}
