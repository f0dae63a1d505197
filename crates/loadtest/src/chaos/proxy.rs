//! One address in front of two nodes: nginx, as a team would have it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::machine;
use crate::server::is_healthy;

/// How long a start may take.
const START_WITHIN: Duration = Duration::from_secs(20);

/// A running nginx; stopped when dropped.
pub struct Proxy {
    process: Child,
    _folder: TempDir,
    pub address: SocketAddr,
}

impl Proxy {
    /// In front of some nodes, one of which runs already.
    pub async fn start(address: SocketAddr, nodes: &[SocketAddr]) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("ginnel-chaos-proxy-")
            .tempdir()?;
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration(folder.path(), address, nodes))?;
        let process = Command::new(program()?)
            .arg("-c")
            .arg(&file)
            .arg("-e")
            .arg(folder.path().join("error.log"))
            .arg("-p")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("nginx cannot be started.")?;
        let mut proxy = Proxy {
            process,
            _folder: folder,
            address,
        };
        let begin = machine::now();
        while !is_healthy(address).await {
            if proxy.process.try_wait()?.is_some() || begin.elapsed() > START_WITHIN {
                let log = fs::read_to_string(proxy._folder.path().join("error.log"));
                bail!("nginx does not start: {}", log.unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(proxy)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its workers go with it when it is asked to stop, and stay when it is killed.
        let asked = kill_process(Pid::from_child(&self.process), Signal::TERM);
        if asked.is_ok() {
            let _ = self.process.wait();
        }
    }
}

fn program() -> Result<PathBuf> {
    let places = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx"];
    let found = places.into_iter().map(Path::new).find(|path| path.exists());
    let found =
        found.context("nginx is not installed. Debian, Ubuntu: apt-get install nginx-light")?;
    Ok(found.to_owned())
}

/// Round robin. A node that cannot be connected to is passed over, and tried again with the next request; a request that has
/// been sent is not sent to another one, since it may have been carried out. By default nginx closes a connection after 1,000
/// requests, which its client would take for a failure.
fn configuration(folder: &Path, address: SocketAddr, nodes: &[SocketAddr]) -> String {
    let user = match rustix::process::geteuid().is_root() {
        true => "user root;",
        false => "",
    };
    let nodes: String = nodes
        .iter()
        .map(|node| format!("    server {node} max_fails=0;\n"))
        .collect();
    let folder = folder.display();
    format!(
        "daemon off;\nmaster_process on;\nworker_processes 1;\n{user}\npid {folder}/pid;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n  access_log off;\n  keepalive_requests 100000000;\n\
         \x20 client_body_temp_path {folder}/body;\n  proxy_temp_path {folder}/proxy;\n\
         \x20 fastcgi_temp_path {folder}/fastcgi;\n  uwsgi_temp_path {folder}/uwsgi;\n  scgi_temp_path {folder}/scgi;\n\
         \x20 upstream nodes {{\n{nodes}  }}\n\
         \x20 server {{\n    listen {address};\n    location / {{\n\
         \x20     proxy_pass http://nodes;\n      proxy_set_header Host $http_host;\n\
         \x20     proxy_connect_timeout 2s;\n      proxy_next_upstream error timeout;\n\
         \x20   }}\n  }}\n}}\n"
    )
}
