//! Whole nodes in namespaces of their own, driven through their commands as the provider drives them.

fn main() -> std::process::ExitCode {
    let mut words = std::env::args();
    let called = words.next().unwrap_or_default();
    let name = called.rsplit('/').next().unwrap_or_default().to_owned();
    let arguments: Vec<String> = words.collect();
    match name.as_str() {
        "snap" | "microk8s" | "microk8s.kubectl" | "journalctl" | "cloud-init" => {
            return microk8s_stand_in::command::run(&name, arguments);
        }
        _ => {}
    }
    let text = std::fs::read_to_string(&arguments[1]).unwrap();
    let config = serde_json::from_str(&text).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(microk8s_stand_in::daemon::run(config)).unwrap();
    std::process::ExitCode::SUCCESS
}
