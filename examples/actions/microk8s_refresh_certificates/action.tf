# terraform apply -invoke=action.microk8s_refresh_certificates.cp1, once a year or more often.
action "microk8s_refresh_certificates" "cp1" {
  config {
    host      = "10.0.0.11"
    node_name = "cp1" # nothing is done on a machine with another name
  }
}
