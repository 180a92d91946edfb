//! `make demo`: a whole build-out in the lab, from bare machines to a page that answers from outside and back
//! to nothing.
#![expect(clippy::print_stdout, reason = "it is a program for people at a terminal")]

use acceptance::terminal::{plan_again, run, terraform, title};
use acceptance::{BuildOut, Cli, Failure, whole};
use lab::Lab;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};
use tokio::process::Command;

const NODES: usize = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let begin = Instant::now();
    match demo().await {
        Ok(()) => {
            println!("\nAll of it worked, in {} s.", begin.elapsed().as_secs());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("\nFailed after {} s: {failure}", begin.elapsed().as_secs());
            ExitCode::FAILURE
        }
    }
}

async fn demo() -> Result<(), Failure> {
    title("Starting the lab: three bare machines, a router, and a client behind the router upstream of it");
    let lab = Lab::start(whole(NODES)).await?;
    for node in lab.nodes() {
        println!("{}  {}  {}", node.name(), node.ipv4(), node.ipv6());
    }
    let build_out = BuildOut::read("bare-metal-ipv6")?;
    let workspace = build_out.workspace(Cli::Terraform, &lab).await?;

    terraform(&workspace, &["init"]).await?;
    terraform(&workspace, &["plan", "-out=apply.tfplan"]).await?;
    terraform(&workspace, &["apply", "apply.tfplan"]).await?;
    let applied = Instant::now();
    let address =
        output(&mut workspace.command(["output", "-raw", "web_address"]), "terraform output").await?;
    answers(&lab, &address, applied).await?;
    look_at_the_cluster(&lab).await?;
    look_at_the_router(&lab).await?;

    plan_again(&workspace).await?;
    terraform(&workspace, &["apply", "-auto-approve", "-var=web=false"]).await?;
    route_goes(&lab, &address).await?;
    terraform(&workspace, &["destroy", "-auto-approve"]).await?;
    nothing_is_left(&lab).await?;
    lab.stop().await?;
    Ok(())
}

/// What a command printed; its own exit code is the caller's to judge.
async fn output(command: &mut Command, what: &str) -> Result<String, Failure> {
    let output = command.stdin(Stdio::null()).output().await.map_err(Failure::system("run", what))?;
    Ok(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

/// How long routes may take to come and to go: OSPF speaks every 10 s, BGP and it need some words each.
const PATIENCE: Duration = Duration::from_secs(60);

/// The client beyond the router fetches the page.
async fn answers(lab: &Lab, address: &str, applied: Instant) -> Result<(), Failure> {
    title(&format!("The client asks for http://[{address}]/"));
    let url = format!("http://[{address}]/");
    let page = loop {
        let mut curl = lab.client("curl");
        curl.args(["--silent", "--fail", "--include", "--max-time", "2", &url]);
        let page = output(&mut curl, "curl").await?;
        if page.starts_with("HTTP/1.1 200") {
            break page;
        }
        if applied.elapsed() > PATIENCE {
            return Err(Failure::new(format!("{url} does not answer from outside: {page}")));
        }
    };
    println!(
        "{}\n(first answer {:.1} s after the end of apply)",
        page.trim_end(),
        applied.elapsed().as_secs_f64()
    );
    println!("{}", route(lab, address).await?);
    Ok(())
}

/// The router upstream forgets the way.
async fn route_goes(lab: &Lab, address: &str) -> Result<(), Failure> {
    title("The page's Service is gone, and the way to it goes");
    let begin = Instant::now();
    while !route(lab, address).await?.is_empty() {
        if begin.elapsed() > PATIENCE {
            return Err(Failure::new(format!("the router upstream still has a route to {address}")));
        }
    }
    println!(
        "(no route to {address} upstream, {:.1} s after the end of apply)",
        begin.elapsed().as_secs_f64()
    );
    Ok(())
}

/// What the router upstream has learned of the address by OSPF.
async fn route(lab: &Lab, address: &str) -> Result<String, Failure> {
    let isp = lab.isp().ok_or_else(|| Failure::new("this lab has nothing upstream"))?;
    let mut ip = isp.exec(["ip", "-6", "route", "show", address, "proto", "ospf"]);
    Ok(output(&mut ip, "ip route").await?.trim().to_owned())
}

async fn look_at_the_cluster(lab: &Lab) -> Result<(), Failure> {
    let Some(first) = lab.nodes().first() else { return Ok(()) };
    let kubectl = ["/snap/bin/microk8s", "kubectl", "get"];
    let looks: [(&str, &[&str]); 5] = [
        (
            "Nodes, roles and addresses",
            &["nodes", "--output=wide", "--label-columns=node.kubernetes.io/microk8s-controlplane"],
        ),
        ("Service ranges of both families", &["servicecidrs"]),
        (
            "Pod ranges of both families",
            &[
                "ippools.crd.projectcalico.org",
                "--output=custom-columns=NAME:.metadata.name,CIDR:.spec.cidr,NAT:.spec.natOutgoing",
            ],
        ),
        ("What MetalLB may give away", &["ipaddresspools.metallb.io", "--namespace=metallb-system"]),
        ("Whom its speakers peer with", &["bgppeers.metallb.io", "--namespace=metallb-system"]),
    ];
    for (what, arguments) in looks {
        title(what);
        run(&mut first.exec(kubectl.iter().chain(arguments)), what).await?;
    }
    title("The datastore's members");
    let status =
        output(&mut first.exec(["/snap/bin/microk8s", "status", "--format", "yaml"]), "microk8s status")
            .await?;
    println!("{}", status.split("addons:").next().unwrap_or_default().trim_end());
    match status.matches("address: ").count() {
        NODES => Ok(()),
        other => Err(Failure::new(format!("the datastore has {other} members, not {NODES}"))),
    }
}

async fn look_at_the_router(lab: &Lab) -> Result<(), Failure> {
    title("The router's neighbours, as FRR sees them");
    let router = lab.router().ok_or_else(|| Failure::new("this lab has no router"))?;
    let summary = output(&mut router.vtysh(["-c", "show bgp ipv6 unicast summary"]), "vtysh").await?;
    println!("{summary}");
    match lab.nodes().iter().find(|node| !summary.contains(&node.ipv4().to_string())) {
        Some(node) => Err(Failure::new(format!("FRR does not know {} as a neighbour", node.ipv4()))),
        None => Ok(()),
    }
}

async fn nothing_is_left(lab: &Lab) -> Result<(), Failure> {
    title("What is left");
    for node in lab.nodes() {
        let look = "snap list microk8s; ls -A /var/snap /snap/bin; cat /etc/hosts; \
                    ps -e -o args= | grep -E '^[^ ]*(etcd|kube-)' || true";
        let seen = output(&mut node.exec(["sh", "-c", look]), "look for leftovers").await?;
        println!("-- {}\n{seen}", node.name());
        let others = lab.nodes().iter().filter(|other| other.name() != node.name());
        let traces = ["microk8s  ", "BEGIN", "kube-apiserver", "etcd"];
        if !seen.contains("no matching snaps installed") {
            return Err(Failure::new(format!("microk8s is still installed on {}", node.name())));
        }
        let hosts = others.map(|other| other.ipv4().to_string()).find(|address| seen.contains(address));
        if let Some(trace) =
            hosts.or_else(|| traces.iter().find(|trace| seen.contains(**trace)).map(ToString::to_string))
        {
            return Err(Failure::new(format!("{trace:?} is left on {}", node.name())));
        }
    }
    let router = lab.router().ok_or_else(|| Failure::new("this lab has no router"))?;
    let running = output(&mut router.vtysh(["-c", "show running-config"]), "vtysh").await?;
    let ours =
        ["router bgp", "router ospf6", "route-map ", "ipv6 prefix-list ", " neighbor ", " ipv6 ospf6 area"];
    let left = running.lines().find(|line| ours.iter().any(|begins| line.starts_with(begins)));
    match left {
        Some(line) => Err(Failure::new(format!("the router still has `{line}`"))),
        None => {
            println!("-- router\nno BGP, no OSPF, no filter");
            Ok(())
        }
    }
}
