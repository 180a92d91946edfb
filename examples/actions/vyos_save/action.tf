# terraform apply -invoke=action.vyos_save.copy, such as before an upgrade of the router.
action "vyos_save" "copy" {
  provider = microk8s # the type's prefix is not the provider's name
  config {
    router = "edge"
    file   = "/config/before-upgrade.boot"
  }
}
