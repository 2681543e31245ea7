//! Installs under way, and the tokens that allow to ask for one.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
};

use crate::{lifecycle::InstallFailure, random, state::lock, upm::tokens::AccessToken};

/// What the plugin manager of a site remembers between requests.
#[derive(Debug, Default)]
pub(crate) struct Upm {
    tokens: Mutex<VecDeque<String>>,
    tasks: Mutex<VecDeque<Task>>,
    /// By key of the app.
    pub(super) access_tokens: Mutex<BTreeMap<String, AccessToken>>,
}

/// One install.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    /// Address of the descriptor.
    pub(crate) source: String,
    pub(crate) state: TaskState,
}

/// How an install is getting on.
#[derive(Clone, Debug)]
pub(crate) enum TaskState {
    Failed(InstallFailure),
    /// Key of the app.
    Installed(String),
    Running,
}

impl Upm {
    /// A token that allows one install.
    pub(crate) fn new_token(&self) -> String {
        let token = random::token();
        push(&mut lock(&self.tokens), token.clone());
        token
    }

    /// Uses a token up; false when there is no such token.
    pub(crate) fn use_token(&self, token: &str) -> bool {
        let mut tokens = lock(&self.tokens);
        match tokens.iter().position(|known| known == token) {
            Some(at) => tokens.remove(at).is_some(),
            None => false,
        }
    }

    pub(crate) fn begin(&self, source: &str) -> Task {
        let task = Task {
            id: random::uuid(),
            source: source.to_owned(),
            state: TaskState::Running,
        };
        push(&mut lock(&self.tasks), task.clone());
        task
    }

    pub(crate) fn finish(&self, id: &str, state: TaskState) {
        if let Some(task) = lock(&self.tasks).iter_mut().find(|task| task.id == id) {
            task.state = state;
        }
    }

    pub(crate) fn task(&self, id: &str) -> Option<Task> {
        lock(&self.tasks).iter().find(|task| task.id == id).cloned()
    }
}

/// Adds at the end; the oldest goes when there are too many.
fn push<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() == KEPT {
        queue.pop_front();
    }
    queue.push_back(item);
}

const KEPT: usize = 128;
