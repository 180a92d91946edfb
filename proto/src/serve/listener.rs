//! Where core connects to: a Unix socket that only this user can reach, or a local port where there are none.

use super::launch::Launch;
use crate::temporary::{private_directory, private_directory_in};
use std::io;
use std::pin::Pin;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

/// Longest path of a socket on every system.
const PATH_LENGTH: usize = 100;

/// Begins the name of the socket's directory.
const PREFIX: &str = "tf";

/// A stream of bytes both ways.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Duplex for T {}

/// An open socket.
pub(super) enum Listener {
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
    Tcp(TcpListener),
}

/// Where an open socket is. The directory of a Unix socket is removed with this.
pub(super) struct Place {
    /// In Go's words.
    pub(super) network: &'static str,
    /// The socket's path, or address and port.
    pub(super) address: String,
    _directory: Option<TempDir>,
}

impl Listener {
    /// Opens a Unix socket. A port is opened only where that cannot be done and `guarded` says that a
    /// certificate keeps others out.
    pub(super) fn open(launch: &Launch, guarded: bool) -> io::Result<(Self, Place)> {
        let unix = Self::open_unix(launch);
        match (unix, &launch.ports) {
            (Err(_), Some(ports)) if guarded => Self::open_tcp(ports.clone()),
            (unix, _) => unix,
        }
    }

    #[cfg(unix)]
    fn open_unix(launch: &Launch) -> io::Result<(Self, Place)> {
        let longest = PATH_LENGTH - "/plugin".len();
        let directory = match &launch.socket_directory {
            Some(parent) => private_directory_in(parent, PREFIX, longest)?,
            None => private_directory(PREFIX, longest)?,
        };
        let path = directory.path().join("plugin");
        let address =
            path.to_str().ok_or_else(|| io::Error::other("the temporary directory is not UTF-8"))?;
        let place = Place { network: "unix", address: address.to_owned(), _directory: Some(directory) };
        Ok((Self::Unix(tokio::net::UnixListener::bind(&path)?), place))
    }

    #[cfg(not(unix))]
    fn open_unix(_: &Launch) -> io::Result<(Self, Place)> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn open_tcp(ports: std::ops::RangeInclusive<u16>) -> io::Result<(Self, Place)> {
        let mut last = io::Error::other("the range of ports is empty");
        for port in ports {
            match std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)) {
                Ok(listener) => {
                    listener.set_nonblocking(true)?;
                    let address = listener.local_addr()?.to_string();
                    let place = Place { network: "tcp", address, _directory: None };
                    return Ok((Self::Tcp(TcpListener::from_std(listener)?), place));
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// The next one to connect.
    pub(super) async fn accept(&self) -> io::Result<Pin<Box<dyn Duplex>>> {
        match self {
            #[cfg(unix)]
            Self::Unix(listener) => Ok(Box::pin(listener.accept().await?.0)),
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Small answers would wait 40 ms for company otherwise.
                stream.set_nodelay(true)?;
                Ok(Box::pin(stream))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_owner_can_reach_the_socket_and_it_goes_with_its_place() {
        use std::os::unix::fs::PermissionsExt;
        let (_listener, place) = Listener::open(&Launch::default(), true).unwrap();
        let socket = std::path::PathBuf::from(&place.address);
        let mode = std::fs::metadata(socket.parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(socket.exists() && place.network == "unix");
        drop(place);
        assert!(!socket.parent().unwrap().exists());
    }

    #[tokio::test]
    async fn a_long_temporary_directory_does_not_stop_the_start() {
        let long = tempfile::tempdir().unwrap();
        let directory = long.path().join("x".repeat(120));
        std::fs::create_dir(&directory).unwrap();
        let launch = Launch { socket_directory: Some(directory), ..Launch::default() };
        assert!(Listener::open(&launch, false).unwrap().1.address.len() <= PATH_LENGTH);
    }

    #[tokio::test]
    async fn a_port_is_opened_only_behind_a_certificate() {
        let nowhere = Launch {
            socket_directory: Some("/nonexistent".into()),
            ports: Some(20000..=20100),
            ..Launch::default()
        };
        assert!(Listener::open(&nowhere, false).is_err());
        let (_listener, place) = Listener::open(&nowhere, true).unwrap();
        assert_eq!(place.network, "tcp");
        assert!(place.address.starts_with("127.0.0.1:20"), "{}", place.address);
    }
}
