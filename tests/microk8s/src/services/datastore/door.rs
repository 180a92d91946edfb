//! The socket on which the API server finds the datastore: this node's member where it votes, else one that
//! does.
//!
//! dqlite's clients find the leader by themselves and need no voter on their own node; etcd's members without
//! a vote answer no client. So the socket is held here and every connection passed on.

use super::roles::{Role, cluster_members};
use super::{TOOLS_PORT, ip_of};
use crate::failure::{Result, Tried};
use crate::layout::{Layout, remove};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;

const CONNECT: Duration = Duration::from_secs(2);

/// Whether this node's member votes; unknown until the members have been asked.
pub(super) type Votes = watch::Receiver<Option<bool>>;

/// Passes connections on until the task is dropped. The socket appears once it is known where they go.
pub(super) async fn keep(layout: &Layout, socket: &str, own: IpAddr, mut votes: Votes) -> Result<()> {
    votes.wait_for(Option::is_some).await.tried(|| "The datastore's member ended".into())?;
    // A power cut may have left the file behind.
    remove(Path::new(socket))?;
    let listener = UnixListener::bind(socket).tried(|| format!("Cannot listen on {socket}"))?;
    loop {
        let (near, _) = listener.accept().await.tried(|| format!("Cannot accept on {socket}"))?;
        tokio::spawn(pass_on(layout.clone(), near, own, votes.clone()));
    }
}

async fn pass_on(layout: Layout, mut near: UnixStream, own: IpAddr, mut votes: Votes) {
    let voting = votes.borrow_and_update().unwrap_or_default();
    let Some(mut far) = connect(&layout, own, voting).await else { return };
    tokio::select! {
        // Either end may hang up at any time.
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
        // A member that has got its vote is nearer than any other; one that ends takes its clients along.
        _ = votes.changed() => {}
    }
}

/// The own member, or the first voter that answers.
async fn connect(layout: &Layout, own: IpAddr, voting: bool) -> Option<TcpStream> {
    let voters = cluster_members(layout).into_iter().filter(|member| member.role == Role::Voter);
    let others = voters.filter_map(|member| ip_of(&member.address));
    let candidates: Vec<IpAddr> = if voting { vec![own] } else { others.collect() };
    for candidate in candidates {
        let address = SocketAddr::from((candidate, TOOLS_PORT));
        if let Ok(Ok(stream)) = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
            return Some(stream);
        }
    }
    None
}
