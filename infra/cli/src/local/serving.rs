//! The system that serves now. Tests begin anew by another one in its place: that is as quick as it is safe, since a call
//! that runs ends on the data on which it has begun, and nothing that was remembered of these is left.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use tokio::task::JoinHandle;
use tower::ServiceExt;
use wrapup::System;

use super::LocalError;
use super::assembly::{Assembled, Parts, Working};
use super::clock::LocalClock;
use super::engine::Engine;

/// The system that serves, and what another one is made of.
pub struct Serving {
    parts: Arc<Parts>,
    now: Mutex<Option<Arc<Working>>>,
}

/// The systems that come after it, one by one.
pub struct Successors {
    serving: Arc<Serving>,
    /// The next one, which is put together while nobody waits for it.
    next: tokio::sync::Mutex<Next>,
}

/// A system that is being put together.
struct Next(JoinHandle<Result<Assembled, LocalError>>);

/// Why there is no next one.
#[derive(Debug, thiserror::Error)]
pub enum NoSuccessor {
    /// It could not be put together.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// What was to do so broke down.
    #[error(transparent)]
    Broken(#[from] tokio::task::JoinError),
}

impl Serving {
    /// Has this system serve.
    pub fn new(parts: Parts, working: Working) -> Arc<Self> {
        Arc::new(Self { parts: Arc::new(parts), now: Mutex::new(Some(Arc::new(working))) })
    }

    /// The API, and where tokens are fetched, of whichever system serves.
    pub fn api(self: &Arc<Self>) -> Router {
        self.routes(|working| &working.api)
    }

    /// DynamoDB's HTTP API, likewise.
    pub fn dynamodb(self: &Arc<Self>) -> Router {
        self.routes(|working| &working.dynamodb)
    }

    fn routes(self: &Arc<Self>, of: fn(&Working) -> &Router) -> Router {
        let serving = Arc::clone(self);
        Router::new().fallback(async move |request: Request| {
            let routes = serving.now().map(|working| of(&working).clone());
            // None after the end alone, when there are no requests any more.
            routes.unwrap_or_default().oneshot(request).await.into_response()
        })
    }

    /// The system that serves; none after the end.
    pub fn system(&self) -> Option<System> {
        Some(self.now()?.system.clone())
    }

    /// The time of the system that serves.
    pub fn clock(&self) -> LocalClock {
        self.now().map_or_else(LocalClock::of_the_machine, |working| working.clock.clone())
    }

    fn now(&self) -> Option<Arc<Working>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends what works, and lets the data go.
    pub fn end(&self) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Successors {
    /// Those of a system whose data is in memory.
    pub fn of(serving: Arc<Serving>) -> Arc<Self> {
        let next = tokio::sync::Mutex::new(Next::of(&serving.parts));
        Arc::new(Self { serving, next })
    }

    /// Has a new system with the demo data take the place of the one that serves.
    pub async fn succeed(&self) -> Result<(), NoSuccessor> {
        let mut next = self.next.lock().await;
        // The one after it is begun before anything can fail.
        let assembled = std::mem::replace(&mut *next, Next::of(&self.serving.parts)).assembled().await?;
        let working = Arc::new(self.serving.parts.begin(assembled)?);
        *self.serving.now.lock().unwrap_or_else(PoisonError::into_inner) = Some(working);
        Ok(())
    }
}

impl Next {
    fn of(parts: &Arc<Parts>) -> Self {
        let parts = Arc::clone(parts);
        Self(tokio::spawn(async move { Box::pin(parts.assemble(Engine::open(None)?)).await }))
    }

    async fn assembled(mut self) -> Result<Assembled, NoSuccessor> {
        Ok((&mut self.0).await??)
    }
}

impl Drop for Next {
    fn drop(&mut self) {
        self.0.abort();
    }
}
