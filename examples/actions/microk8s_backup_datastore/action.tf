# terraform apply -invoke=action.microk8s_backup_datastore.cp1, or before each change of the node's channel:
action "microk8s_backup_datastore" "cp1" {
  config {
    host      = "10.0.0.11"
    directory = "/var/backups/microk8s"
  }
}

resource "microk8s_node" "cp1" {
  host    = "10.0.0.11"
  channel = "1.35/stable"

  lifecycle {
    action_trigger {
      events  = [before_update]
      actions = [action.microk8s_backup_datastore.cp1]
    }
  }
}
