//! The web server of nginx's image: files of its folder, or the page that says that it works.

use crate::outcome::Outcome;
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use std::path::{Component, Path};
use tokio::net::TcpListener;

const FOLDER: &str = "/usr/share/nginx/html";
const WELCOME: &str = "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n\
                       <h1>Welcome to nginx!</h1>\n<p>The web server of this lab is up.</p>\n</body>\n</html>\n";

/// Serves port 80 of both families for as long as the process lives.
pub(crate) async fn run() -> Outcome {
    // A pod without IPv6 has no such address.
    let bound = match TcpListener::bind("[::]:80").await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind("0.0.0.0:80").await,
    };
    let served = match bound {
        Ok(listener) => axum::serve(listener, Router::new().fallback(answer)).await,
        Err(error) => Err(error),
    };
    match served {
        Ok(()) => Outcome::default(),
        Err(error) => Outcome::complained(1, format!("nginx: bind() to [::]:80 failed: {error}")),
    }
}

async fn answer(request: Request) -> Response {
    let server = [(header::SERVER, "nginx"), (header::CONTENT_TYPE, "text/html")];
    let path = request.uri().path().trim_start_matches('/');
    let path = Path::new(if path.is_empty() { "index.html" } else { path });
    let within = path.components().all(|part| matches!(part, Component::Normal(_)));
    let file = Path::new(FOLDER).join(path);
    match tokio::fs::read(&file).await {
        Ok(content) if within => (server, content).into_response(),
        _ if path == Path::new("index.html") => (server, WELCOME).into_response(),
        _ => (StatusCode::NOT_FOUND, server, "<h1>404 Not Found</h1>\n").into_response(),
    }
}
