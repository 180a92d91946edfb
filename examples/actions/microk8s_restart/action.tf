# terraform apply -invoke=action.microk8s_restart.all restarts one node after the other.
action "microk8s_restart" "all" {
  for_each = toset(["10.0.0.11", "10.0.0.12", "10.0.0.13"])
  config {
    host     = each.key
    services = ["kubelite"]
  }
}
