//! Worlds: complete and separate copies of the service inside one server.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use base64::Engine as _;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::clock::{ClockMode, WorldClock};
use crate::events::{DomainEvent, EventLog};
use crate::faults::Faults;
use crate::journal::{DEFAULT_CAPACITY, Journal};
use crate::keys::{KeySpec, Keys, KeysCopy, short_id};
use crate::options::{WorldOptions, WorldSpec};
use crate::seed::{self, SeedSpec};
use crate::state::State;
use crate::sync::{lock, read, write};
use crate::webhooks::Webhooks;

/// Name of the world that is served without a prefix.
pub const DEFAULT_WORLD: &str = "default";

/// One copy of the service: data, keys, clock, faults and journal of its own.
pub struct World {
    /// Its name, as in its base URL.
    pub id: String,
    /// Its clock.
    pub clock: WorldClock,
    /// What clients sent.
    pub journal: Journal,
    /// What goes wrong.
    pub faults: Faults,
    /// Who is told of events.
    pub webhooks: Webhooks,
    /// Secret that webhook endpoints without their own sign with.
    pub webhook_secret: String,
    /// Id of its first key.
    pub client_id: String,
    /// Secret of its first key.
    pub client_secret: String,
    pub(crate) keys: Keys,
    pub(crate) state: RwLock<State>,
    pub(crate) events: EventLog,
    options: RwLock<Arc<WorldOptions>>,
    snapshots: Mutex<HashMap<String, Arc<Snapshot>>>,
    /// Whether somebody said what time it is. A clock that was only stopped shows the present.
    time_given: AtomicBool,
    request_ids: AtomicU64,
    request_prefix: String,
}

/// Data, keys and time of a world at one moment.
struct Snapshot {
    state: State,
    keys: KeysCopy,
    options: Arc<WorldOptions>,
    mode: ClockMode,
    taken: DateTime<Utc>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("id", &self.id).finish_non_exhaustive()
    }
}

impl World {
    /// Builds a world from its document. Must be called inside a tokio runtime.
    pub fn create(spec: WorldSpec) -> Result<Arc<Self>, String> {
        let options = WorldOptions { answers: spec.answers, token: spec.token, limits: spec.limits };
        options.check()?;
        let clock = spec.clock.start()?;
        let now = clock.now();
        let mut state = State::new(&options.answers);
        if let Some(seed) = &spec.seed {
            seed.check()?;
            let frozen = spec.clock.at.filter(|_| spec.clock.mode == ClockMode::Frozen);
            seed::fill(&mut state, seed, frozen, &options.answers);
        }
        for item in spec.conversations {
            item.insert(&mut state, now, &options.answers);
        }
        for item in spec.tickets {
            item.insert(&mut state, now, &options.answers);
        }
        let keys = Keys::new();
        let client_id = spec.client_id.unwrap_or_else(|| format!("client_{}", short_id()));
        let client_secret =
            spec.client_secret.unwrap_or_else(|| format!("secret_{}", uuid::Uuid::new_v4().simple()));
        keys.create(KeySpec {
            client_id: Some(client_id.clone()),
            client_secret: Some(client_secret.clone()),
            ..KeySpec::default()
        })?;
        for key in spec.keys {
            keys.create(key)?;
        }
        let world = Arc::new(Self {
            id: spec.id.unwrap_or_else(short_id),
            clock,
            journal: Journal::new(spec.journal_capacity.unwrap_or(DEFAULT_CAPACITY)),
            faults: Faults::default(),
            webhooks: Webhooks::default(),
            webhook_secret: spec.webhook_secret.unwrap_or_else(random_webhook_secret),
            client_id,
            client_secret,
            keys,
            state: RwLock::new(state),
            events: EventLog::default(),
            options: RwLock::new(Arc::new(options)),
            snapshots: Mutex::default(),
            time_given: AtomicBool::new(spec.clock.at.is_some()),
            request_ids: AtomicU64::new(1),
            request_prefix: short_id(),
        });
        for rule in spec.faults {
            world.faults.add(&world, rule)?;
        }
        for endpoint in spec.webhooks {
            world.webhooks.add_endpoint(&world, endpoint)?;
        }
        Ok(world)
    }

    /// The present time of this world.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Moves the clock forward and runs everything that falls due; returns how many jobs ran.
    ///
    /// Deliveries under way belong to the present and are waited for before.
    pub async fn advance(&self, by: TimeDelta) -> usize {
        self.webhooks.settle().await;
        self.clock.advance(by).await
    }

    /// Puts the clock at `at`. Going forward is an [`advance`](Self::advance).
    pub async fn set_clock(&self, at: DateTime<Utc>) -> usize {
        self.time_given.store(true, Ordering::Relaxed);
        self.webhooks.settle().await;
        self.clock.set(at).await
    }

    /// The options in force.
    pub fn options(&self) -> Arc<WorldOptions> {
        Arc::clone(&read(&self.options))
    }

    /// Puts other options in force; lists are rendered and ordered anew if they look different now.
    pub fn set_options(&self, options: WorldOptions) -> Result<(), String> {
        options.check()?;
        let mut state = write(&self.state);
        let before = self.options();
        if before.limits != options.limits {
            self.keys.reset_limits();
        }
        if before.answers != options.answers {
            *state = state.rebuilt(&options.answers);
        }
        *write(&self.options) = Arc::new(options);
        Ok(())
    }

    /// Replaces all conversations and tickets by generated ones.
    pub fn seed(&self, spec: &SeedSpec) -> Result<(), String> {
        spec.check()?;
        let options = self.options();
        let reading = self.clock.reading();
        let given = reading.mode == ClockMode::Frozen && self.time_given.load(Ordering::Relaxed);
        let frozen = given.then_some(reading.now);
        let mut fresh = State::new(&options.answers);
        seed::fill(&mut fresh, spec, frozen, &options.answers);
        *write(&self.state) = fresh;
        Ok(())
    }

    /// Records that something happened and tells the webhook endpoints.
    pub fn emit(self: &Arc<Self>, event_type: &str, data: Value) -> DomainEvent {
        let event = DomainEvent {
            id: format!("evt_{}", uuid::Uuid::new_v4().simple()),
            event_type: event_type.to_owned(),
            timestamp: self.now(),
            data,
        };
        self.events.push(event.clone());
        self.webhooks.accept(self, event.clone());
        event
    }

    /// An id for the answer to a request.
    pub(crate) fn next_request_id(&self) -> String {
        format!("req_{}_{:06}", self.request_prefix, self.request_ids.fetch_add(1, Ordering::Relaxed))
    }

    /// Remembers data, keys, options and time under a name. Journal, faults and webhooks stay outside.
    pub fn snapshot(&self, name: &str) {
        let snapshot = Snapshot {
            state: read(&self.state).clone(),
            keys: self.keys.copy(),
            options: self.options(),
            mode: self.clock.reading().mode,
            taken: self.now(),
        };
        lock(&self.snapshots).insert(name.to_owned(), Arc::new(snapshot));
    }

    /// Goes back to a snapshot, and the clock to how it ran then; the machine's shows its own time.
    pub async fn restore(&self, name: &str) -> bool {
        let Some(snapshot) = lock(&self.snapshots).get(name).cloned() else { return false };
        {
            let mut state = write(&self.state);
            *state = snapshot.state.clone();
            *write(&self.options) = Arc::clone(&snapshot.options);
        }
        self.keys.restore(&snapshot.keys);
        self.clock.set_mode(snapshot.mode).await;
        if snapshot.mode != ClockMode::Real {
            self.webhooks.settle().await;
            self.clock.set(snapshot.taken).await;
        }
        true
    }

    /// Names and times of the snapshots, by name.
    pub fn snapshots(&self) -> Vec<(String, DateTime<Utc>)> {
        let mut list: Vec<_> =
            lock(&self.snapshots).iter().map(|(name, snapshot)| (name.clone(), snapshot.taken)).collect();
        list.sort();
        list
    }

    /// Forgets a snapshot.
    pub fn forget_snapshot(&self, name: &str) -> bool {
        lock(&self.snapshots).remove(name).is_some()
    }
}

/// 32 random bytes in the form of the Standard Webhooks specification.
fn random_webhook_secret() -> String {
    let bytes = [*uuid::Uuid::new_v4().as_bytes(), *uuid::Uuid::new_v4().as_bytes()].concat();
    format!("whsec_{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// All worlds of a server.
#[derive(Debug)]
pub struct Worlds {
    worlds: RwLock<HashMap<String, Arc<World>>>,
    default: Arc<World>,
}

impl Worlds {
    /// A registry with the world that is served without a prefix.
    pub fn new(default: Arc<World>) -> Self {
        Self { worlds: RwLock::default(), default }
    }

    /// The world that is served without a prefix.
    pub fn default_world(&self) -> &Arc<World> {
        &self.default
    }

    /// The world of this name.
    pub fn get(&self, id: &str) -> Option<Arc<World>> {
        if id == self.default.id {
            return Some(Arc::clone(&self.default));
        }
        read(&self.worlds).get(id).cloned()
    }

    /// Builds a world and adds it.
    pub fn create(&self, spec: WorldSpec) -> Result<Arc<World>, String> {
        if let Some(id) = &spec.id {
            let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            if id.is_empty() || id.len() > 64 || !id.bytes().all(good) {
                return Err("id must be 1 to 64 letters, digits, `-` or `_`".to_owned());
            }
            if self.get(id).is_some() {
                return Err(format!("there is a world `{id}` already"));
            }
        }
        let world = World::create(spec)?;
        let mut worlds = write(&self.worlds);
        if worlds.contains_key(&world.id) {
            return Err(format!("there is a world `{}` already", world.id));
        }
        worlds.insert(world.id.clone(), Arc::clone(&world));
        Ok(world)
    }

    /// Removes a world; the default one stays.
    pub fn remove(&self, id: &str) -> bool {
        let Some(world) = write(&self.worlds).remove(id) else { return false };
        world.clock.clear();
        true
    }

    /// Every world, the default one first.
    pub fn list(&self) -> Vec<Arc<World>> {
        let mut others: Vec<_> = read(&self.worlds).values().cloned().collect();
        others.sort_by(|a, b| a.id.cmp(&b.id));
        others.insert(0, Arc::clone(&self.default));
        others
    }
}
