//! Cells by key: shared by all workers, and how one worker finds its own without a lock.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::{Equivalent, HashMap};

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// All workers' cells by key.
#[derive(Debug)]
pub(super) struct Family<K, C>(Mutex<Map<K, Cells<C>>>);

/// Of one key: a worker and its cell.
type Cells<C> = Vec<(usize, Arc<C>)>;

impl<K, C> Default for Family<K, C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq, C: Default> Family<K, C> {
    fn lock(&self) -> MutexGuard<'_, Map<K, Cells<C>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cell of one worker, made if it is the first time.
    pub(super) fn cell(&self, key: K, worker: usize) -> Arc<C> {
        let mut family = self.lock();
        let cells = family.entry(key).or_default();
        if let Some((_, cell)) = cells.iter().find(|(owner, _)| *owner == worker) {
            return Arc::clone(cell);
        }
        let cell = Arc::new(C::default());
        cells.push((worker, Arc::clone(&cell)));
        cell
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn retain(&self, stays: impl Fn(&K, &mut dyn Iterator<Item = &C>) -> bool) {
        self.lock()
            .retain(|key, cells| stays(key, &mut cells.iter().map(|(_, cell)| &**cell)));
    }

    /// Each key with its cells, in order of the keys.
    pub(super) fn collect<T>(&self, of: impl Fn(&mut dyn Iterator<Item = &C>) -> T) -> Vec<(K, T)>
    where
        K: Clone + Ord,
    {
        let family = self.lock();
        let mut all: Vec<_> = family
            .iter()
            .map(|(key, cells)| (key.clone(), of(&mut cells.iter().map(|(_, cell)| &**cell))))
            .collect();
        drop(family);
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }

    /// The sum over the cells of one key.
    pub(super) fn sum<Q, N>(&self, key: &Q, value: impl Fn(&C) -> N) -> N
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
        N: std::iter::Sum,
    {
        let family = self.lock();
        let cells = family.get(key).into_iter().flatten();
        cells.map(|(_, cell)| value(cell)).sum()
    }
}

/// The cells of one worker, for its own thread.
#[derive(Debug)]
pub(super) struct Front<K, C>(Map<K, Arc<C>>);

impl<K, C> Default for Front<K, C> {
    fn default() -> Self {
        Self(Map::default())
    }
}

impl<K: Hash + Eq, C: Default> Front<K, C> {
    /// Uses the worker's cell for a key; it is made in the family if it is the first time.
    pub(super) fn with<'q, Q>(
        &mut self,
        family: &Family<K, C>,
        worker: usize,
        query: &'q Q,
        use_it: impl FnOnce(&C),
    ) where
        Q: Hash + Equivalent<K> + ?Sized,
        K: From<&'q Q>,
    {
        if let Some(cell) = self.0.get(query) {
            return use_it(cell);
        }
        let cell = family.cell(K::from(query), worker);
        use_it(&cell);
        self.0.insert(K::from(query), cell);
    }
}
